"""Whole-cluster answers on small random clusters, against single decisions and rebuilt engines."""

from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topology.model import Cluster, ContainerPort, Document, Namespace, Pod, Source, Workload
from topology.policy import PolicyEngine
from topology.policy.connections import Connections
from topology.policy.difference import difference
from topology.policy.ground import Ground
from topology.policy.matrix import Cell, members
from topology.policy.profile import PROFILES, Profile
from topology.policy.subjects import Subjects
from topology.targets import AddressTarget, DnsTarget, EntityTarget, PodTarget

LABELS = st.dictionaries(st.sampled_from(("app", "tier")), st.sampled_from(("a", "b")), max_size=2)
SPACES = st.sampled_from(("n1", "n2", "unseen"))
SELECTORS = st.one_of(
    st.just({}),
    LABELS.map(lambda labels: {"matchLabels": labels}),
    st.sampled_from(
        (
            {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["a"]}]},
            {"matchExpressions": [{"key": "tier", "operator": "Exists"}]},
        )
    ),
)
FAR = st.sampled_from(
    (
        {"matchLabels": {"k8s:io.kubernetes.pod.namespace": "n1"}},
        {"matchLabels": {"io.cilium.k8s.namespace.labels.team": "red"}},
        {"matchLabels": {"reserved:host": ""}},
    )
)
CIDR_SETS = st.sampled_from(
    (
        {"cidr": "0.0.0.0/0", "except": ["198.51.0.0/16"]},
        {"cidr": "198.51.100.0/24", "except": ["198.51.100.64/26"]},
        {"cidr": "203.0.113.0/30"},
    )
)
ENTITIES = st.sampled_from(("world", "cluster", "host", "remote-node", "kube-apiserver", "all"))
PORTS = st.sampled_from(
    (
        {"port": "80", "protocol": "TCP"},
        {"port": "80"},
        {"port": "8000", "endPort": 8100, "protocol": "TCP"},
        {"port": "http", "protocol": "TCP"},
        {"port": "53", "protocol": "ANY"},
    )
)
HTTP = st.sampled_from(({"http": [{"path": "/a"}]}, {"http": [{}]}))
DNS = st.sampled_from(
    ({"dns": [{"matchPattern": "*"}]}, {"dns": [{"matchName": "one.example.com"}]})
)


def cilium_item(side: str, *, deny: bool) -> st.SearchStrategy[dict[str, Any]]:
    peers: dict[str, st.SearchStrategy[Any]] = {
        f"{side}Endpoints": st.lists(st.one_of(SELECTORS, FAR), min_size=1, max_size=2),
        f"{side}CIDRSet": st.lists(CIDR_SETS, min_size=1, max_size=2),
        f"{side}Entities": st.lists(ENTITIES, min_size=1, max_size=2),
    }
    if side == "to" and not deny:
        names = ({"matchPattern": "*.example.com"}, {"matchName": "one.example.com"})
        peers["toFQDNs"] = st.lists(st.sampled_from(names), min_size=1)
    ports = st.lists(PORTS, min_size=1, max_size=2).map(lambda ports: {"ports": ports})
    if not deny:
        web = st.builds(
            lambda l7: {"ports": [{"port": "80", "protocol": "TCP"}], "rules": l7}, HTTP
        )
        dns = st.builds(lambda l7: {"ports": [{"port": "53", "protocol": "ANY"}], "rules": l7}, DNS)
        ports = st.one_of(ports, web, dns) if side == "to" else st.one_of(ports, web)
    peer = st.one_of(
        st.just({}), *(st.fixed_dictionaries({name: items}) for name, items in peers.items())
    )
    wanted = st.one_of(st.just({}), st.lists(ports, min_size=1, max_size=2).map(_to_ports))
    limits = st.just({})
    if not deny:
        limits = st.one_of(
            st.just({}), SELECTORS.map(lambda one: {f"{side}Requires": [one]} if one else {})
        )
    return st.builds(lambda a, b, c: {**a, **b, **c}, peer, wanted, limits)


def _to_ports(ports: list[Any]) -> dict[str, Any]:
    return {"toPorts": ports}


