"""What must hold of any policies, on small random clusters; and an independent evaluator."""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from topology.model import Cluster, ContainerPort, Document, Namespace, Pod, Source, Workload
from topology.policy import PolicyEngine
from topology.targets import AddressTarget, PodTarget

KEYS, VALUES = st.sampled_from(("app", "tier")), st.sampled_from(("a", "b"))
LABELS = st.dictionaries(KEYS, VALUES, max_size=2)
SPACES = st.sampled_from(("n1", "n2"))
EXPRESSIONS = st.one_of(
    st.builds(
        lambda key, op, values: {"key": key, "operator": op, "values": sorted(values)},
        KEYS,
        st.sampled_from(("In", "NotIn")),
        st.sets(VALUES, min_size=1),
    ),
    st.builds(
        lambda key, op: {"key": key, "operator": op},
        KEYS,
        st.sampled_from(("Exists", "DoesNotExist")),
    ),
)
SELECTORS = st.fixed_dictionaries(
    {}, optional={"matchLabels": LABELS, "matchExpressions": st.lists(EXPRESSIONS, max_size=1)}
)
PORTS = st.one_of(
    st.fixed_dictionaries({"port": st.sampled_from((80, 81, "http"))}),
    st.just({"port": 80, "endPort": 90}),
    st.just({"protocol": "UDP"}),
)
PEERS = st.one_of(
    st.builds(lambda s: {"podSelector": s}, SELECTORS),
    st.builds(lambda s: {"namespaceSelector": s}, SELECTORS),
    st.builds(lambda n, p: {"namespaceSelector": n, "podSelector": p}, SELECTORS, SELECTORS),
    st.sampled_from(({"ipBlock": {"cidr": "10.0.0.0/30"}}, {"ipBlock": {"cidr": "0.0.0.0/0"}})),
)


