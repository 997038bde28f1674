"""Requests that were seen become the requests that pass, and are generalised only where asked."""

from collections.abc import Callable
from typing import Any

import pytest

from evals.bench.flow_objects import make_end, make_flow
from topology.authoring import RequestTest
from topology.authoring.contract import Demand
from topology.authoring.contract_check import check_demand
from topology.authoring.drafting import Draft, draft
from topology.authoring.learned_requests import MOST_PATHS, RequestsSeen, learn
from topology.authoring.least_privilege import LeastPrivilege, least_privilege
from topology.authoring.observed import seen
from topology.errors import InvalidQuery
from topology.flows.connections import observed
from topology.flows.observation import HttpSeen
from topology.flows.parsing import parse_flow
from topology.paths import Network
from topology.policy.verdict import HttpRequest

Maker = Callable[..., Network]
EDGE = ("shop/web", "shop/api", 9090)


def asked(*requests: str, is_complete: bool = True) -> RequestsSeen:
    """Return requests, each as `METHOD /path` with a `?` where a query followed."""
    pairs = [one.split() for one in requests]
    return RequestsSeen(
        source=EDGE[0],
        destination=EDGE[1],
        port=EDGE[2],
        requests=tuple(
            HttpSeen(method, path.rstrip("?"), "api", path.endswith("?"), 1)
            for method, path in pairs
        ),
        is_complete=is_complete,
    )


def test_a_method_passes_on_the_paths_on_which_it_was_seen_and_on_no_other() -> None:
    found = learn([asked("GET /a", "POST /a", "GET /b", "GET /c?")])
    assert found.tests[EDGE] == (
        RequestTest(methods=("GET",), paths=("/b",)),
        RequestTest(methods=("GET",), paths=("/c",), queries=True),
        RequestTest(methods=("GET", "POST"), paths=("/a",)),
    )
    assert found.notes == ()


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/orders/17", "/orders/{*}"),
        ("/orders/0b9d7f52-1111-4222-8333-444455556666/items", "/orders/{*}/items"),
        ("/blobs/deadbeef01", "/blobs/{*}"),
        ("/u/01ARZ3NDEKTSV4RRFFQ69G5FAV", "/u/{*}"),
        ("/v1/orders", "/v1/orders"),
        ("/decade/facade", "/decade/facade"),
        ("/api/v2/OLJCESPC7Z", "/api/v2/OLJCESPC7Z"),
    ],
)
def test_identifiers_are_told_by_their_form_and_generalised_only_where_asked(
    path: str, template: str
) -> None:
    (exact,) = learn([asked(f"GET {path}")]).tests[EDGE]
    assert exact.paths == (path,)
    found = learn([asked(f"GET {path}")], ids=True)
    assert found.tests[EDGE][0].paths == (template,)
    assert any(path in note for note in found.notes) == (path != template)


def test_paths_that_look_like_identifiers_are_told_where_they_stay() -> None:
    (note,) = learn([asked("GET /orders/17", "GET /orders/18", "GET /health")]).notes
    assert note.startswith("2 of the paths seen")


@pytest.mark.parametrize("is_complete", [True, False])
def test_of_too_many_paths_only_the_methods_are_limited_and_that_is_said(
    is_complete: bool,
) -> None:
    number = MOST_PATHS + 1 if is_complete else 2
    many = asked(*(f"GET /item-{one}" for one in range(number)), is_complete=is_complete)
    found = learn([many])
    assert found.tests[EDGE] == (RequestTest(methods=("GET",)),)
    assert "only the methods are limited (GET)" in found.notes[0]


def pod(name: str) -> dict[str, Any]:
    space, _, own = name.partition("/")
    return make_end(f"{space}/{own}-5d8f7c9b6d-x2k4p", f"k8s:io.kubernetes.pod.namespace={space}",
                    f"k8s:app={own}")  # fmt: skip


def sent(source: str, destination: str, port: int, method: str, url: str) -> dict[str, Any]:
    l7 = {"type": "REQUEST", "http": {"method": method, "url": url}}
    return make_flow(pod(source), pod(destination), ports=(40000, port), Type="L7", l7=l7)