SECTIONS = st.fixed_dictionaries(
    {},
    optional={
        "ingress": st.lists(cilium_item("from", deny=False), max_size=2),
        "egress": st.lists(cilium_item("to", deny=False), max_size=2),
        "ingressDeny": st.lists(cilium_item("from", deny=True), max_size=1),
        "egressDeny": st.lists(cilium_item("to", deny=True), max_size=1),
        "enableDefaultDeny": st.just({"ingress": False}),
    },
)
SUBJECTS = st.one_of(
    SELECTORS,
    st.just({"matchLabels": {"io.cilium.k8s.namespace.labels.team": "red"}}),
)
CILIUM = st.builds(
    lambda space, subject, sections: ("CiliumNetworkPolicy", space, sections, subject),
    SPACES,
    SUBJECTS,
    SECTIONS,
)
NATIVE = st.builds(
    lambda space, subject, peers, ports: (
        "NetworkPolicy",
        space,
        {"ingress": [{"from": peers, "ports": ports}], "egress": [{"to": peers, "ports": ports}]},
        subject,
    ),
    SPACES,
    SELECTORS,
    st.lists(
        st.one_of(
            SELECTORS.map(lambda one: {"podSelector": one}),
            st.just({"namespaceSelector": {"matchLabels": {"team": "red"}}}),
            st.just({"ipBlock": {"cidr": "10.0.0.0/30", "except": ["10.0.0.2/32"]}}),
        ),
        max_size=2,
    ),
    st.lists(
        st.sampled_from(({"port": 80}, {"port": "http"}, {"port": 8000, "endPort": 9000})),
        max_size=2,
    ),
)
POLICIES = st.lists(st.one_of(CILIUM, NATIVE), max_size=4)
PODS = st.lists(st.tuples(SPACES, LABELS, st.sampled_from((0, 80, 8080))), min_size=1, max_size=4)
PROFILE = st.sampled_from(
    (
        *PROFILES.values(),
        Profile(enforcement="always"),
        Profile(allow_localhost="policy", ipv6=True),
    )
)
QUERIES = ((80, "TCP"), (8050, "TCP"), (8080, "TCP"), (53, "UDP"), (53, "TCP"), (8, "ICMP"))


def document(number: int, policy: tuple[str, str, dict[str, Any], dict[str, Any]]) -> Document:
    kind, space, sections, subject = policy
    native = kind == "NetworkPolicy"
    field = "podSelector" if native else "endpointSelector"
    body = {field: subject, **sections}
    if native:
        body["policyTypes"] = ["Ingress", "Egress"]
    return Document(
        kind=kind,
        api_version="networking.k8s.io/v1" if native else "cilium.io/v2",
        namespace=space,
        name=f"policy{number}",
        body={"spec": body},
        source=Source("random"),
    )


def cluster_of(pods: list[Any], policies: list[Any]) -> Cluster:
    made = [
        Pod(
            namespace=space,
            name=f"p{number}",
            labels=labels,
            addresses=(ip_address(f"10.0.0.{number}"),),
            ports=(ContainerPort(port, "TCP", "http"),) if port else (),
        )
        for number, (space, labels, port) in enumerate(pods)
    ]
    return Cluster(
        namespaces={
            "n1": Namespace(name="n1", labels={"team": "red"}),
            "n2": Namespace(name="n2"),
        },
        workloads=tuple(
            Workload(kind="Pod", namespace=pod.namespace, name=pod.name, pods=(pod,))
            for pod in made
        ),
        policies=tuple(document(number, policy) for number, policy in enumerate(policies)),
    )


def ends_of(engine: PolicyEngine) -> list[tuple[int, Any]]:
    """Return every position on the axis with the target that stands for it."""
    found: list[tuple[int, Any]] = []
    for number, place in enumerate(engine.matrix().axis.places):
        if place.kind == "pods":
            found.append((number, PodTarget(engine.classes()[number][0])))
        elif place.kind == "entity":
            found.append((number, EntityTarget(f"reserved:{place.name}")))
        elif place.kind == "network":
            found.append((number, AddressTarget(place.identity.addresses[0])))
        else:
            found.append((number, DnsTarget(next(iter(place.identity.names)))))
    return found


def state(cell: Cell, number: int) -> str:
    if cell.allowed >> number & 1:
        return "conditional" if cell.conditional >> number & 1 else "allow"
    return "unknown" if cell.possible >> number & 1 else "deny"


