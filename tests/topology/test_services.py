from ipaddress import ip_address

import pytest

from topology.model import (
    Cluster,
    ContainerPort,
    Endpoint,
    Pod,
    Service,
    ServicePort,
    Workload,
)
from topology.services import (
    ServiceRoute,
    backends,
    service_backends,
    service_workloads,
    services_of,
)


def pod(
    name: str, *, ports: tuple[ContainerPort, ...] = (), ready: bool = True, **more: object
) -> Pod:
    fields = {
        "namespace": "shop",
        "labels": {"app": "web"},
        "addresses": (ip_address(f"10.0.0.{name.rpartition('-')[2]}"),),
        "workload": "web",
        "workload_kind": "Deployment",
        **more,
    }
    return Pod(name=name, ports=ports, ready=ready, **fields)  # type: ignore[arg-type]


def cluster(*pods: Pod) -> Cluster:
    workload = Workload(kind="Deployment", namespace="shop", name="web", pods=pods)
    return Cluster(workloads=(workload,))


def web(*ports: ServicePort, **more: object) -> Service:
    fields = {"selector": {"app": "web"}, **more}
    return Service(namespace="shop", name="web", ports=ports, **fields)  # type: ignore[arg-type]


def only(routes: tuple[ServiceRoute, ...]) -> ServiceRoute:
    (route,) = routes
    return route


HTTP = ContainerPort(8080, "TCP", "http")


def test_a_named_target_port_is_looked_up_in_each_pod() -> None:
    here = cluster(
        pod("web-1", ports=(HTTP,)), pod("web-2", ports=(ContainerPort(9090, "TCP", "http"),))
    )
    route = only(service_backends(here, web(ServicePort(port=80, target="http"))))
    assert [(one.pod.name, one.port) for one in route.backends if one.pod] == [
        ("web-1", 8080),
        ("web-2", 9090),
    ]
    assert route.problem == ""


def test_a_name_on_another_protocol_is_another_port() -> None:
    here = cluster(pod("web-1", ports=(HTTP,)))
    route = only(service_backends(here, web(ServicePort(port=80, protocol="UDP", target="http"))))
    assert route.backends == ()
    assert route.problem == "No pod behind it has a UDP port named `http`."


def test_a_service_that_does_not_say_its_target_uses_its_own_port() -> None:
    route = only(service_backends(cluster(pod("web-1")), web(ServicePort(port=80))))
    assert [one.port for one in route.backends] == [80]


def test_a_selector_that_matches_nothing_is_the_problem() -> None:
    route = only(service_backends(cluster(), web(ServicePort(port=80))))
    assert route.problem == "Selector `app=web` matches no pod in `shop`."


@pytest.mark.parametrize(
    "more", [{"namespace": "other"}, {"labels": {"app": "api"}}, {"running": False}]
)
def test_only_running_pods_of_the_namespace_with_the_labels_count(more: dict[str, object]) -> None:
    assert backends(cluster(pod("web-1", **more)), web()) == ()


def test_pods_that_are_not_ready_get_no_connections() -> None:
    route = only(service_backends(cluster(pod("web-1", ready=False)), web(ServicePort(port=80))))
    assert [one.ready for one in route.backends] == [False]
    assert route.problem == "No backend is ready."


def test_one_ready_pod_is_enough_and_comes_first() -> None:
    here = cluster(pod("web-1", ready=False), pod("web-2"))
    route = only(service_backends(here, web(ServicePort(port=80))))
    assert [one.pod.name for one in route.backends if one.pod] == ["web-2", "web-1"]
    assert route.problem == ""


def test_published_addresses_count_as_ready() -> None:
    service = web(ServicePort(port=80), publish_not_ready=True)
    route = only(service_backends(cluster(pod("web-1", ready=False)), service))
    assert [one.ready for one in route.backends] == [True]