def rule_items(side: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    item = st.fixed_dictionaries(
        {}, optional={side: st.lists(PEERS, max_size=2), "ports": st.lists(PORTS, max_size=2)}
    )
    return st.lists(item, max_size=2)


SPECS = st.fixed_dictionaries(
    {"podSelector": SELECTORS},
    optional={
        "ingress": rule_items("from"),
        "egress": rule_items("to"),
        "policyTypes": st.lists(st.sampled_from(("Ingress", "Egress")), unique=True, min_size=1),
    },
)


@dataclass(frozen=True)
class Policy:
    namespace: str
    spec: dict[str, Any]


POLICIES = st.lists(st.builds(Policy, SPACES, SPECS), max_size=4)
PODS = st.lists(st.tuples(SPACES, LABELS, st.booleans()), min_size=2, max_size=5)
QUERIES = ((80, "TCP"), (85, "TCP"), (8080, "TCP"), (80, "UDP"))


def cluster_of(
    pods: list[tuple[str, dict[str, str], bool]],
    policies: list[Policy],
    spaces: tuple[dict[str, str], dict[str, str]] = ({}, {}),
    *,
    prefix: str = "p",
) -> Cluster:
    made = [
        Pod(
            namespace=space,
            name=f"{prefix}{number}",
            labels=labels,
            addresses=(ip_address(f"10.0.0.{number}"),),
            ports=(ContainerPort(8080, "TCP", "http"),) if named else (),
        )
        for number, (space, labels, named) in enumerate(pods)
    ]
    return Cluster(
        namespaces={
            f"n{n}": Namespace(name=f"n{n}", labels=own) for n, own in enumerate(spaces, 1)
        },
        workloads=tuple(
            Workload(kind="Pod", namespace=pod.namespace, name=pod.name, pods=(pod,))
            for pod in made
        ),
        policies=tuple(document(number, policy) for number, policy in enumerate(policies)),
    )


def document(number: int, policy: Policy) -> Document:
    return Document(
        kind="NetworkPolicy",
        api_version="networking.k8s.io/v1",
        namespace=policy.namespace,
        name=f"policy{number}",
        body={"spec": policy.spec},
        source=Source("random"),
    )


def verdicts(cluster: Cluster, profile: str = "kubernetes") -> list[bool]:
    engine = PolicyEngine.build(cluster, profile=profile)
    ends = [PodTarget(pod) for pod in cluster.pods]
    outside = AddressTarget(ip_address("203.0.113.1"))
    pairs = [(a, b) for a in [*ends, outside] for b in [*ends, outside] if a != b]
    return [
        engine.decide(a, b, port=port, protocol=protocol).verdict == "allow"  # type: ignore[arg-type]
        for a, b in pairs
        for port, protocol in QUERIES
    ]


# The independent evaluator: NetworkPolicy read word by word, one question at a time.


def selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    for key, value in (selector.get("matchLabels") or {}).items():
        if labels.get(key) != value:
            return False
    for item in selector.get("matchExpressions") or []:
        found, values = labels.get(item["key"]), item.get("values", [])
        holds = {
            "In": found is not None and found in values,
            "NotIn": found is None or found not in values,
            "Exists": found is not None,
            "DoesNotExist": found is None,
        }[item["operator"]]
        if not holds:
            return False
    return True


def means(peer: dict[str, Any], end: Any, policy: Policy, cluster: Cluster) -> bool:
    if "ipBlock" in peer:
        low = 2 if peer["ipBlock"]["cidr"].endswith("/30") else 32
        address = end.addresses[0] if isinstance(end, Pod) else end
        return int(address) >> low == int(ip_address("10.0.0.0")) >> low or low == 32
    if not isinstance(end, Pod):
        return False
    if "namespaceSelector" in peer:
        space = cluster.namespaces[end.namespace]
        if not selects(peer["namespaceSelector"], {**space.labels}):
            return False
    elif end.namespace != policy.namespace:
        return False
    return selects(peer.get("podSelector", {}), dict(end.labels))


def covers(entry: dict[str, Any], to: Any, port: int, protocol: str) -> bool:
    if entry.get("protocol", "TCP") != protocol:
        return False
    wanted = entry.get("port")
    if wanted is None:
        return True
    if isinstance(wanted, str):
        declared = to.ports if isinstance(to, Pod) else ()
        return any((p.name, p.number, p.protocol) == (wanted, port, protocol) for p in declared)
    return bool(wanted <= port <= entry.get("endPort", wanted))


def side_allows(
    cluster: Cluster,
    policies: list[Policy],
    way: str,
    here: Any,
    there: Any,
    asked: tuple[int, str],
) -> bool:
    if not isinstance(here, Pod):
        return True
    isolated = False
    for policy in policies:
        types = policy.spec.get("policyTypes") or (
            ["Ingress", "Egress"] if policy.spec.get("egress") else ["Ingress"]
        )
        if policy.namespace != here.namespace or way.title() not in types:
            continue
        if not selects(policy.spec["podSelector"], dict(here.labels)):
            continue
        isolated = True
        for item in policy.spec.get(way) or []:
            peers = item.get("from" if way == "ingress" else "to") or []
            ports = item.get("ports") or []
            to = here if way == "ingress" else there
            if (not peers or any(means(p, there, policy, cluster) for p in peers)) and (
                not ports or any(covers(p, to, *asked) for p in ports)
            ):
                return True
    return not isolated


def brute_force(cluster: Cluster, policies: list[Policy]) -> list[bool]:
    ends: list[Any] = [*cluster.pods, ip_address("203.0.113.1")]
    return [
        side_allows(cluster, policies, "egress", a, b, asked)
        and side_allows(cluster, policies, "ingress", b, a, asked)
        for a in ends
        for b in ends
        if a is not b
        for asked in QUERIES
    ]


@settings(max_examples=150, deadline=None)
@given(PODS, POLICIES, st.tuples(LABELS, LABELS))
def test_the_engine_equals_the_independent_evaluator(
    pods: list[Any], policies: list[Policy], spaces: tuple[dict[str, str], dict[str, str]]
) -> None:
    cluster = cluster_of(pods, policies, spaces)
    assert verdicts(cluster) == brute_force(cluster, policies)


@settings(max_examples=40, deadline=None)
@given(PODS, POLICIES, SPECS)
def test_a_policy_that_selects_nothing_changes_nothing(
    pods: list[Any], policies: list[Policy], spec: dict[str, Any]
) -> None:
    idle = Policy("n1", {**spec, "podSelector": {"matchLabels": {"nobody": "has-this"}}})
    before, after = cluster_of(pods, policies), cluster_of(pods, [*policies, idle])
    for profile in ("1.18", "kubernetes"):
        assert verdicts(before, profile) == verdicts(after, profile)


@settings(max_examples=40, deadline=None)
@given(PODS, POLICIES, SPACES, rule_items("from"), rule_items("to"))
def test_an_allow_where_all_is_selected_already_takes_nothing_away(
    pods: list[Any], policies: list[Policy], space: str, ingress: list[Any], egress: list[Any]
) -> None:
    types = ["Ingress", "Egress"]
    base = [Policy(name, {"podSelector": {}, "policyTypes": types}) for name in ("n1", "n2")]
    more = Policy(
        space, {"podSelector": {}, "policyTypes": types, "ingress": ingress, "egress": egress}
    )
    before = verdicts(cluster_of(pods, [*base, *policies]), "1.18")
    after = verdicts(cluster_of(pods, [*base, *policies, more]), "1.18")
    assert all(new or not old for old, new in zip(before, after, strict=True))


@settings(max_examples=40, deadline=None)
@given(PODS, POLICIES)
def test_names_of_pods_and_the_order_of_policies_change_nothing(
    pods: list[Any], policies: list[Policy]
) -> None:
    cluster = cluster_of(pods, policies)
    renamed = cluster_of(pods, policies[::-1], prefix="renamed")
    assert verdicts(cluster, "1.18") == verdicts(renamed, "1.18")


@settings(max_examples=40, deadline=None)
@given(PODS, POLICIES)
def test_open_ports_hold_exactly_the_ports_that_are_allowed(
    pods: list[Any], policies: list[Policy]
) -> None:
    cluster = cluster_of(pods, policies)
    engine = PolicyEngine.build(cluster)
    first, second = (PodTarget(pod) for pod in cluster.pods[:2])
    outcome = engine.open_ports(first, second)
    assert not outcome.unknown
    for port, protocol in QUERIES:
        decision = engine.decide(first, second, port=port, protocol=protocol)  # type: ignore[arg-type]
        assert (decision.verdict == "allow") == outcome.allowed.contains(protocol, port)  # type: ignore[arg-type]


@settings(max_examples=30, deadline=None)
@given(PODS, POLICIES)
def test_pods_of_one_class_get_the_same_answers(pods: list[Any], policies: list[Policy]) -> None:
    cluster = cluster_of([*pods, *pods], policies)
    engine = PolicyEngine.build(cluster)
    assert sum(map(len, engine.classes())) == len(cluster.pods)
    other = AddressTarget(ip_address("203.0.113.1"))
    for members in engine.classes():
        answers = {
            engine.decide(other, PodTarget(pod), port=80, protocol="TCP").verdict for pod in members
        }
        assert len(answers) == 1
