from pathlib import Path

import pytest

from tools.intents import read_intent, write_intent
from tools.workspace import Workspace
from topology.authoring import Clause, LabelTest, Pods, PortSpan
from topology.load import load
from topology.model import Cluster
from topology.paths import Network

CASES = Path(__file__).parents[3] / "evals" / "cases" / "intents" / "workspaces"


@pytest.fixture(scope="module")
def bakery() -> Network:
    return Network.build(load([CASES / "bakery"]))


@pytest.fixture(scope="module")
def depot() -> Network:
    return Network.build(load([CASES / "depot"]))


def only(network: Network, request: str) -> str:
    """Return what a request is heard as, where it has a single reading without a doubt."""
    understood = read_intent(network, request)
    assert understood.is_clear, understood.question or understood.declined
    return understood.heard


@pytest.mark.parametrize(
    "request_",
    [
        "only storefront may call basket on 7070",
        "basket must only be reachable from storefront, port 7070",
        "nobody but the storefront gets to talk to basket on TCP 7070",
        "basket accepts connections from storefront only, on port 7070",
        "restrict access to basket to storefront on 7070/tcp",
        "basket: ingress only from storefront on TCP 7070",
        "lock down the basket's ingress, only storefront gets in on 7070",
        "deny all ingress to basket except from storefront on port 7070",
        "no one except storefront may reach front/basket on 7070",
        "storefront -> basket:7070, and nobody else may reach basket",
    ],
)
def test_one_wish_in_many_wordings_is_one_intent(bakery: Network, request_: str) -> None:
    assert only(bakery, request_) == (
        "Only `front/storefront` may reach `front/basket` on port 7070/TCP."
    )


@pytest.mark.parametrize(
    ("request_", "heard"),
    [
        (
            "toppings may only egress to basket and api.flour.example.com on 443",
            "`front/toppings` may reach only `front/basket` and `api.flour.example.com` on port "
            "443/TCP.",
        ),
        (
            "mixer shouldn't be able to open connections to anything but oven-api",
            "`kitchen/mixer` may reach only `kitchen/oven-api`.",
        ),
        (
            "allow GET and HEAD on /menu* or POST /order from toppings to storefront on 8080",
            "`front/toppings` may reach `front/storefront` on port 8080/TCP with `GET` or `HEAD` "
            "requests on path `/menu*` or `POST` requests on path `/order`.",
        ),
        (
            "allow batch-baker to reach 10.0.0.0/8 but not 10.96.0.0/12",
            "`kitchen/batch-baker` may reach `10.0.0.0/8` except `10.96.0.0/12`.",
        ),
        (
            "pods labelled tier=data must not be reached from namespace front",
            "No pod in namespace `front` may reach pods labelled `tier=data` in namespace "
            "`kitchen`.",
        ),
        (
            "require strict mTLS in namespace kitchen except port 9000 on mixer in plaintext",
            "Every pod in namespace `kitchen` must use strict mutual TLS. `kitchen/mixer` must use "
            "strict mutual TLS, but port 9000 accepts plaintext only.",
        ),
        (
            "lock down namespace kitchen but keep DNS and Prometheus",
            "Only `monitoring/prometheus` may reach every pod in namespace `kitchen`. Every pod in "
            "namespace `kitchen` may reach nothing. Keep DNS working.",
        ),
        (
            "everything in front except toppings may reach recipes-db",
            "Pods labelled `app not in (toppings)` in namespace `front` may reach "
            "`kitchen/recipes-db`.",
        ),
        (
            "mixer and oven-api may talk to each other",
            "`kitchen/mixer` may reach `kitchen/oven-api`. `kitchen/oven-api` may reach "
            "`kitchen/mixer`.",
        ),
    ],
)
def test_a_request_is_heard_as_what_it_says(bakery: Network, request_: str, heard: str) -> None:
    assert only(bakery, request_) == heard


def test_an_intent_holds_ports_labels_and_workloads(bakery: Network) -> None:
    (intent,) = read_intent(
        bakery,
        "write a CiliumNetworkPolicy named guard that lets only role=x reach basket on 80-90",
    ).intents
    assert (intent.kinds, intent.name) == (("CiliumNetworkPolicy",), "guard")
    (clause,) = intent.clauses
    assert isinstance(clause, Clause)
    assert clause.sources == (Pods(labels=(LabelTest("role", "In", ("x",)),)),)
    assert clause.destinations == (Pods(namespaces=("front",), workload="front/basket"),)
    assert clause.traffic.ports == (PortSpan(first=80, last=90, protocol="TCP"),)
    assert (clause.only, clause.side) == (True, "ingress")


def test_a_name_of_two_namespaces_is_asked_back(depot: Network) -> None:
    understood = read_intent(depot, "let dispatcher call inventory")
    assert len(understood.intents) == 2
    assert "`north/inventory` or `south/inventory`" in understood.question
    assert read_intent(depot, "let dispatcher call inventory in south").is_clear