@pytest.mark.parametrize(
    ("asked", "found"), [(None, [80, 53]), (80, [80]), ("dns", [53]), ("53", [53]), (81, [])]
)
def test_a_port_is_asked_for_by_number_or_name(asked: int | str | None, found: list[int]) -> None:
    service = web(
        ServicePort(port=80, name="http"), ServicePort(port=53, protocol="UDP", name="dns")
    )
    routes = service_backends(cluster(pod("web-1")), service, port=asked)
    assert [route.port.port for route in routes] == found


def test_a_protocol_that_the_service_does_not_offer_has_no_route() -> None:
    service = web(ServicePort(port=80))
    assert service_backends(cluster(pod("web-1")), service, port=80, protocol="UDP") == ()


def test_endpoint_slices_win_over_the_selector() -> None:
    endpoints = (
        Endpoint(address=ip_address("10.0.0.2"), pod="web-2", ports=(ContainerPort(8080),)),
        Endpoint(address=ip_address("10.0.0.9"), ready=False, ports=(ContainerPort(8080),)),
    )
    here = cluster(pod("web-1"), pod("web-2"))
    service = web(ServicePort(port=80, target="http"), endpoints=endpoints)
    route = only(service_backends(here, service))
    assert [(one.pod and one.pod.name, one.port, one.ready) for one in route.backends] == [
        ("web-2", 8080, True),
        (None, 8080, False),
    ]


def test_a_slice_port_belongs_to_the_service_port_of_its_name() -> None:
    endpoint = Endpoint(
        address=ip_address("10.0.0.1"), ports=(ContainerPort(9000, "TCP", "admin"),)
    )
    service = web(
        ServicePort(port=80, name="http"), ServicePort(port=81, name="admin"), endpoints=(endpoint,)
    )
    http, admin = service_backends(cluster(pod("web-1")), service)
    assert http.problem == "No endpoint offers its port `http`."
    assert [one.port for one in admin.backends] == [9000]


def test_an_endpoint_is_matched_to_its_pod_by_address() -> None:
    endpoint = Endpoint(address=ip_address("10.0.0.1"), ports=(ContainerPort(80),))
    route = only(
        service_backends(cluster(pod("web-1")), web(ServicePort(port=80), endpoints=(endpoint,)))
    )
    assert [one.pod and one.pod.name for one in route.backends] == ["web-1"]


def test_empty_slices_name_the_selector_that_matches_nothing() -> None:
    route = only(service_backends(cluster(), web(ServicePort(port=80), endpoints=())))
    assert route.problem == (
        "Its EndpointSlices hold no address: selector `app=web` matches no pod in `shop`."
    )


def test_without_selector_and_slices_the_backends_are_not_known() -> None:
    route = only(service_backends(cluster(pod("web-1")), web(ServicePort(port=80), selector={})))
    assert route.backends == ()
    assert "no EndpointSlice" in route.problem


def test_a_headless_service_maps_no_ports() -> None:
    service = web(ServicePort(port=80, target=8080), headless=True)
    route = only(service_backends(cluster(pod("web-1")), service))
    assert [one.port for one in route.backends] == [80]
    assert "headless" in route.note


def test_a_headless_service_can_be_dialled_on_any_port() -> None:
    service = web(ServicePort(port=80), headless=True)
    route = only(service_backends(cluster(pod("web-1")), service, port=5432))
    assert [one.port for one in route.backends] == [5432]


def test_an_external_name_has_no_backends_and_no_problem() -> None:
    service = web(type="ExternalName", external_name="db.example.com", selector={})
    route = only(service_backends(cluster(), service, port=5432))
    assert (route.external_name, route.port.port, route.backends) == ("db.example.com", 5432, ())
    assert route.problem == ""


def test_a_service_leads_to_its_workloads_and_back() -> None:
    service = web(ServicePort(port=80))
    here = cluster(pod("web-1"))
    here = Cluster(workloads=here.workloads, services=(service,))
    assert [one.full_name for one in service_workloads(here, service)] == ["shop/web"]
    assert services_of(here, here.pods) == (service,)
    assert services_of(here, ()) == ()
