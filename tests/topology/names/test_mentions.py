import pytest

from topology.names import Mention, NameIndex


def read(index: NameIndex, question: str) -> list[str]:
    """Return each mention as `what was said -> what it may mean`."""
    return [
        f"{question[one.start : one.end]} -> "
        + (" | ".join(str(match.target) for match in one.matches) or "nothing")
        for one in index.find(question)
    ]


BOUTIQUE = {
    "Can the frontend talk to redis?": [
        "frontend -> default/frontend",
        "redis -> default/redis-cart",
    ],
    "Can fronted reach checkotu on port 5050?": [
        "fronted -> default/frontend",
        "checkotu -> default/checkoutservice",
    ],
    "Why can't the checkout service connect to the payment service?": [
        "checkout service -> default/checkoutservice",
        "payment service -> default/paymentservice",
    ],
    "Which pods can talk to the product catalog service on port 3550": [
        "product catalog service -> default/productcatalogservice"
    ],
    "is redis open to the internet?": ["redis -> default/redis-cart", "internet -> world"],
    "Is the redis cache reachable from the frontend's pods?": [
        "redis cache -> default/redis-cart",
        "frontend's pods -> default/frontend",
    ],
    "does the loadgenerator access frontend:8080?": [
        "loadgenerator -> default/loadgenerator",
        "frontend -> default/frontend",
    ],
    "Can the frontend GET /cart on the cartservice?": [
        "frontend -> default/frontend",
        "cartservice -> default/cartservice",
    ],
    "can http://frontend/cart be reached by loadgen": [
        "http://frontend/cart -> default/frontend",
        "loadgen -> default/loadgenerator",
    ],
    "checkout -> payment, is it allowed?": [
        "checkout -> default/checkoutservice",
        "payment -> default/paymentservice",
    ],
    "can default/frontend reach service:default/redis-cart": [
        "default/frontend -> default/frontend",
        "service:default/redis-cart -> service:default/redis-cart",
    ],
    "can app=frontend reach the frontend-external service": [
        "app=frontend -> default/frontend",
        "frontend-external service -> service:default/frontend-external",
    ],
    "is port 7070 on the cart service open to frontend pods in default": [
        "cart service -> default/cartservice",
        "frontend pods in default -> default/frontend",
    ],
    "can frontend reach 10.0.0.5, 10.0.0.0/24 or fd00::7?": [
        "frontend -> default/frontend",
        "10.0.0.5 -> 10.0.0.5",
        "10.0.0.0/24 -> 10.0.0.0/24",
        "fd00::7 -> fd00::7",
    ],
    "can frontend reach api.github.com:443": [
        "frontend -> default/frontend",
        "api.github.com -> api.github.com",
    ],
    "Can the ad service be reached from outside the cluster?": [
        "ad service -> default/adservice",
        "outside the cluster -> world",
    ],
    "can currencyservice send traffic to the api server?": [
        "currencyservice -> default/currencyservice",
        "api server -> kube-apiserver",
    ],
    "Can `frontend` reach `mongodb`?": [
        "`frontend` -> default/frontend",
        "`mongodb` -> nothing",
    ],
    "Does policy `frontend-lockdown` block the frontend?": ["frontend -> default/frontend"],
    "Can frontend in prod reach cart?": [
        "frontend in prod -> nothing",
        "cart -> default/cartservice",
    ],
    "list services in namespace foo": ["namespace foo -> nothing"],
    "And from the load generator?": ["load generator -> default/loadgenerator"],
    "how many nodes do I need?": [],
    "50 nodes, default pods, classic Azure CNI: which subnet?": [],
    "why is by default everything denied": [],
    "Can I test the connection on port 80/TCP?": [],
    "what do you recommend?": [],
    "Explain policy.yaml, e.g. its ports and/or labels.": [],
    "What is the weather in Rome?": [],
    "": [],
}

