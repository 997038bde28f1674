import pytest

from topology.errors import AmbiguousName, InvalidQuery, TopologyError, UnknownName
from topology.model import Cluster, Pod, Workload
from topology.names import NameIndex, index_of, resolve

BOUTIQUE = {
    "frontend": "default/frontend exact",
    "front end": "default/frontend exact",
    "front-end": "default/frontend exact",
    "the frontends": "default/frontend partial",
    "frontend pods": "default/frontend exact",
    "the frontend's pods": "default/frontend exact",
    "pods of the frontend": "default/frontend exact",
    "fronted": "default/frontend typo",
    "frontned": "default/frontend typo",
    "frontend in default": "default/frontend exact",
    "frontend (default)": "default/frontend exact",
    "frontend -n default": "default/frontend exact",
    "deploy/frontend -n default": "default/frontend exact",
    "deployment/default/frontend": "default/frontend exact",
    "default/deployment/frontend": "default/frontend exact",
    "workload:default/frontend": "default/frontend exact",
    "default/frontend": "default/frontend exact",
    "app=frontend": "default/frontend label",
    "app: frontend": "default/frontend label",
    "frontend-external": "service:default/frontend-external exact",
    "external frontend": "service:default/frontend-external partial",
    "service:the frontend": "service:default/frontend exact",
    "svc/frontend": "service:default/frontend exact",
    "service/frontend": "service:default/frontend exact",
    "service:default/frontend": "service:default/frontend exact",
    "frontend.default": "service:default/frontend exact",
    "frontend.default.svc": "service:default/frontend exact",
    "frontend.default.svc.cluster.local.": "service:default/frontend exact",
    "redis": "default/redis-cart partial",
    "Redis": "default/redis-cart partial",
    "default/redis": "default/redis-cart partial",
    "redis cart": "default/redis-cart exact",
    "REDIS_CART": "default/redis-cart exact",
    "redisCart": "default/redis-cart exact",
    "the redis deployment": "default/redis-cart partial",
    "the redis cache": "default/redis-cart partial",
    "redis database": "default/redis-cart partial",
    "the cache": "default/redis-cart partial",
    "reids": "default/redis-cart typo",
    "cart": "default/cartservice partial",
    "cart svc": "default/cartservice partial",
    "CartService": "default/cartservice exact",
    "cart_service": "default/cartservice exact",
    "checkout service": "default/checkoutservice exact",
    "checkout": "default/checkoutservice partial",
    "checkotu": "default/checkoutservice typo",
    "checkotu service": "default/checkoutservice typo",
    "chekcout": "default/checkoutservice typo",
    "the payment service": "default/paymentservice exact",
    "payments deployment": "default/paymentservice partial",
    "paymnet": "default/paymentservice typo",
    "paymentservcie": "default/paymentservice typo",
    "productcatalog": "default/productcatalogservice partial",
    "product catalog": "default/productcatalogservice partial",
    "the product catalog service": "default/productcatalogservice exact",
    "catalog": "default/productcatalogservice partial",
    "recommendations": "default/recommendationservice partial",
    "recommendation engine service": None,
    "load generator": "default/loadgenerator exact",
    "loadgen": "default/loadgenerator partial",
    "ad service": "default/adservice exact",
    "emial": "default/emailservice typo",
    "namespace default": "namespace:default exact",
    "the default namespace": "namespace:default exact",
    "everything in default": "namespace:default exact",
    "all pods in namespace default": "namespace:default exact",
    "ns/default": "namespace:default exact",
    "pc": None,
    "mongo": None,
    "database": None,
    "mail": None,
    "shopping": None,
    "carts2": None,
    "product page": None,
    "service": None,
    "the": None,
    "zzz": None,
    "pod/frontend": None,
    "statefulset/frontend": None,
    "frontend in prod": None,
    "pods in prod": None,
    "frontend -n prod": None,
    "prod/frontend": None,
    "frontend.prd": None,
    "nope.default.svc": None,
    "app=nope": None,
    "payment billing": None,
    "the payment database": None,
    "payment db": None,
    "paymentdb": None,
    "paymentz api": None,
}

BOOKINFO = {
    "reviews": "service:default/reviews exact",
    "the reviews pods": "service:default/reviews exact",
    "review": "service:default/reviews partial",
    "reviews v2": "default/reviews-v2 exact",
    "reviews version 2": "default/reviews-v2 exact",
    "reviews-v1": "default/reviews-v1 exact",
    "product page": "service:default/productpage exact",
    "the product page deployment": "default/productpage-v1 partial",
    "prodcutpage": "service:default/productpage typo",
    "detials": "service:default/details typo",
    "curl": "default/curl exact",
    "reviews-v9": None,
}

