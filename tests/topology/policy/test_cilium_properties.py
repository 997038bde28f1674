"""CiliumNetworkPolicy on small random clusters, against an evaluator that reads it word by word."""

from copy import deepcopy
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from topology.model import Cluster, Document, Namespace, Pod, Source, Workload
from topology.policy import PolicyEngine
from topology.targets import AddressTarget, PodTarget

HOME = "k8s:io.kubernetes.pod.namespace"
OUTSIDE = (ip_address("203.0.113.1"), ip_address("198.51.100.7"))
QUERIES = ((80, "TCP"), (85, "TCP"), (80, "UDP"), (53, "UDP"))
SPACES = st.sampled_from(("n1", "n2"))
LABELS = st.dictionaries(st.sampled_from(("app", "tier")), st.sampled_from(("a", "b")), max_size=2)
SELECTORS = st.one_of(
    LABELS.map(lambda labels: {"matchLabels": labels}),
    st.sampled_from(
        (
            {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["a"]}]},
            {"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]},
        )
    ),
)
PEER_SELECTORS = st.one_of(
    SELECTORS,
    st.builds(lambda labels, space: {"matchLabels": {**labels, HOME: space}}, LABELS, SPACES),
)
PORTS = st.sampled_from(
    (
        {"port": "80", "protocol": "TCP"},
        {"port": "80"},
        {"port": "80", "endPort": 90, "protocol": "TCP"},
        {"port": "53", "protocol": "UDP"},
        {"port": "0", "protocol": "UDP"},
    )
)