def decided(engine: PolicyEngine, src: Any, dst: Any, asked: tuple[int, str]) -> str:
    decision = engine.decide(src, dst, port=asked[0], protocol=asked[1])  # type: ignore[arg-type]
    if decision.verdict == "allow" and decision.l7_verdict == "conditional":
        return "conditional"
    return decision.verdict


def everything(engine: PolicyEngine) -> dict[tuple[str, str, tuple[int, str]], str]:
    """Return what single decisions say of pods and a few ends outside."""
    outside = [EntityTarget("world"), EntityTarget("host"), AddressTarget(ip_address("1.2.3.4"))]
    ends = [*(PodTarget(pod) for pod in engine.cluster.pods), *outside]
    return {
        (str(src), str(dst), asked): decided(engine, src, dst, asked)
        for src in ends
        for dst in ends
        for asked in QUERIES
        if isinstance(src, PodTarget) or isinstance(dst, PodTarget)
    }


@settings(max_examples=120, deadline=None)
@given(PODS, POLICIES, PROFILE)
def test_the_matrix_holds_what_single_decisions_say(
    pods: list[Any], policies: list[Any], profile: Profile
) -> None:
    engine = PolicyEngine.build(cluster_of(pods, policies), profile=profile)
    matrix = engine.matrix()
    ends = ends_of(engine)
    for source, src in ends:
        for asked in QUERIES:
            atom = matrix.atoms.number(asked[1], asked[0])  # type: ignore[arg-type]
            cell = matrix.cell(source, atom)
            for number, dst in ends:
                expected = decided(engine, src, dst, asked)
                assert state(cell, number) == expected, (src, dst, asked)
                from_there = matrix.seen("ingress", number, atom)
                assert state(from_there, source) == expected


@settings(max_examples=60, deadline=None)
@given(PODS, POLICIES, PROFILE)
def test_a_verdict_without_explanation_is_the_same_verdict(
    pods: list[Any], policies: list[Any], profile: Profile
) -> None:
    engine = PolicyEngine.build(cluster_of(pods, policies), profile=profile)
    for one in engine.cluster.pods:
        for other in engine.cluster.pods:
            src, dst = PodTarget(one), PodTarget(other)
            for port, protocol in QUERIES:
                asked: dict[str, Any] = {"port": port, "protocol": protocol}
                expected = engine.decide(src, dst, **asked).verdict
                assert engine.verdict(src, dst, **asked) == expected
                classes = engine.class_of(one), engine.class_of(other)
                assert engine.allows(*classes, **asked) == (expected == "allow")


@settings(max_examples=60, deadline=None)
@given(PODS, POLICIES, PROFILE)
def test_what_was_asked_before_changes_nothing_of_what_is_said(
    pods: list[Any], policies: list[Any], profile: Profile
) -> None:
    engine = PolicyEngine.build(cluster_of(pods, policies), profile=profile)
    ends = [*(PodTarget(pod) for pod in engine.cluster.pods), EntityTarget("host")]
    ends.append(AddressTarget(ip_address("198.51.100.70")))
    for src in ends:
        for dst in ends:
            for port, protocol in QUERIES:
                asked: dict[str, Any] = {"port": port, "protocol": protocol}
                fresh = engine.changed()
                assert engine.decide(src, dst, **asked) == fresh.decide(src, dst, **asked)
                assert engine.decide(src, dst, **asked) == engine.decide(src, dst, **asked)


@settings(max_examples=60, deadline=None)
@given(PODS, POLICIES, POLICIES, st.data())
def test_an_engine_after_a_change_is_one_built_anew(
    pods: list[Any], policies: list[Any], more: list[Any], data: st.DataObject
) -> None:
    cluster = cluster_of(pods, policies)
    engine = PolicyEngine.build(cluster)
    keys = [one.key for one in cluster.policies]
    gone = data.draw(st.sets(st.sampled_from(keys))) if keys else set()
    added = [document(number + 100, policy) for number, policy in enumerate(more)]
    after = engine.changed(add=added, remove=gone)
    kept = [one for one in cluster.policies if one.key not in gone]
    rebuilt = PolicyEngine.build(cluster, policies=[*kept, *added])
    assert everything(after) == everything(rebuilt)
    assert after.problems == rebuilt.problems
    assert [rule.name for rule in after.rules] == [rule.name for rule in rebuilt.rules]
    for pod in cluster.pods:
        assert after.selecting(pod) == rebuilt.selecting(pod)