STAR_WARS = {
    "the Death Star": "default/deathstar exact",
    "deathstar service": "default/deathstar exact",
    "deathstra": "default/deathstar typo",
    "TIE fighters": "default/tiefighter partial",
    "X-Wing": "default/xwing exact",
    "pod/xwing": "default/xwing exact",
    "class: xwing": "default/xwing label",
    "alliance": "default/xwing label",
    "the alliance xwing": "default/xwing label",
    "the empire xwing": None,
    "millennium falcon": None,
}

COMPANY = {
    "prod/web": "prod/web exact",
    "prod/web-5d9c-0": "prod/web-5d9c-0 exact",
    "web-5d9c-1": "prod/web-5d9c-1 exact",
    "pod/prod/web-5d9c-0": "prod/web-5d9c-0 exact",
    "web in prod": "prod/web exact",
    "web in production": "prod/web exact",
    "the web pods in the prod namespace": "prod/web exact",
    "web@staging": "staging/web exact",
    "web from staging": "staging/web exact",
    "staging web": "staging/web exact",
    "staging's web pods": "staging/web exact",
    "anything in shop": "namespace:shop exact",
    "the db in shop": "shop/postgres label",
    "payments": "shop/payments exact",
    "payment": "shop/payments partial",
    "payments.shop": "service:shop/payments exact",
    "client.shop": "shop/client partial",
    "policy": "shop/policy exact",
    "prometheus": "monitoring/prometheus-server partial",
    "orders": "prod/orders-api partial",
    "statefulset/shop/twin": "shop/twin exact",
    "wroker-1": "shop/worker-1 typo",
    "tier=db": "shop/postgres label",
    "prod": "namespace:prod exact",
    "production": "namespace:prod partial",
    "namespace:shop": "namespace:shop exact",
    "10.1.0.2": "prod/db-5d9c-0 exact",
    "fd00::3": "prod/web-5d9c-1 exact",
    "10.9.0.1": "service:shop/payments exact",
    "10-1-0-2.prod.pod.cluster.local": "prod/db-5d9c-0 exact",
    "10.0.0.4": "10.0.0.4 exact",
    "node/aks-1": "10.0.0.4 exact",
    "8.8.8.8": "8.8.8.8 exact",
    "2001:db8::1": "2001:db8::1 exact",
    "10.0.0.0/8": "10.0.0.0/8 exact",
    "2001:db8::/32": "2001:db8::/32 exact",
    "0.0.0.0/0": "0.0.0.0/0 exact",
    "github.com": "github.com exact",
    "API.GitHub.com.": "api.github.com exact",
    "github": "api.github.com partial",
    "world": "world exact",
    "the internet": "world exact",
    "outside the cluster": "world exact",
    "host": "host exact",
    "the local node": "host exact",
    "remote-node": "remote-node exact",
    "other nodes": "remote-node exact",
    "the API server": "kube-apiserver exact",
    "kube-apiserver": "kube-apiserver exact",
    "ingress": "shop/ingress exact",
    "entity:ingress": "ingress exact",
    "cluster": "cluster exact",
    "worker-3": None,
    "wroker-3": None,
    "shop/nope": None,
    "nope/web": None,
}


def understood(index: NameIndex, text: str) -> str | None:
    try:
        match = index.match(text)
    except UnknownName:
        return None
    return f"{match.target} {match.how}"


@pytest.mark.parametrize("text", BOUTIQUE)
def test_a_phrase_about_online_boutique_is_understood(boutique: NameIndex, text: str) -> None:
    assert understood(boutique, text) == BOUTIQUE[text]


@pytest.mark.parametrize("text", BOOKINFO)
def test_a_phrase_about_bookinfo_is_understood(bookinfo: NameIndex, text: str) -> None:
    assert understood(bookinfo, text) == BOOKINFO[text]


@pytest.mark.parametrize("text", STAR_WARS)
def test_a_phrase_about_star_wars_is_understood(star_wars: NameIndex, text: str) -> None:
    assert understood(star_wars, text) == STAR_WARS[text]


@pytest.mark.parametrize("text", COMPANY)
def test_a_phrase_about_several_namespaces_is_understood(names: NameIndex, text: str) -> None:
    assert understood(names, text) == COMPANY[text]


@pytest.mark.parametrize(
    ("text", "candidates"),
    [
        ("web", ("prod/web", "staging/web")),
        ("db", ("prod/db", "staging/db")),
        ("the database", ("prod/db", "staging/db")),
        ("worker", ("shop/worker-1", "shop/worker-2")),
        ("shop/twin", ("deployment/shop/twin", "statefulset/shop/twin")),
        ("node", ("entity:host", "entity:remote-node")),
    ],
)
def test_a_name_of_several_things_is_asked_back(
    names: NameIndex, text: str, candidates: tuple[str, ...]
) -> None:
    with pytest.raises(AmbiguousName) as caught:
        names.resolve(text)
    assert caught.value.candidates == candidates


