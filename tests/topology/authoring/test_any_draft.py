"""Whatever is asked for of whatever cluster, a draft is valid and does what its contract says."""

from dataclasses import replace

from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from topology.authoring import (
    Accounts,
    Anyone,
    Clause,
    Entities,
    Intent,
    Kind,
    LabelTest,
    Party,
    Pods,
    PortSpan,
    RequestTest,
    TokenTest,
    Traffic,
)
from topology.authoring.contract_check import check
from topology.authoring.drafting import Draft, draft, write_policies
from topology.authoring.sheets import Undraftable
from topology.authoring.yaml_text import to_yaml
from topology.load import load_text
from topology.overview import Overview
from topology.paths import Network
from topology.policy.validation.document import validate

CLUSTER = """
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Namespace
metadata: {name: ops}
"""
DNS = """
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: coredns, namespace: kube-system}
spec:
  template:
    metadata: {labels: {k8s-app: kube-dns}}
    spec:
      containers:
        - name: c
          image: i
          ports: [{containerPort: 53, protocol: UDP}, {containerPort: 53, protocol: TCP}]
"""
SPACES = ("shop", "ops")
NAMES = ("web", "api", "db")
PORTS = (8080, 9090, 5432)
EXISTING = (
    "",
    """
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny-all, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
""",
    """
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: web}}
  ingress:
  - fromEndpoints: [{matchLabels: {app: api}}]
    toPorts: [{ports: [{port: "8080", protocol: TCP}]}]
""",
    """
---
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: no-ops}
spec:
  endpointSelector: {matchLabels: {app: db}}
  enableDefaultDeny: {ingress: false, egress: false}
  ingressDeny: [{fromEndpoints: [{matchLabels: {io.kubernetes.pod.namespace: ops}}]}]
""",
)


def workload(space: str, name: str, port: int = 8080, *, labels: str = "", more: str = "") -> str:
    """Return a Deployment with a Service of the same name on port 80."""
    shown = labels or f"app: {name}"
    return f"""
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: {space}}}
spec:
  selector: {{matchLabels: {{{shown}}}}}
  template:
    metadata: {{labels: {{{shown}, pod-template-hash: abc12}}}}
    spec:
      serviceAccountName: {name}
      containers: [{{name: c, image: i, ports: [{{containerPort: {port}}}]{more}}}]
---
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: {space}}}
spec:
  selector: {{{shown}}}
  ports: [{{port: 80, targetPort: {port}}}]
"""


workloads = st.builds(
    lambda space, name: f"{space}/{name}", st.sampled_from(SPACES), st.sampled_from(NAMES)
)
named: st.SearchStrategy[Party] = workloads.map(lambda name: Pods(workload=name))
spaces: st.SearchStrategy[Party] = st.sampled_from(SPACES).map(lambda one: Pods(namespaces=(one,)))
tiered: st.SearchStrategy[Party] = st.sampled_from(("front", "back")).map(
    lambda tier: Pods(labels=(LabelTest("tier", "In", (tier,)),), namespaces=("shop",))
)
inside = st.one_of(named, named, spaces, tiered)
peers = st.one_of(inside, inside, st.just(Entities(("world",))), st.just(Anyone()))
spans = st.sampled_from(PORTS).map(lambda one: PortSpan(first=one, last=one, protocol="TCP"))
ranges = st.just(PortSpan(first=8000, last=9100, protocol="TCP"))
traffics = st.one_of(
    st.just(Traffic()),
    st.lists(st.one_of(spans, spans, ranges), min_size=1, max_size=2, unique=True).map(
        lambda found: Traffic(ports=tuple(found))
    ),
)
requests = spans.map(
    lambda one: Traffic(ports=(one,), requests=(RequestTest(methods=("GET",), paths=("/v1/*",)),))
)
inward = st.builds(
    Clause,
    effect=st.sampled_from(("allow", "allow", "deny")),
    sources=peers.map(lambda one: (one,)),
    destinations=inside.map(lambda one: (one,)),
    traffic=traffics,
    only=st.booleans(),
)
outward = st.builds(
    Clause,
    effect=st.just("allow"),
    sources=inside.map(lambda one: (one,)),
    destinations=peers.map(lambda one: (one,)),
    traffic=traffics,
    only=st.booleans(),
    side=st.just("egress"),
)
limited = st.builds(
    Clause,
    effect=st.just("allow"),
    sources=named.map(lambda one: (one,)),
    destinations=named.map(lambda one: (one,)),
    traffic=requests,
    only=st.booleans(),
)
isolated = st.tuples(st.one_of(named, spaces), st.sampled_from(("ingress", "egress")))
intents = st.builds(
    lambda clauses, isolate: Intent(clauses=tuple(clauses), isolate=tuple(isolate)),
    st.lists(st.one_of(inward, outward, limited), max_size=3),
    st.lists(isolated, max_size=1),
)
tiers = st.lists(st.sampled_from(("front", "back")), min_size=6, max_size=6)


