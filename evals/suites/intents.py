"""Requests for policies in people's words: what is drafted is judged by simulation.

A case is met if the drafted policies, added to its workspace, meet its contract, open nothing that
the contract does not name, and are of an acceptable kind; or if it was asked back or declined where
that is right. Showing a draft as verified that fails any of this is counted apart.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from ipaddress import ip_address, ip_network
from pathlib import Path
from time import perf_counter
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from evals.suites.case_files import read_cases
from evals.suites.result import SuiteResult
from tools.intents import read_intent
from topology.authoring.drafting import Draft, draft
from topology.load import load
from topology.model import Document
from topology.paths import Network
from topology.paths.queries import PortQuery
from topology.policy.verdict import HttpRequest
from topology.simulation import simulate
from topology.targets import Target

__all__ = ["CASES", "Case", "IntentsResult", "run"]

CASES = Path(__file__).resolve().parents[1] / "cases" / "intents" / "intents.jsonl"
_NETWORK_KINDS = ("CiliumClusterwideNetworkPolicy", "CiliumNetworkPolicy", "NetworkPolicy")


class Wanted(BaseModel):
    """One connection of a contract."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    src: str
    dst: str
    port: int | None = None
    proto: str = "TCP"
    http: Any = None
    """`GET /path`, or an object with `method`, `path`, `host`, `headers`."""


