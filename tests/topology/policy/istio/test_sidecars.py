from dataclasses import replace
from types import MappingProxyType

import pytest

from topology.model import Cluster, Namespace, Pod
from topology.policy.istio.sidecars import bypasses_inbound, proxy_state


def cluster(labels: dict[str, str], *, declared: bool = True, addon: bool = False) -> Cluster:
    namespaces = {"shop": Namespace(name="shop", labels=labels, declared=declared)}
    if addon:
        namespaces["aks-istio-system"] = Namespace(name="aks-istio-system")
    return Cluster(namespaces=namespaces)


def planned(**labels: str) -> Pod:
    return Pod(
        namespace="shop",
        name="web",
        planned=True,
        containers=("main",),
        labels=MappingProxyType({key.replace("__", "/"): value for key, value in labels.items()}),
    )


def test_a_real_pod_carries_what_its_containers_say_whatever_the_labels() -> None:
    injected = cluster({"istio-injection": "enabled"})
    bare = Pod(namespace="shop", name="web", containers=("main",))
    assert proxy_state(injected, bare).present is False
    meshed = Pod(namespace="shop", name="web", containers=("main", "istio-proxy"))
    assert proxy_state(cluster({}), meshed).present is True


@pytest.mark.parametrize(
    ("labels", "addon", "expected"),
    [
        ({}, False, False),
        ({"istio-injection": "enabled"}, False, True),
        ({"istio-injection": "disabled"}, False, False),
        ({"istio.io/rev": "canary"}, False, True),
        ({"istio.io/rev": "asm-1-24"}, True, True),
        ({"istio-injection": "enabled"}, True, False),
        ({"istio-injection": "enabled", "istio.io/rev": "asm-1-24"}, True, False),
    ],
)
def test_a_planned_pod_gets_a_proxy_by_the_labels_of_its_namespace(
    labels: dict[str, str], addon: bool, expected: bool
) -> None:
    assert proxy_state(cluster(labels, addon=addon), planned()).present is expected


def test_the_addon_says_why_the_old_label_does_not_inject() -> None:
    state = proxy_state(cluster({"istio-injection": "enabled"}, addon=True), planned())
    assert "makes the AKS add-on skip it" in state.reason


def test_a_pod_can_opt_out_and_in() -> None:
    inject = {"sidecar.istio.io__inject": "false"}
    assert proxy_state(cluster({"istio.io/rev": "x"}), planned(**inject)).present is False
    wish = {"sidecar.istio.io__inject": "true"}
    assert proxy_state(cluster({}), planned(**wish)).present is True


def test_without_the_namespace_in_the_input_nothing_is_known() -> None:
    state = proxy_state(cluster({}, declared=False), planned())
    assert state.present is None
    assert "`shop`" in state.reason


def test_a_pod_on_its_nodes_network_gets_none() -> None:
    pod = Pod(namespace="shop", name="web", planned=True, host_network=True)
    assert proxy_state(cluster({"istio.io/rev": "x"}), pod).present is False


def test_in_ambient_mode_the_ztunnel_stands_in_for_a_sidecar() -> None:
    state = proxy_state(cluster({"istio.io/dataplane-mode": "ambient"}), planned())
    assert (state.present, state.ambient) == (None, True)


def test_ports_can_pass_the_sidecar_by() -> None:
    excluded = {"traffic.sidecar.istio.io/excludeInboundPorts": "9090, 9091"}
    pod = Pod(namespace="shop", name="web", annotations=excluded)
    assert bypasses_inbound(pod, 9091).endswith("excludeInboundPorts")
    assert bypasses_inbound(pod, 8080) == ""
    included = {"traffic.sidecar.istio.io/includeInboundPorts": "8080"}
    assert bypasses_inbound(Pod(namespace="s", name="w", annotations=included), 9090)


def test_a_pod_may_leave_the_ambient_mode_of_its_namespace() -> None:
    labels = {"istio.io/dataplane-mode": "none"}
    state = proxy_state(cluster({"istio.io/dataplane-mode": "ambient"}), planned(**labels))
    assert (state.present, state.ambient) == (False, False)


def test_a_pod_that_was_not_restarted_since_injection_was_asked_for_is_told() -> None:
    running = replace(planned(), planned=False, containers=("main",))
    state = proxy_state(cluster({"istio.io/rev": "asm-1-24"}), running)
    assert state.present is False
    assert "was not restarted since" in state.reason