def items(side: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    networks = st.sampled_from(("0.0.0.0/0", "198.51.100.0/24", "10.0.0.0/8"))
    peers = st.one_of(
        st.just({}),
        st.lists(PEER_SELECTORS, min_size=1, max_size=2).map(lambda one: {f"{side}Endpoints": one}),
        st.lists(networks, min_size=1, max_size=2).map(lambda one: {f"{side}CIDR": one}),
        st.sampled_from(("world", "cluster", "all")).map(lambda one: {f"{side}Entities": [one]}),
    )
    ports = st.one_of(
        st.just({}),
        st.lists(PORTS, min_size=1, max_size=2).map(lambda one: {"toPorts": [{"ports": one}]}),
    )
    return st.lists(st.builds(lambda a, b: {**a, **b}, peers, ports), min_size=1, max_size=2)


SECTIONS = st.fixed_dictionaries(
    {},
    optional={
        "ingress": items("from"),
        "ingressDeny": items("from"),
        "egress": items("to"),
        "egressDeny": items("to"),
        "enableDefaultDeny": st.fixed_dictionaries(
            {}, optional={"ingress": st.booleans(), "egress": st.booleans()}
        ),
    },
)


@dataclass(frozen=True)
class Policy:
    namespace: str
    spec: dict[str, Any]


POLICIES = st.lists(
    st.builds(
        lambda space, selector, sections: Policy(space, {"endpointSelector": selector, **sections}),
        SPACES,
        SELECTORS,
        SECTIONS,
    ),
    max_size=4,
)
PODS = st.lists(st.tuples(SPACES, LABELS), min_size=2, max_size=5)


def cluster_of(pods: list[Any], policies: list[Policy], *, prefix: str = "p") -> Cluster:
    made = [
        Pod(
            namespace=space,
            name=f"{prefix}{number}",
            labels=labels,
            addresses=(ip_address(f"10.0.0.{number}"),),
        )
        for number, (space, labels) in enumerate(pods)
    ]
    return Cluster(
        namespaces={name: Namespace(name=name) for name in ("n1", "n2")},
        workloads=tuple(
            Workload(kind="Pod", namespace=pod.namespace, name=pod.name, pods=(pod,))
            for pod in made
        ),
        policies=tuple(
            Document(
                kind="CiliumNetworkPolicy",
                api_version="cilium.io/v2",
                namespace=policy.namespace,
                name=f"{prefix}{number}",
                body={"spec": deepcopy(policy.spec)},
                source=Source("random"),
            )
            for number, policy in enumerate(policies)
        ),
    )


def verdicts(cluster: Cluster, profile: str = "1.18") -> list[bool]:
    """Return what the engine says, explained and not."""
    engine = PolicyEngine.build(cluster, profile=profile)
    ends = [*map(PodTarget, cluster.pods), *map(AddressTarget, OUTSIDE)]
    found = []
    for a in ends:
        for b in ends:
            for port, protocol in QUERIES:
                asked: dict[str, Any] = {"port": port, "protocol": protocol}
                verdict = engine.verdict(a, b, **asked)
                assert verdict == engine.decide(a, b, **asked).verdict
                found.append(verdict == "allow")
    return found


# The independent evaluator.


def selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    for key, value in (selector.get("matchLabels") or {}).items():
        if key != HOME and labels.get(key) != value:
            return False
    for item in selector.get("matchExpressions") or []:
        if item["operator"] == "NotIn" and labels.get(item["key"]) in item["values"]:
            return False
        if item["operator"] == "DoesNotExist" and item["key"] in labels:
            return False
    return True


def means(item: dict[str, Any], side: str, end: Any, home: str) -> bool:
    is_pod = isinstance(end, Pod)
    if f"{side}Endpoints" in item:
        return is_pod and any(
            selects(one, dict(end.labels))
            and end.namespace == (one.get("matchLabels") or {}).get(HOME, home)
            for one in item[f"{side}Endpoints"]
        )
    if f"{side}CIDR" in item:
        return not is_pod and any(end in ip_network(one) for one in item[f"{side}CIDR"])
    if f"{side}Entities" in item:
        return {"world": not is_pod, "cluster": is_pod, "all": True}[item[f"{side}Entities"][0]]
    return "toPorts" in item


def covers(item: dict[str, Any], port: int, protocol: str) -> bool:
    if "toPorts" not in item:
        return True
    for entry in item["toPorts"][0]["ports"]:
        first = int(entry["port"])
        last = entry.get("endPort", first) if first else 65535
        if entry.get("protocol", protocol) == protocol and first <= port <= last:
            return True
    return False


def side_allows(policies: list[Policy], way: str, here: Any, there: Any, asked: Any) -> bool:
    if isinstance(here, IPv4Address):
        return True
    side = "from" if way == "ingress" else "to"
    isolated = allowed = denied = False
    for policy in policies:
        spec, home = policy.spec, policy.namespace
        if here.namespace != home or not selects(spec["endpointSelector"], dict(here.labels)):
            continue
        if way in spec or f"{way}Deny" in spec:
            isolated |= spec.get("enableDefaultDeny", {}).get(way, True)
        for name in (way, f"{way}Deny"):
            for item in spec.get(name, []):
                if means(item, side, there, home) and covers(item, *asked):
                    allowed |= name == way
                    denied |= name != way
    return not denied and (allowed or not isolated)


def brute_force(cluster: Cluster, policies: list[Policy]) -> list[bool]:
    sections = {"ingress", "ingressDeny", "egress", "egressDeny"}
    # Cilium refuses a policy without any section.
    valid = [one for one in policies if sections & one.spec.keys()]
    ends: list[Any] = [*cluster.pods, *OUTSIDE]
    return [
        side_allows(valid, "egress", a, b, asked) and side_allows(valid, "ingress", b, a, asked)
        for a in ends
        for b in ends
        for asked in QUERIES
    ]


@settings(max_examples=150, deadline=None)
@given(PODS, POLICIES, st.sampled_from(("1.18", "1.19")))
def test_the_engine_equals_the_independent_evaluator(
    pods: list[Any], policies: list[Policy], profile: str
) -> None:
    cluster = cluster_of(pods, policies)
    assert verdicts(cluster, profile) == brute_force(cluster, policies)


@settings(max_examples=40, deadline=None)
@given(PODS, POLICIES, SPACES, SELECTORS, items("from"), items("to"))
def test_an_allow_that_isolates_nobody_takes_nothing_away(
    pods: list[Any],
    policies: list[Policy],
    space: str,
    selector: dict[str, Any],
    ingress: list[Any],
    egress: list[Any],
) -> None:
    spec = {
        "endpointSelector": selector,
        "enableDefaultDeny": {"ingress": False, "egress": False},
        "ingress": ingress,
        "egress": egress,
    }
    before = verdicts(cluster_of(pods, policies))
    after = verdicts(cluster_of(pods, [*policies, Policy(space, spec)]))
    assert all(new or not old for old, new in zip(before, after, strict=True))


@settings(max_examples=40, deadline=None)
@given(PODS, POLICIES, SPACES, SECTIONS)
def test_a_policy_that_selects_nothing_changes_nothing(
    pods: list[Any], policies: list[Policy], space: str, sections: dict[str, Any]
) -> None:
    idle = Policy(space, {"endpointSelector": {"matchLabels": {"app": "nobody"}}, **sections})
    before, after = cluster_of(pods, policies), cluster_of(pods, [*policies, idle])
    assert verdicts(before) == verdicts(after)
    engine = PolicyEngine.build(before)
    assert not engine.what_if(add=[after.policies[-1]])


@settings(max_examples=40, deadline=None)
@given(PODS, POLICIES)
def test_names_of_pods_and_policies_and_their_order_change_nothing(
    pods: list[Any], policies: list[Policy]
) -> None:
    renamed = cluster_of(pods, policies[::-1], prefix="renamed")
    assert verdicts(cluster_of(pods, policies)) == verdicts(renamed)