@pytest.mark.parametrize(
    "text", ["web", "db", "worker", "shop/twin", "node", "api", "10.1.0.2", "payments"]
)
def test_each_candidate_that_is_offered_resolves_to_one_thing(names: NameIndex, text: str) -> None:
    try:
        offered = (names.match(text).label,)
    except AmbiguousName as caught:
        offered = caught.candidates
    assert len({str(names.match(each)) for each in offered}) == len(offered)


def test_a_database_by_name_and_one_by_product_are_asked_back() -> None:
    pods = (Pod(namespace="shop", name="x-1"),)
    orders = Workload(kind="Deployment", namespace="shop", name="orders-db", pods=pods)
    product = Workload(kind="Deployment", namespace="shop", name="mysql", pods=pods)
    with pytest.raises(AmbiguousName) as caught:
        resolve(Cluster(workloads=(product, orders)), "the database")
    assert caught.value.candidates == ("shop/mysql", "shop/orders-db")
    assert str(resolve(Cluster(workloads=(product,)), "the database")) == "shop/mysql"


def test_every_object_resolves_by_the_name_it_is_shown_with(names: NameIndex) -> None:
    for workload in names.cluster.workloads:
        if workload.name != "twin":
            assert str(names.resolve(workload.full_name)) == workload.full_name
    for service in names.cluster.services:
        assert str(names.resolve(f"service:{service.full_name}")) == f"service:{service.full_name}"


def test_a_preferred_namespace_decides_between_equals(names: NameIndex) -> None:
    assert str(names.resolve("web", namespace="staging")) == "staging/web"


def test_a_preferred_namespace_does_not_hide_the_only_thing_of_that_name(names: NameIndex) -> None:
    assert str(names.resolve("payments", namespace="staging")) == "shop/payments"


def test_a_service_is_preferred_where_the_caller_says_so(names: NameIndex) -> None:
    assert str(names.resolve("payments", prefer="service")) == "service:shop/payments"
    assert str(names.resolve("payments")) == "shop/payments"


def test_a_preference_for_services_keeps_workloads_without_one(names: NameIndex) -> None:
    assert str(names.resolve("client", prefer="service")) == "shop/client"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("10.0.0.5/8", "`10.0.0.0/8`"),
        ("10.0.0.5:80", "port 80"),
        ("[fd00::1]:443", "port 443"),
        ("10.0.0.5 port 80", "port 80"),
        ("web:8080", "port 8080"),
        ("prod/web:8080", "port 8080"),
        ("http://web.prod/path", "`web.prod`"),
        ("*.example.com", "one DNS name"),
        ("300.1.1.1", "10.0.0.5"),
        ("10.0.0.0/33", "10.0.0.0/24"),
        ("", "Name a pod"),
        ("  ", "Name a pod"),
        ("?!", "Name a pod"),
    ],
)
def test_what_is_no_name_is_refused_with_a_way_to_ask(
    names: NameIndex, text: str, hint: str
) -> None:
    with pytest.raises(InvalidQuery) as caught:
        names.resolve(text)
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("wbe", "prod/web"),
        ("prod/postgres", "shop/postgres"),
        ("paimentz", "shop/payments"),
        ("web-5d9c-7", "prod/web-5d9c-0"),
    ],
)
def test_an_unknown_name_brings_the_nearest_ones(names: NameIndex, text: str, near: str) -> None:
    with pytest.raises(UnknownName) as caught:
        names.resolve(text)
    assert near in caught.value.nearest
    assert len(caught.value.nearest) <= 3


def test_an_unknown_namespace_is_what_the_error_is_about(names: NameIndex) -> None:
    with pytest.raises(UnknownName, match="no namespace `mars`"):
        names.resolve("web in mars")


def test_an_empty_cluster_knows_no_names_and_says_why() -> None:
    with pytest.raises(UnknownName, match="holds no workload"):
        resolve(Cluster(), "web")


def test_addresses_and_entities_need_no_cluster() -> None:
    assert str(resolve(Cluster(), "10.0.0.1")) == "10.0.0.1"
    assert str(resolve(Cluster(), "world")) == "world"


def test_an_index_is_built_once_for_a_cluster(names: NameIndex) -> None:
    assert index_of(names.cluster) is index_of(names.cluster)


@pytest.mark.parametrize(
    "text",
    ["/", "//", "a//b", ":", "=", "a=", "pod/", "/web", "@", "in", "in in in", "-n", "-n prod",
     "`", "\x00", "\u202e", "a" * 5000, "(" * 300, "." * 300, "1.2.3", "1.2.3.4.5", "-", "*",
     "the the the", "namespace", "service:", "entity:mars", "cidr:x", "дб", "数据库"],
)  # fmt: skip
def test_nonsense_is_refused_in_words(names: NameIndex, text: str) -> None:
    with pytest.raises(TopologyError):
        names.resolve(text)
