import pytest

from topology.load import load_text

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: x
  labels: {labels}
spec:
  containers: {containers}
status:
  podIP: {ip}
"""


@pytest.mark.parametrize(
    ("labels", "containers", "ip", "line", "quoted"),
    [
        ("[a]", "[]", "10.0.0.1", 5, "`metadata.labels` is a list"),
        ("web", "[]", "10.0.0.1", 5, "`metadata.labels` is the text `web`"),
        ("{a: [b]}", "[]", "10.0.0.1", 5, "`metadata.labels.a` is a list"),
        ("{}", "web", "10.0.0.1", 7, "`spec.containers` is the text `web`"),
        ("{}", "[web]", "10.0.0.1", 7, "`spec.containers[0]` is the text `web`"),
        ("{}", "[{name: c, ports: http}]", "10.0.0.1", 7, "`spec.containers[0].ports`"),
        ("{}", "[{ports: [{containerPort: abc}]}]", "10.0.0.1", 7, "the text `abc`"),
        ("{}", "[{ports: [{containerPort: 70000}]}]", "10.0.0.1", 7, "`70000`"),
        ("{}", "[{ports: [{containerPort: true}]}]", "10.0.0.1", 7, "`true`"),
        ("{}", "[{ports: [{containerPort: 1, protocol: HTTP}]}]", "10.0.0.1", 7, "`HTTP`"),
        ("{}", "[]", "10.0.0.999", 9, "`10.0.0.999`"),
        ("{}", "[]", "[1]", 9, "`status.podIP` is a list"),
    ],
)
def test_a_field_of_the_wrong_type_is_left_out_and_reported(
    labels: str, containers: str, ip: str, line: int, quoted: str
) -> None:
    cluster = load_text(POD.format(labels=labels, containers=containers, ip=ip), name="f.yaml")
    assert [pod.full_name for pod in cluster.pods] == ["default/x"]
    assert cluster.pods[0].ports == ()
    (problem,) = cluster.problems
    assert (problem.severity, problem.code) == ("warning", "wrong-type")
    assert str(problem.location) == f"f.yaml:{line}"
    assert quoted in problem.message


def test_a_port_number_in_quotes_is_taken_and_doubted() -> None:
    cluster = load_text(
        POD.format(labels="{}", containers="[{ports: [{containerPort: '80'}]}]", ip="10.0.0.1")
    )
    assert [port.number for port in cluster.pods[0].ports] == [80]
    assert [problem.code for problem in cluster.problems] == ["wrong-type"]


def test_numbers_as_label_values_of_json_are_taken_as_text_and_doubted() -> None:
    cluster = load_text(
        '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x",'
        '"labels":{"a":1.5,"b":true,"c":null}}}'
    )
    assert dict(cluster.pods[0].labels) == {"a": "1.5", "b": "true", "c": ""}
    assert len(cluster.problems) == 2


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: v1\nkind: Pod\nmetadata: {name: x, ownerReferences: 3}\nspec: 3\nstatus: []\n",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\n"
        "spec: {template: [], replicas: no}\n",
        "apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {ports: {a: b}, selector: []}\n",
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: x, labels: 3}\n",
        "apiVersion: v1\nkind: Node\nmetadata: {name: x}\n"
        "spec: {podCIDR: x}\nstatus: {addresses: 3}\n",
        "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n"
        "metadata: {name: x, labels: {kubernetes.io/service-name: y}}\nendpoints: [3]\n",
        "apiVersion: v1\nkind: Endpoints\nmetadata: {name: x}\nsubsets: [{addresses: [{ip: y}]}]\n",
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: x}\nspec: {jobTemplate: 3}\n",
    ],
)
def test_no_object_is_so_wrong_that_reading_fails(text: str) -> None:
    cluster = load_text(text)
    assert cluster.problems
    assert {problem.code for problem in cluster.problems} == {"wrong-type"}