def text_of(chosen: list[str], policies: str) -> str:
    """Return a cluster in which every workload has a tier."""
    names = [(space, name) for space in SPACES for name in NAMES]
    parts = [
        workload(space, name, PORTS[NAMES.index(name)], labels=f"app: {name}, tier: {tier}")
        for (space, name), tier in zip(names, chosen, strict=True)
    ]
    return CLUSTER + "".join(parts) + DNS + policies


def states(network: Network) -> dict[tuple[str, str, str], str]:
    found = {}
    for pair in Overview(network).pairs:
        for state in ("allowed", "conditional", "unknown", "denied"):
            for port in getattr(pair, state):
                found[pair.source, pair.destination, port] = state
    return found


def applied(text: str, found: Draft) -> Network:
    """Return the network with a draft, read from files as a user would."""
    replaced = {one.key for one in found.documents}
    cluster = load_text(text, name="cluster.yaml")
    kept = tuple(one for one in cluster.policies if one.key not in replaced)
    added = load_text(found.text, name="draft.yaml")
    assert not added.problems
    return Network.build(replace(cluster, policies=(*kept, *added.policies)))


def both_ways(inward: Party) -> Intent:
    """Return a request whose two clauses open a connection only together."""
    shop = Pods(namespaces=("shop",))
    return Intent(
        clauses=(
            Clause(effect="allow", sources=(shop,), destinations=(Anyone(),), side="egress"),
            Clause(effect="allow", sources=(Anyone(),), destinations=(inward,)),
        )
    )


@given(intent=intents, chosen=tiers, policies=st.sampled_from(EXISTING))
@example(intent=both_ways(Pods(workload="shop/web")), chosen=["front"] * 6, policies=EXISTING[1])
@example(intent=both_ways(Pods(namespaces=("shop",))), chosen=["back"] * 6, policies=EXISTING[1])
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_draft_is_valid_and_what_is_called_verified_holds(
    intent: Intent, chosen: list[str], policies: str
) -> None:
    assume(intent.clauses or intent.isolate)
    text = text_of(chosen, policies)
    before = Network.build(load_text(text, name="cluster.yaml"))
    found = draft(before, intent)
    for document in found.documents:
        assert not [one for one in validate(document.document) if one.refuses], document.text
    if not found.verified:
        assert found.declined or any(not one.ok for one in found.checks)
        return
    after = applied(text, found)
    assert all(one.met for one in check(after, found.contract))
    opened_or_closed(before, after, found)


def opened_or_closed(before: Network, after: Network, found: Draft) -> None:
    """Check every port of every pair: what is not about an end of the draft stays as it was."""
    was, now = states(before), states(after)
    allowed = {(one.source, one.destination) for one in found.contract.must_allow}
    subjects = {
        pod.workload and f"{pod.namespace}/{pod.workload}"
        for document in found.documents
        for pod in before.cluster.pods
        if document.sheet is None or _selects(document.document.body, pod)
    }
    for key in was.keys() & now.keys():
        if was[key] == now[key]:
            continue
        source, destination, _ = key
        rank = ("denied", "unknown", "conditional", "allowed")
        if rank.index(now[key]) > rank.index(was[key]):
            assert source == destination or (source, destination) in allowed, key
        else:
            assert {source, destination} & subjects, key


def _selects(body: object, pod: object) -> bool:
    from collections.abc import Mapping

    assert isinstance(body, Mapping)
    spec, metadata = body["spec"], body["metadata"]
    selector = spec.get("endpointSelector", spec.get("podSelector", spec.get("selector", {})))
    space = metadata.get("namespace", "")
    wanted = dict(selector.get("matchLabels", {}))
    return (not space or space == pod.namespace) and wanted.items() <= pod.labels.items()  # type: ignore[attr-defined]


