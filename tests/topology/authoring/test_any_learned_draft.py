"""Whatever requests, names and flows there are, a draft is valid and what is verified holds."""

from dataclasses import replace

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.topology.authoring.test_any_draft import (
    CLUSTER,
    EXISTING,
    MESH_EXISTING,
    PORTS,
    applied,
    named,
    opened_or_closed,
    spans,
    text_of,
    tiers,
)
from topology.authoring import (
    Clause,
    Demand,
    DnsNames,
    Intent,
    Kind,
    Pods,
    PortSpan,
    RequestTest,
    Traffic,
)
from topology.authoring.contract_check import check, check_demand
from topology.authoring.drafting import draft
from topology.authoring.learned_requests import RequestsSeen
from topology.authoring.least_privilege import least_privilege
from topology.errors import InvalidQuery
from topology.flows.observation import HttpSeen
from topology.load import load_text
from topology.paths import Network
from topology.policy.validation.document import validate
from topology.policy.verdict import HttpRequest

NAMED = ("shop/web", "shop/api", "shop/db", "ops/web", "ops/api", "ops/db")
OFFERED = dict(zip(("web", "api", "db"), PORTS, strict=True))
SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))

methods = st.sampled_from(("GET", "POST", "DELETE"))
# Letters that mean something in one syntax or another, percent signs and template-like text.
segments = st.text(alphabet="ab1.*+?()[]{}|^$\\-_%~:@ ", min_size=1, max_size=6).map(
    lambda one: one.replace("?", "%3F").replace(" ", "%20")
)
paths = st.lists(segments, max_size=3).map(lambda found: "/" + "/".join(found))
seen_requests = st.builds(HttpSeen, methods, paths, st.just("api"), st.booleans(), st.just(1))
edges = st.builds(
    lambda source, destination, requests: RequestsSeen(
        source=source,
        destination=destination,
        port=OFFERED[destination.partition("/")[2]],
        requests=tuple(requests),
    ),
    st.sampled_from(NAMED),
    st.sampled_from(NAMED),
    st.lists(seen_requests, max_size=4),
)
names = st.sampled_from(("pay.example.com", "cdn.example.net", "a-b.c1.example.org"))
outward = st.builds(
    lambda source, name: Demand(source=source, destination=name, port=443),
    st.sampled_from(NAMED),
    names,
)


def demands(edge: RequestsSeen) -> list[Demand]:
    """Return what was seen on an edge; a connection where no proxy looked."""
    plain = Demand(source=edge.source, destination=edge.destination, port=edge.port)
    return [
        replace(plain, http=HttpRequest(method=one.method, path=one.target, host=one.host))
        for one in edge.requests
    ] or [plain]


@given(
    edges=st.lists(edges, min_size=1, max_size=4),
    names=st.lists(outward, max_size=2),
    kind=st.sampled_from((None, "NetworkPolicy", "AuthorizationPolicy")),
    ids=st.booleans(),
    mesh=st.booleans(),
    policies=st.sampled_from((*EXISTING, *MESH_EXISTING)),
    chosen=tiers,
)
@SETTINGS
def test_least_privilege_from_any_flows_is_valid_and_lets_them_through_where_it_is_verified(
    edges: list[RequestsSeen],
    names: list[Demand],
    kind: Kind | None,
    ids: bool,
    mesh: bool,
    policies: str,
    chosen: list[str],
) -> None:
    text = text_of(chosen, policies)
    if mesh:
        text = text.replace(
            CLUSTER,
            CLUSTER.replace("{name: shop}", "{name: shop, labels: {istio-injection: enabled}}"),
        )
    before = Network.build(load_text(text, name="cluster.yaml"))
    seen = [one for edge in edges if edge.source != edge.destination for one in demands(edge)]
    seen += names
    assume(seen)
    known = [edge for edge in edges if edge.requests]
    try:
        wanted = least_privilege(before, kind=kind, observed=seen, requests=known, ids=ids)
    except InvalidQuery:
        assert kind == "AuthorizationPolicy"
        return
    found = draft(before, wanted.intent, observed=seen)
    for document in found.documents:
        assert not [one for one in validate(document.document) if one.refuses], document.text
    if not found.verified:
        assert found.declined or found.proof.failing
        return
    after = applied(text, found)
    assert all(one.met for one in check(after, found.contract))
    for demand in seen:
        if check_demand(before, demand, "allow").met:
            assert check_demand(after, demand, "allow").met, demand


requests = st.builds(
    lambda port, methods, paths, queries: Traffic(
        ports=(port,),
        requests=(RequestTest(methods=tuple(methods), paths=tuple(paths), queries=queries),),
    ),
    spans,
    st.lists(methods, max_size=2, unique=True),
    st.lists(
        st.one_of(paths, st.sampled_from(("/v1/*", "*/list", "/orders/{*}", "/files/{**}"))),
        max_size=2,
        unique=True,
    ),
    st.booleans(),
)
asking = st.builds(
    Clause,
    effect=st.just("allow"),
    sources=named.map(lambda one: (one,)),
    destinations=named.map(lambda one: (one,)),
    traffic=requests,
    only=st.booleans(),
)
by_name = st.builds(
    lambda source, name, port, only: Clause(
        effect="allow",
        sources=(source,),
        destinations=(DnsNames((name,)),),
        traffic=Traffic(ports=(PortSpan(first=port, last=port, protocol="TCP"),)),
        only=only,
        side="egress",
    ),
    named,
    st.one_of(names, st.sampled_from(("*.example.com", "api.*.example.net", "**.example.org"))),
    st.sampled_from((80, 443)),
    st.booleans(),
)


@given(
    clauses=st.lists(st.one_of(asking, by_name), min_size=1, max_size=3),
    kind=st.sampled_from(("CiliumNetworkPolicy", "AuthorizationPolicy", None)),
    policies=st.sampled_from((*EXISTING, *MESH_EXISTING)),
    chosen=tiers,
)
@SETTINGS
def test_requests_and_names_of_any_form_are_written_validly_and_hold_where_verified(
    clauses: list[Clause], kind: Kind | None, policies: str, chosen: list[str]
) -> None:
    for clause in clauses:
        for party in clause.destinations:
            assume(party not in clause.sources)
            assert isinstance(party, Pods | DnsNames)
    text = text_of(chosen, policies).replace(
        "metadata: {name: shop}", "metadata: {name: shop, labels: {istio-injection: enabled}}", 1
    )
    before = Network.build(load_text(text, name="cluster.yaml"))
    found = draft(before, Intent(clauses=tuple(clauses), kinds=(kind,) if kind else ()))
    for document in found.documents:
        assert not [one for one in validate(document.document) if one.refuses], document.text
    if found.verified:
        after = applied(text, found)
        assert all(one.met for one in check(after, found.contract))
        opened_or_closed(before, after, found)