@settings(max_examples=100, deadline=None)
@given(PODS, POLICIES, POLICIES, st.data())
def test_a_difference_is_what_single_decisions_before_and_after_differ_by(
    pods: list[Any], policies: list[Any], more: list[Any], data: st.DataObject
) -> None:
    cluster = cluster_of(pods, policies)
    engine = PolicyEngine.build(cluster)
    keys = [one.key for one in cluster.policies]
    gone = data.draw(st.sets(st.sampled_from(keys))) if keys else set()
    change: dict[str, Any] = {
        "add": [document(number + 100, policy) for number, policy in enumerate(more)],
        "remove": gone,
    }
    # Both engines on the ground of the difference have its ends, whatever they were built from.
    difference = engine.what_if(**change)
    together = [*cluster.policies, *change["add"]]
    wide = PolicyEngine.build(cluster, policies=together)
    before = wide.without([one.key for one in change["add"]])
    after = wide.without(gone)
    found = {
        (one.source.name, one.destination.name, asked): (one.before, one.after)
        for one in difference.changes()
        for asked in QUERIES
        if one.ports.contains(asked[1], asked[0]) and one.before != one.after  # type: ignore[arg-type]
    }
    names = {number: place.name for number, place in enumerate(wide.matrix().axis.places)}
    ends = [(names[number], target) for number, target in ends_of(wide)]
    expected = {
        (source, destination, asked): (was, now)
        for source, src in ends
        for destination, dst in ends
        for asked in QUERIES
        if (was := decided(before, src, dst, asked)) != (now := decided(after, src, dst, asked))
    }
    assert found == expected


def test_a_change_for_many_ends_is_found_as_exactly_as_one_for_few() -> None:
    pods = [("n1", {"app": f"a{number}"}, 80) for number in range(20)]
    one_by_one = {"matchLabels": {"app": "a3"}}
    egress = {"toEndpoints": [one_by_one], "toPorts": [{"ports": [{"port": "80"}]}]}
    sections = {"ingress": [{"fromEndpoints": [one_by_one]}], "egress": [egress]}
    engine = PolicyEngine.build(cluster_of(pods, [("CiliumNetworkPolicy", "n1", {}, {})]))
    added = document(7, ("CiliumNetworkPolicy", "n1", sections, {}))
    after = engine.with_([added])
    changes = {
        (one.source.name, one.destination.name): one.ports
        for one in engine.what_if(add=[added]).changes()
    }
    members = engine.cluster.pods
    for src in members:
        for dst in members:
            closed = changes.get((src.full_name, dst.full_name))
            for port, protocol in QUERIES:
                asked: dict[str, Any] = {"port": port, "protocol": protocol}
                was, now = (
                    each.decide(PodTarget(src), PodTarget(dst), **asked).verdict
                    for each in (engine, after)
                )
                assert (was != now) == bool(closed and closed.contains(protocol, port))  # type: ignore[arg-type]


@settings(max_examples=150, deadline=None)
@given(PODS, POLICIES, POLICIES, PROFILE)
def test_rules_that_are_said_to_change_nothing_change_nothing(
    pods: list[Any], policies: list[Any], more: list[Any], profile: Profile
) -> None:
    engine = PolicyEngine.build(cluster_of(pods, [*policies, *more]), profile=profile)
    idle = {
        (one.policy, one.rule)
        for one in engine.idle()
        if one.kind in ("changes-nothing", "covered", "denied")
    }
    ground = Ground(engine.cluster, engine.rules, profile=profile, clusters={})
    kept = [rule for rule in engine.rules if (rule.policy, rule.path) not in idle]
    before, after = (
        Connections(ground, Subjects.of_rules(ground, rules)) for rules in (engine.rules, kept)
    )
    everyone = set(range(len(engine.classes())))
    assert not [*difference(before, after, {"egress": everyone, "ingress": everyone}).changes()]


@given(st.integers(min_value=0, max_value=1 << 70))
def test_members_are_the_positions_of_the_bits(bits: int) -> None:
    assert [*members(bits)] == [number for number in range(80) if bits >> number & 1]