def learned(
    network: Network, flows: list[dict[str, Any]], **more: Any
) -> tuple[LeastPrivilege, Draft]:
    known = seen(network.cluster, observed(map(parse_flow, flows), network.cluster))
    wanted = least_privilege(
        network, observed=known.demands, window=known.window, requests=known.requests, **more
    )
    return wanted, draft(network, wanted.intent, observed=known.demands)


def state(network: Network, found: Draft, source: str, destination: str, request: str) -> str:
    after = network.changed(add=[one.document for one in found.documents])
    method, path = request.split()
    demand = Demand(
        source=source,
        destination=destination,
        port=9090,
        http=HttpRequest(method=method, path=path),
    )
    return check_demand(after, demand, "allow").found


def test_cilium_lets_through_what_was_asked_with_its_query_and_nothing_else(
    network: Maker,
) -> None:
    cluster = network()
    flows = [
        sent("shop/web", "shop/api", 9090, "GET", "http://api:9090/orders/17"),
        sent("shop/web", "shop/api", 9090, "GET", "http://api:9090/list?page=1"),
    ]
    known, found = learned(cluster, flows, ids=True)
    assert found.verified, found.proof.failing
    assert any("`/orders/{*}` stands for 1 path" in gap for gap in known.gaps)
    passing = ("GET /orders/17", "GET /orders/4", "GET /list", "GET /list?page=9&x=1")
    stopped = ("POST /orders/17", "GET /orders/17/x", "GET /orders/17?a=1", "GET /other", "GET /")
    for requests, expected in ((passing, "allow"), (stopped, "deny")):
        for one in requests:
            assert state(cluster, found, "shop/web", "shop/api", one) == expected, one
    assert state(cluster, found, "shop/db", "shop/api", "GET /list") == "deny"


def test_an_authorization_policy_names_the_caller_its_methods_and_paths(network: Maker) -> None:
    cluster = network()
    flows = [
        sent("mesh/front", "mesh/back", 8080, "GET", "http://back/orders/17"),
        sent("shop/web", "mesh/back", 8080, "GET", "http://back/orders/17"),
    ]
    known, found = learned(cluster, flows, ids=True, kind="AuthorizationPolicy")
    assert [one.document.kind for one in found.documents] == ["AuthorizationPolicy"] * 2
    rules = [one.document.body["spec"].get("rules") for one in found.documents]
    assert [
        {
            "from": [{"source": {"principals": ["cluster.local/ns/mesh/sa/front"]}}],
            "to": [
                {"operation": {"methods": ["GET"], "paths": ["/orders/{*}"], "ports": ["8080"]}}
            ],
        }
    ] in rules
    # Who has no sidecar proves no identity, so that it cannot be let in; that is not passed over.
    assert any("`shop/web`" in gap and "no sidecar" in gap for gap in known.gaps)
    assert not found.verified
    assert [one.check for one in found.proof.failing] == ["flows"]


def test_cilium_does_not_pretend_to_read_what_a_sidecar_encrypts(network: Maker) -> None:
    flows = [sent("mesh/front", "mesh/back", 8080, "GET", "http://back/items")]
    known, found = learned(network(), flows)
    assert any("has a sidecar" in gap for gap in known.gaps)
    assert not any("http" in one.text for one in found.documents)


def test_without_any_sidecar_an_authorization_policy_is_refused(network: Maker) -> None:
    flows = [sent("shop/web", "shop/api", 9090, "GET", "http://api/x")]
    with pytest.raises(InvalidQuery, match="guards none"):
        learned(network(), flows, kind="AuthorizationPolicy", namespace="shop")


def test_each_name_by_which_an_address_was_known_is_let_out_by_name(network: Maker) -> None:
    cluster = network()
    world = make_end("", "reserved:world", identity=2)
    flow = make_flow(
        pod("shop/api"),
        world,
        ports=(40001, 443),
        addresses=("10.2.0.8", "93.184.215.14"),
        destination_names=["pay.example.com", "pay2.example.com"],
    )
    _, found = learned(cluster, [flow])
    assert found.verified, found.proof.failing
    text = next(one.text for one in found.documents if one.document.name.startswith("api"))
    assert text.count("matchName: pay.example.com") == 2
    assert text.count("matchName: pay2.example.com") == 2
    assert "93.184" not in found.text
