from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.bench.files import Form, write
from evals.bench.objects import make_objects
from evals.bench.sizes import SIZES
from topology.load import load, load_text
from topology.load.archive import pack, unpack
from topology.load.json_documents import find_lines
from topology.model import Cluster, Document
from topology.samples import sample_path

ODD = """\
apiVersion: v1
kind: Pod
metadata:
  name: both
  labels: {version: 1.10}
spec:
  hostNetwork: true
  containers: [{name: web, ports: [{containerPort: 80, name: http}, {containerPort: x}]}]
status:
  podIP: 10.0.0.1
  podIPs: [{ip: 10.0.0.1}, {ip: "fd00::1"}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  clusterIP: None
  ports: [{port: 80, targetPort: http}, {port: 443, targetPort: 8443, nodePort: 30443}]
---
apiVersion: v1
kind: Endpoints
metadata: {name: web}
subsets:
- addresses: [{ip: 10.0.0.1, targetRef: {kind: Pod, name: both}}]
  notReadyAddresses: [{ip: "fd00::2"}]
  ports: [{port: 80}]
---
apiVersion: v1
kind: Node
metadata: {name: n1}
spec: {podCIDR: 10.0.0.0/24, podCIDRs: [10.0.0.0/24, "fd00::/64"]}
status: {addresses: [{type: InternalIP, address: 192.168.0.4}]}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: outside, namespace: shop}
spec: {hosts: [example.com], ports: [{number: 443, name: "Umlaut \\u00fc"}]}
---
apiVersion: example.com/v1
kind: Strange
metadata: {name: x}
---
broken: [
"""


def places(document: Document) -> dict[str, str]:
    """Return where each field of a document stands, its parents' fields included."""
    return {path: str(document.source.at(path)) for path in document.source.lines}


def check_reopened(cluster: Cluster) -> None:
    reopened = unpack(pack(cluster))
    assert reopened == cluster
    assert reopened.pods == cluster.pods
    for ours, theirs in zip(
        (*reopened.policies, *reopened.documents),
        (*cluster.policies, *cluster.documents),
        strict=True,
    ):
        assert places(ours) == places(theirs)
        assert str(ours.source.at()) == str(theirs.source.at())


def test_the_sample_comes_back_as_it_was_with_every_line_of_every_policy() -> None:
    check_reopened(load([sample_path()]))


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("form", ["json", "yaml"])
def test_a_generated_export_comes_back_as_it_was(tmp_path: Path, form: Form, full: bool) -> None:
    write(make_objects(SIZES[1_000], flavor="cilium", full=full), tmp_path, form)
    cluster = load([tmp_path])
    assert len(cluster.policies) > 50
    check_reopened(cluster)


def test_every_kind_of_value_and_problem_comes_back() -> None:
    cluster = load_text(ODD, name="odd.yaml")
    assert cluster.problems
    assert [one.kind for one in cluster.documents] == ["ServiceEntry"]
    assert cluster.services[0].endpoints is not None
    check_reopened(cluster)


def test_what_came_back_can_be_packed_again() -> None:
    cluster = unpack(pack(load([sample_path()])))
    check_reopened(cluster)


def test_an_empty_cluster_comes_back() -> None:
    check_reopened(Cluster())


def test_lines_of_json_are_found_in_the_text_that_was_read() -> None:
    text = (
        '{"apiVersion": "cilium.io/v2",\n "kind": "CiliumNetworkPolicy",\n'
        ' "metadata": {"name": "caf\u00e9"},\n "spec": {"endpointSelector":\n {}}}'
    )
    policy = unpack(pack(load_text(text, name="p.json"))).policies[0]
    assert dict(policy.source.lines) == find_lines(text.encode(), 1)
    assert str(policy.source.at("spec.endpointSelector")) == "p.json:4"


@pytest.mark.parametrize("number", [".nan", ".inf", "123456789012345678901234567890"])
def test_a_number_that_json_does_not_know_is_refused_rather_than_changed(number: str) -> None:
    text = (
        "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: p}\n"
        f"spec: {{endpointSelector: {{}}, odd: {number}}}\n"
    )
    with pytest.raises(ValueError, match=r"number|range|Integer"):
        pack(load_text(text))


@given(st.data())
def test_bytes_that_are_not_ours_are_refused(data: st.DataObject) -> None:
    ours = pack(load_text(ODD))
    cut = data.draw(st.integers(0, len(ours) - 1))
    with pytest.raises(ValueError, match=r"unexpected|EOF|empty|JSON"):
        unpack(ours[:cut])


@pytest.mark.parametrize(
    "other",
    [b"", b"[]", b"{}", b"null", b'{"pods": {"count": 1, "columns": {}}, "pods_of": [1]}'],
)
def test_json_that_is_no_cluster_is_refused(other: bytes) -> None:
    with pytest.raises(ValueError, match=r"columns|empty"):
        unpack(other)