@pytest.mark.parametrize(
    ("request_", "readings"),
    [("restrict basket to storefront", 2), ("isolate namespace kitchen", 2),
     ("let storefront call basket and nothing else", 3)],
)  # fmt: skip
def test_readings_that_differ_are_all_kept(bakery: Network, request_: str, readings: int) -> None:
    understood = read_intent(bakery, request_)
    assert len(understood.intents) == readings
    assert all(write_intent(one) in understood.question for one in understood.intents)


@pytest.mark.parametrize(
    ("request_", "word"),
    [
        ("let storefront frobnicate basket", "frobnicate"),
        ("let storefront call basket unless it is sunday", "sunday"),
        ("let the espresso-machine call basket", "espresso-machine"),
        ("let `steamer` call basket", "steamer"),
        ("lock down namespace pantry", "pantry"),
    ],
)
def test_what_is_not_understood_is_asked_back(bakery: Network, request_: str, word: str) -> None:
    understood = read_intent(bakery, request_)
    assert word in understood.question
    assert not understood.is_clear


@pytest.mark.parametrize(
    "request_",
    [
        "storefront may reach basket and storefront may not reach basket",
        "nobody may reach basket. storefront must be able to reach basket.",
        "only storefront may reach basket, and toppings must be able to reach basket",
        "basket: allow from storefront, deny from storefront",
        "require strict mTLS for basket and disable mTLS for basket",
        "allow GET /x over udp port 53 from storefront to basket",
    ],
)
def test_a_contradiction_is_declined(bakery: Network, request_: str) -> None:
    assert read_intent(bakery, request_).declined


def test_sentences_that_explain_are_set_aside_and_said(bakery: Network) -> None:
    understood = read_intent(
        bakery,
        "This example shows how to allow storefront to reach basket on port 7070. "
        "If an `egressDeny` rule matches, egress traffic is denied.",
    )
    assert understood.is_clear
    assert understood.asides == ("If an `egressDeny` rule matches, egress traffic is denied",)


@pytest.mark.parametrize(
    "request_", ["", "   ", "\n\n", "`", "<P3> may reach <P4>", "only", "<" * 99]
)
def test_nothing_crashes_on_what_is_no_request(request_: str) -> None:
    assert not read_intent(Network.build(Cluster()), request_).is_clear


ONLY_8443 = (
    "`front/storefront` may reach `kitchen/oven-api` on port 8443/TCP. `front/storefront` may not "
    "reach `kitchen/oven-api` on ports 1-8442/TCP and 8444-65535/TCP and on any UDP port. "
    "This closes nothing else."
)


@pytest.mark.parametrize(
    ("request_", "heard"),
    [
        ("storefront may reach oven-api only on 8443", ONLY_8443),
        ("storefront may reach oven-api on 8443, no other port", ONLY_8443),
        (
            "lock down recipes-db: nobody may reach it except oven-api",
            "Only `kitchen/oven-api` may reach `kitchen/recipes-db`.",
        ),
        (
            "in namespace front only storefront may reach the internet",
            "`front/storefront` may reach entity `world`. Pods labelled `app not in (storefront)` "
            "in namespace `front` may not reach entity `world`. This closes nothing else.",
        ),
        ("in namespace front, storefront may reach basket",
         "`front/storefront` may reach `front/basket`."),
        (
            "block storefront to basket except 7070",
            "`front/storefront` may not reach `front/basket` on ports 1-7069/TCP and "
            "7071-65535/TCP and on any UDP port.",
        ),
        (
            "storefront may reach basket but toppings may not",
            "`front/storefront` may reach `front/basket`. `front/toppings` may not reach "
            "`front/basket`.",
        ),
        ("storefront alone may reach basket", "Only `front/storefront` may reach `front/basket`."),
    ],
)  # fmt: skip
def test_a_limit_closes_what_it_is_said_of_and_no_more(
    bakery: Network, request_: str, heard: str
) -> None:
    assert only(bakery, request_) == heard
    assert only(bakery, heard) == heard


@pytest.mark.parametrize(
    "request_",
    [
        "only storefront may reach the internet",
        "only storefront may reach api.github.com",
        "oven-api is reachable from storefront only on 8443",
        "storefront may only GET /a on basket",
        "mixer may reach oven-api and nobody else",
        "storefront must reach basket only from the same namespace",
        "storefront and toppings may reach basket, but toppings only on 7070",
        "basket may be called by storefront, and toppings may too",
    ],
)
def test_what_only_and_others_are_said_of_is_asked_where_it_is_open(
    bakery: Network, request_: str
) -> None:
    assert read_intent(bakery, request_).question


@pytest.mark.parametrize(
    ("request_text", "corrected"),
    [
        ("lock donw shop but keep DNS", "lock down shop but keep DNS"),
        ("shop/checkout shoud reach only shop/db", "shop/checkout should reach only shop/db"),
    ],
)
def test_a_misspelt_word_is_asked_about_and_never_assumed(
    request_text: str, corrected: str
) -> None:
    understood = read_intent(Workspace.sample(), request_text)
    assert understood.corrected == corrected
    assert f"Is this meant: `{corrected}`?" in understood.question
    assert not understood.is_clear


def test_only_words_that_were_said_are_told_as_not_understood() -> None:
    understood = read_intent(Workspace.sample(), "limit frobnication of the shop")
    assert understood.question
    assert "restrict" not in understood.question