class Wish(BaseModel):
    """What must hold once the draft is in force."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    must_allow: tuple[Wanted, ...] = ()
    must_deny: tuple[Wanted, ...] = ()


class Case(BaseModel):
    """One request on one workspace."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    workspace: str
    request: str
    contract: Wish = Field(default_factory=Wish)
    acceptable_kinds: tuple[str, ...] = ()
    ask_back: bool = False
    declined: bool = False
    """Whether the request contradicts itself, so that nothing may be drafted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentsResult(SuiteResult):
    """With the count that must be nought."""

    wrongly_verified: int = 0
    """Drafts that were shown as verified, and should not have been."""


def run(cases: Path | None = None) -> IntentsResult:
    """Read, draft and judge every request.

    Args:
        cases: A JSON Lines file with a folder `workspaces` beside it; None for our own.

    Raises:
        FileNotFoundError: There is no such file or workspace.
        ValueError: A line is no case.
    """
    path = cases or CASES
    started = perf_counter()
    networks: dict[str, Network] = {}
    rows: list[dict[str, Any]] = []
    total = agree = wrong = 0
    for case in read_cases(path, Case, what="intents case"):
        if case.workspace not in networks:
            networks[case.workspace] = _open(path, case.workspace)
        faults, verified, said = _judge(networks[case.workspace], case)
        total += 1
        agree += not faults
        wrong += bool(faults) and verified
        if faults:
            expected = {"ask_back": case.ask_back, "declined": case.declined}
            got = {"faults": faults, "verified": verified, "heard": said}
            rows.append({"case": case.id, "query": case.request, "expected": expected, "got": got})
    return IntentsResult(
        suite="intents",
        cases=total,
        checks=total,
        agree=agree,
        skipped=0,
        disagreements=tuple(rows),
        seconds=round(perf_counter() - started, 3),
        wrongly_verified=wrong,
    )


def _open(path: Path, name: str) -> Network:
    """Return a workspace: beside the cases, or among those of the questions."""
    for folder in (path.parent, path.parent.parent):
        workspace = folder / "workspaces" / name
        if workspace.exists():
            return Network.build(load([workspace]))
    message = f"there is no workspace `{path.parent / 'workspaces' / name}`"
    raise FileNotFoundError(message)


def _judge(network: Network, case: Case) -> tuple[list[str], bool, str]:
    """Return what is wrong, whether a draft was shown as verified, and what was understood."""
    understood = read_intent(network, case.request)
    asks = bool(understood.question)
    if asks or understood.declined:
        kept = case.ask_back if asks else case.declined
        why = understood.question or understood.declined
        refused = [] if kept else [f"asked back: {why}" if asks else f"declined: {why}"]
        return refused, False, understood.heard
    found = draft(network, understood.intents[0])
    if found.declined:
        fault = [] if case.declined else [f"declined: {found.declined}"]
        return fault, False, understood.heard
    faults = []
    if case.ask_back or case.declined:
        faults.append("did not ask back" if case.ask_back else "did not decline")
    faults += _faults(network, case, found)
    if not found.verified:
        failed = [f"{one.check}: {one.detail}" for one in found.checks if not one.ok]
        faults.append(f"not verified: {'; '.join(failed)[:300]}")
    return faults, found.verified, understood.heard


def _faults(network: Network, case: Case, found: Draft) -> list[str]:
    documents = [one.document for one in found.documents]
    kinds = sorted({one.kind for one in documents} - set(case.acceptable_kinds))
    faults = [f"kind {one}" for one in kinds] if case.acceptable_kinds else []
    after = _with(network, documents)
    for demands, wanted in ((case.contract.must_allow, "allow"), (case.contract.must_deny, "deny")):
        for demand in demands:
            got = _verdict(after, demand)
            if got != wanted:
                where = f"{demand.src} -> {demand.dst}:{demand.port} {demand.http or ''}".strip()
                faults.append(f"{where} is {got}, not {wanted}")
    return faults + list(_opened(network, documents, case))


def _with(network: Network, documents: Sequence[Document]) -> Network:
    from dataclasses import replace

    keys = {one.key for one in documents}
    kept = tuple(one for one in network.cluster.policies if one.key not in keys)
    return Network.build(replace(network.cluster, policies=(*kept, *documents)))


def _verdict(network: Network, demand: Wanted) -> str:
    source = network.names.resolve(demand.src)
    destination = network.names.resolve(demand.dst)
    port = PortQuery(number=demand.port, protocol=demand.proto) if demand.port else None  # type: ignore[arg-type]
    found = network.reach(source, destination, port=port, http=_request(demand.http))
    verdicts = {one.verdict.verdict for one in found.ports}
    conditional = any(one.verdict.l7 == "conditional" for one in found.ports)
    if verdicts == {"allow"} and conditional and demand.http is None:
        return "allow"
    return next(iter(verdicts)) if len(verdicts) == 1 else "mixed"


def _request(written: Any) -> HttpRequest | None:
    if not written:
        return None
    if isinstance(written, str):
        method, _, path = written.partition(" ")
        return HttpRequest(method=method, path=path or "/")
    headers = written.get("headers") or {}
    pairs = headers.items() if isinstance(headers, dict) else headers
    return HttpRequest(
        method=written.get("method", "GET"),
        path=written.get("path", "/"),
        host=written.get("host", ""),
        headers=tuple((str(name), str(value)) for name, value in pairs),
    )


def _opened(network: Network, documents: Sequence[Document], case: Case) -> Iterator[str]:
    """Yield the pairs that the draft opens although the contract does not name them."""
    added = [one for one in documents if one.kind in _NETWORK_KINDS]
    if not added:
        return
    named = {_pair(network, one) for one in case.contract.must_allow}
    for change in simulate(network.policies, add=added).opened:
        if change.after == "unknown" and "kube-apiserver" in (change.source, change.destination):
            continue
        pair = (change.source, change.destination)
        if not any(_covers(pair, one) for one in named) and not _is_dns(change.destination):
            yield f"opens {change.source} -> {change.destination} on {change.ports}"


def _pair(network: Network, demand: Wanted) -> tuple[str, str]:
    return (
        _plain(network.names.resolve(demand.src)),
        _plain(network.names.resolve(demand.dst)),
    )


def _covers(opened: tuple[str, str], named: tuple[str, str]) -> bool:
    """Say whether a pair is one that a contract names; a DNS pattern stands for each such name."""
    return all(
        a == b or ("*" in a and fnmatch(b, a)) or _is_inside(b, a)
        for a, b in zip(opened, named, strict=True)
    )


def _is_inside(address: str, network: str) -> bool:
    """Say whether an address that a contract names is one of a network that opens."""
    try:
        return ip_address(address) in ip_network(network)
    except ValueError:
        return False


def _plain(target: Target) -> str:
    return str(target).removeprefix("service:")


def _is_dns(name: str) -> bool:
    """Say whether an end is the cluster's DNS, which a draft may open to find names."""
    return name.startswith("kube-system/") and "dns" in name