def test_other_requests_on_the_same_connection_are_a_change() -> None:
    def policy(path: str) -> tuple[Any, ...]:
        rules = {"http": [{"path": path}]}
        port = {"port": "80", "protocol": "TCP"}
        item = {"fromEndpoints": [{}], "toPorts": [{"ports": [port], "rules": rules}]}
        return "CiliumNetworkPolicy", "n1", {"ingress": [item]}, {}

    cluster = cluster_of([("n1", {}, 80)], [policy("/a")])
    engine = PolicyEngine.build(cluster)
    (change,) = engine.what_if(add=[document(0, policy("/b"))]).changes()  # type: ignore[arg-type]
    assert (change.before, change.after, str(change.ports)) == (
        "conditional",
        "conditional",
        "80/TCP",
    )
    assert not engine.what_if(add=[document(0, policy("/a"))])  # type: ignore[arg-type]


def labelled(**labels: str) -> dict[str, Any]:
    return {"matchLabels": {"k8s:io.kubernetes.pod.namespace": "unseen", **labels}}


RED = {"matchLabels": {"io.cilium.k8s.namespace.labels.team": "red"}}
APP_A, TIER_A = labelled(app="a"), labelled(tier="a")


@pytest.mark.parametrize(
    ("peers", "required", "subject", "expected"),
    [
        # An end that surely misses a demand is no peer, by whatever selector it may be one.
        ([RED, APP_A], [TIER_A], {}, ("deny", "unknown")),
        ([APP_A], [TIER_A], {}, ("deny", "deny")),
        ([APP_A], [APP_A], {}, ("allow", "deny")),
        # One that perhaps meets every demand perhaps is a peer.
        ([APP_A], [RED], {}, ("unknown", "deny")),
        ([labelled()], [APP_A, RED], {}, ("unknown", "deny")),
        # What is demanded by a policy that only perhaps applies closes nothing for certain.
        ([labelled()], [APP_A], RED, ("allow", "unknown")),
    ],
)
@pytest.mark.parametrize("space", ["n1", "unseen"])
def test_demands_on_peers_hold_where_the_labels_of_namespaces_are_not_known(
    space: str,
    peers: list[Any],
    required: list[Any],
    subject: dict[str, Any],
    expected: tuple[str, str],
) -> None:
    pods = [(space, {}, 80), ("unseen", {"app": "a"}, 0), ("unseen", {"tier": "a"}, 0)]
    first, second = {"fromEndpoints": peers}, {"fromRequires": required}
    policies = [
        ("CiliumNetworkPolicy", space, {"ingress": [first]}, {}),
        ("CiliumNetworkPolicy", space, {"ingress": [second]}, subject),
    ]
    engine = PolicyEngine.build(cluster_of(pods, policies))
    if space == "n1" and subject:
        expected = ("allow", "deny")  # The namespace is known, so the policy surely applies.
    target, *callers = engine.cluster.pods
    matrix = engine.matrix()
    atom = matrix.atoms.number("TCP", 80)
    for caller, verdict in zip(callers, expected, strict=True):
        assert decided(engine, PodTarget(caller), PodTarget(target), (80, "TCP")) == verdict
        assert state(matrix.cell(engine.class_of(caller), atom), engine.class_of(target)) == verdict


def test_an_end_that_cannot_be_computed_any_more_is_in_doubt_both_ways() -> None:
    def web(rules: dict[str, Any]) -> dict[str, Any]:
        port = {"port": "80", "protocol": "TCP"}
        return {"egress": [{"toPorts": [{"ports": [port], "rules": rules}]}]}

    pods = [("n1", {"app": "a"}, 80), ("n2", {}, 80)]
    policies = [("CiliumNetworkPolicy", "n1", web({"http": [{"path": "/a"}]}), {})]
    engine = PolicyEngine.build(cluster_of(pods, policies))
    change = document(7, ("CiliumNetworkPolicy", "n1", web({"dns": [{"matchPattern": "*"}]}), {}))
    found = {
        (one.source.name, one.destination.name): (one.before, one.after)
        for one in engine.what_if(add=[change]).changes()
        if one.ports.contains("TCP", 81)
    }
    src, dst = (PodTarget(pod) for pod in reversed(engine.cluster.pods))
    before, after = (
        decided(one, src, dst, (81, "TCP")) for one in (engine, engine.with_([change]))
    )
    assert (before, after) == ("allow", "unknown")
    assert found["n2/p1", "n1/p0"] == (before, after)