plain = st.builds(
    lambda source, destination, traffic, strict: Intent(
        clauses=(
            Clause(
                effect="allow",
                sources=(source,),
                destinations=(destination,),
                traffic=traffic,
                only=strict,
            ),
        )
    ),
    named,
    named,
    traffics,
    st.booleans(),
)
kinds: st.SearchStrategy[Kind] = st.sampled_from(
    ("CiliumNetworkPolicy", "NetworkPolicy", "CiliumClusterwideNetworkPolicy")
)


@given(intent=plain, kind=kinds, chosen=tiers)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_one_workload_may_open_to_another_is_always_proven_where_nothing_is_in_the_way(
    intent: Intent, kind: Kind, chosen: list[str]
) -> None:
    (clause,) = intent.clauses
    assume(clause.sources != clause.destinations)
    offered = {"web": 8080, "api": 9090, "db": 5432}
    (destination,) = clause.destinations
    assert isinstance(destination, Pods)
    port = offered[destination.workload.partition("/")[2]]
    ports = clause.traffic.ports
    assume(not ports or any(one.first <= port <= one.last for one in ports))
    network = Network.build(load_text(text_of(chosen, ""), name="cluster.yaml"))
    found = draft(network, replace(intent, kinds=(kind,)))
    assert found.verified, [one for one in found.checks if not one.ok]


MESH_EXISTING = (
    "",
    """
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec: {mtls: {mode: STRICT}}
""",
    """
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  rules:
  - from: [{source: {principals: [cluster.local/ns/shop/sa/api]}}]
    to: [{operation: {methods: [GET, POST]}}]
""",
)
TOKEN = TokenTest(issuers=("https://issuer.example",))
mesh_traffics = st.sampled_from(
    (
        Traffic(),
        Traffic(ports=(PortSpan(first=8080, last=8080, protocol="TCP"),)),
        Traffic(requests=(RequestTest(methods=("GET",), paths=("/v1/*",)),)),
        Traffic(requests=(RequestTest(methods=("GET", "HEAD")), RequestTest(paths=("/x",)))),
        Traffic(tokens=(TOKEN,)),
        Traffic(requests=(RequestTest(methods=("GET",)),), tokens=(TOKEN,)),
    )
)
identities: st.SearchStrategy[Party] = st.sampled_from(
    (
        Accounts(accounts=("shop/api",)),
        Accounts(principals=("cluster.local/ns/shop/sa/web",)),
        Accounts(namespaces=("shop",)),
    )
)
mesh_clauses = st.builds(
    Clause,
    effect=st.sampled_from(("allow", "allow", "deny")),
    sources=st.one_of(named, named, spaces, identities, st.just(Anyone())).map(lambda one: (one,)),
    destinations=st.one_of(named, spaces).map(lambda one: (one,)),
    traffic=mesh_traffics,
    only=st.booleans(),
)
mesh_intents = st.builds(
    lambda clauses, layered, modes: Intent(
        clauses=tuple(clauses), layered=layered, mutual_tls=tuple(modes)
    ),
    st.lists(mesh_clauses, max_size=2),
    st.booleans(),
    st.lists(st.just((Pods(namespaces=("shop",)), "STRICT", ())), max_size=1),
)


@given(intent=mesh_intents, chosen=tiers, policies=st.sampled_from(MESH_EXISTING))
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_draft_for_a_mesh_is_valid_and_what_is_called_verified_holds(
    intent: Intent, chosen: list[str], policies: str
) -> None:
    assume(intent.clauses or intent.mutual_tls)
    text = text_of(chosen, policies).replace(
        "metadata: {name: shop}", "metadata: {name: shop, labels: {istio-injection: enabled}}", 1
    )
    before = Network.build(load_text(text, name="cluster.yaml"))
    found = draft(before, intent)
    for document in found.documents:
        assert not [one for one in validate(document.document) if one.refuses], document.text
    if found.verified:
        after = applied(text, found)
        assert all(one.met for one in check(after, found.contract))
        opened_or_closed(before, after, found)


@given(intent=st.one_of(intents, mesh_intents), chosen=tiers)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_written_is_read_back_and_written_the_same(
    intent: Intent, chosen: list[str]
) -> None:
    assume(intent.clauses or intent.isolate or intent.mutual_tls)
    network = Network.build(load_text(text_of(chosen, ""), name="cluster.yaml"))
    try:
        written = write_policies(network, intent)
    except Undraftable:
        return
    for one in written:
        plain_text = "".join(
            line for line in one.text.splitlines(keepends=True) if not line.lstrip().startswith("#")
        )
        assert to_yaml(one.document.body) == plain_text