COMPANY = {
    "Can web reach db?": ["web -> prod/web | staging/web", "db -> prod/db | staging/db"],
    "is port 5432 on the db open to web pods in staging": [
        "db -> prod/db | staging/db",
        "web pods in staging -> staging/web",
    ],
    "In staging, can web reach db?": [
        "staging -> namespace:staging",
        "web -> staging/web",
        "db -> staging/db",
    ],
    "Can web from staging reach the prod db?": [
        "web from staging -> staging/web",
        "prod db -> prod/db",
    ],
    "who can reach payments from staging?": [
        "payments -> shop/payments",
        "staging -> namespace:staging",
    ],
    "Can `web` in `staging` reach `db` in prod?": [
        "`web` in `staging` -> staging/web",
        "`db` in prod -> prod/db",
    ],
    "can web@prod reach api (staging)": ["web@prod -> prod/web", "api (staging) -> staging/api"],
    "Can staging reach prod?": ["staging -> namespace:staging", "prod -> namespace:prod"],
    "can pods in staging reach the production namespace?": [
        "staging -> namespace:staging",
        "production namespace -> namespace:prod",
    ],
    "Is namespace shop open to the internet?": [
        "namespace shop -> namespace:shop",
        "internet -> world",
    ],
    "can the orders api in prod reach payments": [
        "orders api in prod -> prod/orders-api",
        "payments -> shop/payments",
    ],
    "Who can reach the db in shop?": ["db in shop -> shop/postgres"],
    "does prometheus scrape payments in shop": [
        "prometheus -> monitoring/prometheus-server",
        "payments in shop -> shop/payments",
    ],
    "can the network policy block ingress in shop": ["shop -> namespace:shop"],
    "can the policy pods reach payments": [
        "policy pods -> shop/policy",
        "payments -> shop/payments",
    ],
    "can payments.shop.svc reach prod/nope": [
        "payments.shop.svc -> service:shop/payments",
        "prod/nope -> nothing",
    ],
    "can the client reach worker-2 on port http": [
        "client -> shop/client",
        "worker-2 -> shop/worker-2",
    ],
    "Can the db in test reach web?": [
        "db in test -> nothing",
        "web -> prod/web | staging/web",
    ],
}


@pytest.mark.parametrize("question", BOUTIQUE)
def test_a_question_about_online_boutique_is_read(boutique: NameIndex, question: str) -> None:
    assert read(boutique, question) == BOUTIQUE[question]


@pytest.mark.parametrize("question", COMPANY)
def test_a_question_about_several_namespaces_is_read(names: NameIndex, question: str) -> None:
    assert read(names, question) == COMPANY[question]


def test_bookinfo_services_stand_for_their_versions(bookinfo: NameIndex) -> None:
    assert read(bookinfo, "Can the product page call reviews v2, ratings and details?") == [
        "product page -> service:default/productpage",
        "reviews v2 -> default/reviews-v2",
        "ratings -> service:default/ratings",
        "details -> service:default/details",
    ]


def test_names_of_two_words_are_read_in_star_wars(star_wars: NameIndex) -> None:
    question = "Can the tie fighter or an X-Wing POST /v1/request-landing to the Death Star?"
    assert read(star_wars, question) == [
        "tie fighter -> default/tiefighter",
        "X-Wing -> default/xwing",
        "Death Star -> default/deathstar",
    ]


def test_a_mention_says_the_kind_and_the_namespace_that_were_said(names: NameIndex) -> None:
    (mention,) = names.find("Show the web deployment in staging.")
    assert (mention.text, mention.kind, mention.namespace) == ("web", "Deployment", "staging")


def test_a_leading_namespace_is_only_a_scope(names: NameIndex) -> None:
    scope, *others = names.find("In staging, can web reach db?")
    assert scope.is_scope
    assert not any(mention.is_scope for mention in others)


def test_an_ambiguous_mention_has_no_target(names: NameIndex) -> None:
    web, payments = names.find("Can web reach payments?")
    assert web.target is None
    assert str(payments.target) == "shop/payments"


def test_a_quoted_name_that_nothing_has_brings_the_nearest(names: NameIndex) -> None:
    (mention,) = names.find("Can `wbe` connect?")
    assert mention.nearest == ("prod/web", "staging/web")


@pytest.mark.parametrize("question", [*BOUTIQUE, *COMPANY])
def test_mentions_lie_in_the_question_in_order_and_apart(names: NameIndex, question: str) -> None:
    end = 0
    for mention in names.find(question):
        assert isinstance(mention, Mention)
        assert end <= mention.start < mention.end <= len(question)
        end = mention.end
