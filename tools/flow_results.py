"""What the tools about flows answer: rows of plain values, with the window that they are about."""

from pydantic import BaseModel, ConfigDict

from tools.spec import ToolResult

__all__ = [
    "BalanceResult",
    "BalanceRow",
    "DnsResult",
    "DnsRow",
    "DropRow",
    "DropsResult",
    "EdgeRow",
    "ExplainedResult",
    "ExplainedRow",
    "FlowWindow",
    "HttpRow",
    "OtherDrops",
    "PodRow",
    "TopResult",
    "WorldRow",
]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True)


class FlowWindow(_Row):
    """What was looked at."""

    first: str
    """RFC 3339; empty where no flow says when it was."""
    last: str
    seconds: float
    flows: int
    """After the filters; aggregated ones by what they stand for."""
    files: tuple[str, ...] = ()
    skipped: dict[str, int] = {}
    """Flows that make no connection, by why: `reply`, `undecided`, `no-verdict`, ..."""
    duplicates: int = 0
    malformed: int = 0
    lost_events: int = 0
    """Events that Hubble itself says it lost."""
    other_lines: dict[str, int] = {}


class DropRow(_Row):
    """Flows of one connection that were dropped for one reason."""

    source: str
    destination: str
    port: str
    """Such as `5432/TCP`."""
    reason: str
    """As Hubble names it: `POLICY_DENIED`; `L7_REFUSED` for a request that the proxy refused."""
    reason_code: int
    direction: str
    """`egress` at the source, `ingress` at the destination, or empty where nothing tells."""
    flows: int
    count: int
    """Client sockets."""
    first: str
    last: str
    cause: str
    """`rule-missing`, `rule-denies`, `requests-refused`, `differs`, `open` or `datapath`."""
    why: str
    fix: str
    engine: str = ""
    """What the engine says: `allow`, `deny` or `unknown`; empty where no policy is the cause."""
    policy: str = ""
    rule: str = ""
    location: str = ""
    requests: tuple[str, ...] = ()


class OtherDrops(_Row):
    """Packets that open no connection (replies, ICMP errors, multicast) and were dropped."""

    reason: str
    reason_code: int
    flows: int
    meaning: str


class DropsResult(ToolResult):
    """Drops by cause."""

    window: FlowWindow
    drops: tuple[DropRow, ...]
    dropped_flows: int
    """Those of no connection included."""
    others: tuple[OtherDrops, ...] = ()
    """Drops of packets that open no connection."""
    left_out: int = 0
    """Rows beyond those that are listed."""


class DnsRow(_Row):
    """What one workload asked for."""

    client: str
    queries: int
    responses: int
    failed: int
    """Lookups that failed for good."""
    expansions: int
    """Vain queries that only the search path made."""
    is_storm: bool
    failures: tuple[dict[str, str | int], ...]
    """`name`, `outcome` and `count`, the most frequent first."""
    wasted: tuple[dict[str, str | int], ...]
    """`name` and `count` of vain queries that its lookup cost."""
    names: tuple[dict[str, str | int], ...]


class DnsResult(ToolResult):
    """DNS as flows show it."""

    window: FlowWindow
    queries: int
    responses: int
    outcomes: dict[str, int]
    dropped: int
    clients: tuple[DnsRow, ...]
    uncovered: tuple[DropRow, ...] = ()
    """DNS that policies let not through."""


class EdgeRow(_Row):
    """Traffic from one end to another."""

    source: str
    destination: str
    flows: int
    resets: int
    unanswered: int


class HttpRow(_Row):
    """HTTP from one end to another; latencies in milliseconds, to some 9 %."""

    source: str
    destination: str
    requests: int
    responses: int
    errors: int
    error_rate: float
    codes: dict[str, int]
    p50_ms: float
    p95_ms: float
    p99_ms: float


class WorldRow(_Row):
    """A connection that leaves the cluster."""

    source: str
    destination: str
    port: str
    verdict: str
    count: int
    flows: int


class TopResult(ToolResult):
    """Who talks most to whom, with errors."""

    window: FlowWindow
    talkers: tuple[EdgeRow, ...]
    trouble: tuple[EdgeRow, ...]
    """Edges with resets or unanswered connections, the worst first."""
    http: tuple[HttpRow, ...]
    world: tuple[WorldRow, ...]
    new: tuple[WorldRow, ...] = ()
    """Connections that the earlier window does not have, where one was given."""


class PodRow(_Row):
    """What one pod got."""

    pod: str
    connections: int
    requests: int
    share: float


class BalanceRow(_Row):
    """How evenly the pods of one workload are used."""

    workload: str
    uneven: bool
    measure: str
    total: int
    largest: float
    """Largest share over the even share."""
    variation: float
    p: float | None
    idle: int
    pods: tuple[PodRow, ...]
    causes: tuple[str, ...]
    note: str


class BalanceResult(ToolResult):
    """The balance of every workload with several pods."""

    window: FlowWindow
    workloads: tuple[BalanceRow, ...]


class ExplainedRow(_Row):
    """An observed connection beside what the policies say of it."""

    source: str
    destination: str
    port: str
    seen: str
    """`forwarded`, `dropped` or `audited`."""
    count: int
    flows: int
    engine: str
    agrees: bool
    """Whether it was seen to fare as the engine says; true where the engine cannot tell."""
    why: str
    policy: str = ""
    rule: str = ""
    location: str = ""
    reasons: tuple[str, ...] = ()
    """Drop reasons."""
    fix: str = ""


class ExplainedResult(ToolResult):
    """Observed connections, each explained."""

    window: FlowWindow
    connections: tuple[ExplainedRow, ...]
    left_out: int = 0
