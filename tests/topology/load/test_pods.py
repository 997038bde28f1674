from ipaddress import ip_address

import pytest

from topology.load import load_text
from topology.model import ContainerPort, Pod

FULL = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
  labels: {app: web}
  annotations: {sidecar.istio.io/status: '{}'}
spec:
  nodeName: aks-1
  serviceAccountName: robot
  hostNetwork: true
  initContainers:
  - name: migrate
    ports: [{containerPort: 1}]
  - name: istio-proxy
    restartPolicy: Always
    ports: [{containerPort: 15090, name: http-envoy-prom}]
  containers:
  - name: web
    ports:
    - {containerPort: 8080, name: http}
    - {containerPort: 53, protocol: UDP}
  - name: exporter
    ports: [{containerPort: 8080, name: http}]
status:
  phase: Running
  podIP: 10.0.0.7
  podIPs: [{ip: 10.0.0.7}, {ip: 'fd00::7'}]
  conditions:
  - {type: Ready, status: 'False'}
"""


def read(text: str) -> Pod:
    cluster = load_text(text, name="f.yaml")
    assert cluster.problems == ()
    (pod,) = cluster.pods
    return pod


def test_a_pod_is_read_in_full() -> None:
    pod = read("---\n" + FULL)
    assert pod.full_name == "shop/web"
    assert pod.labels == {"app": "web"}
    assert pod.annotations == {"sidecar.istio.io/status": "{}"}
    assert pod.addresses == (ip_address("10.0.0.7"), ip_address("fd00::7"))
    assert (pod.node, pod.service_account, pod.host_network) == ("aks-1", "robot", True)
    assert pod.containers == ("migrate", "istio-proxy", "web", "exporter")
    assert pod.ports == (
        ContainerPort(15090, "TCP", "http-envoy-prom"),
        ContainerPort(8080, "TCP", "http"),
        ContainerPort(53, "UDP"),
    )
    assert (pod.ready, pod.running, pod.planned) == (False, True, False)
    assert str(pod.location) == "f.yaml:2"


@pytest.mark.parametrize(
    ("status", "ready", "running"),
    [
        ("{}", True, True),
        ("{phase: Running}", True, True),
        ("{phase: Pending}", False, True),
        ("{phase: Succeeded}", False, False),
        ("{phase: Failed}", False, False),
        ("{phase: Running, conditions: [{type: Ready, status: 'True'}]}", True, True),
        ("{phase: Running, conditions: [{type: Ready, status: 'Unknown'}]}", False, True),
    ],
)
def test_readiness_follows_from_the_status(status: str, ready: bool, running: bool) -> None:
    pod = read(f"apiVersion: v1\nkind: Pod\nmetadata: {{name: x}}\nstatus: {status}\n")
    assert (pod.ready, pod.running) == (ready, running)


def test_a_pod_that_is_being_deleted_is_not_ready() -> None:
    pod = read("apiVersion: v1\nkind: Pod\nmetadata: {name: x, deletionTimestamp: 2026-01-01}\n")
    assert not pod.ready


def test_a_pod_that_says_nothing_has_the_defaults() -> None:
    pod = read("apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n")
    assert pod.namespace == "default"
    assert pod.service_account == "default"
    assert (pod.ports, pod.addresses, pod.labels) == ((), (), {})


def test_the_older_name_of_the_service_account_counts() -> None:
    text = "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {serviceAccount: robot}\n"
    assert read(text).service_account == "robot"
