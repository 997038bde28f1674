from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.bench.files import write, yaml_lines
from evals.bench.objects import make_objects
from evals.bench.sizes import SIZES
from topology.load import load, load_text, yaml_documents
from topology.model import Cluster

POD = "- apiVersion: v1\n  kind: Pod\n  metadata:\n    name: {name}\n    labels:\n      app: web\n"
POLICY = """\
- apiVersion: cilium.io/v2
  kind: CiliumNetworkPolicy
  metadata:
    name: {name}
  spec:
    endpointSelector: {{}}
    ingress:
    - toPorts:
      - ports:
        - port: "80"
"""
ODD = (
    "- apiVersion: v1\n  kind: Service\n  metadata: {{name: {name}}}\n  spec: {{ports: []}}\n",
    "-\n  apiVersion: v1\n  kind: Pod\n  metadata: {{name: {name}}}\n",
    "- # note\n  apiVersion: v1\n  kind: Pod\n  metadata: {{name: {name}}}\n",
    "# between\n",
    "\n",
    "- apiVersion: v1\n  kind: Pod\n  metadata: &m {{name: {name}}}\n",
    "- apiVersion: v1\n  kind: Pod\n  metadata: *m\n",
    "- apiVersion: v1\n  kind: Pod\n  metadata: {{name: {name}, labels: {{v: 1.10}}}}\n",
    "- apiVersion: v1\n  kind: Pod\n  kind: Pod\n  metadata: {{name: {name}}}\n",
    '- apiVersion: v1\n  kind: Pod\n  metadata: {{name: {name}}}\n  note: "one\n- two"\n',
    "- apiVersion: v1\n  kind: ConfigMap\n  metadata: {{name: istio{name}}}\n  data:\n    a: |\n"
    "      - b\n\n      c\n",
    "- word\n",
    "-\n",
    "- broken: [\n",
    "...\n",
    "items: []\n",
)
ITEMS = st.lists(
    st.tuples(
        st.one_of(st.sampled_from([POD, POD, POLICY]), st.sampled_from(ODD)), st.integers(0, 9)
    ),
    min_size=1,
    max_size=6,
)
HEADS = st.sampled_from(
    ["apiVersion: v1\nitems:\n", "# note\napiVersion: v1\nkind: List\nitems:\n", "items:\n"]
)
TAILS = st.sampled_from(
    [
        "kind: List\n",
        'kind: List\nmetadata:\n  resourceVersion: ""\n',
        "kind: PodList\n",
        "",
        "x: [\n",
    ]
)


def load_both(text: str) -> tuple[Cluster, Cluster]:
    """Load a text as a large file is, and as a small one is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml_documents, "SMALL", 0)
        large = load_text(text)
    return large, load_text(text)


def check_agreement(text: str) -> Cluster:
    large, small = load_both(text)
    assert large == small
    for ours, theirs in zip(large.policies, small.policies, strict=True):
        assert dict(ours.source.lines) == dict(theirs.source.lines)
    return large


@given(HEADS, ITEMS, TAILS)
def test_large_lists_make_the_cluster_that_small_ones_make(
    head: str, items: list[tuple[str, int]], tail: str
) -> None:
    body = "".join(item.format(name=f"n{number}") for item, number in items)
    # Of faults in objects, a large file knows the line of the object only.
    large, small = load_both(head + body + tail)
    assert large.pods == small.pods
    assert large.services == small.services
    assert large.policies == small.policies
    assert large.documents == small.documents
    assert [(one.code, one.severity) for one in large.problems] == [
        (one.code, one.severity) for one in small.problems
    ]


def test_policies_between_pods_know_the_line_of_every_field() -> None:
    items = [(POLICY if number % 3 else POD).format(name=f"n{number}") for number in range(9)]
    text = "apiVersion: v1\nitems:\n" + "".join(items) + "kind: List\n"
    cluster = check_agreement(text)
    lines = text.split("\n")
    for policy in cluster.policies:
        at = policy.source.at("spec.ingress[0].toPorts[0].ports[0].port").line
        assert lines[at - 1].strip() == '- port: "80"'
        assert lines[policy.source.at("metadata.name").line - 1].strip() == f"name: {policy.name}"


def test_documents_apart_make_the_cluster_that_small_files_make() -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {}\n"
    policy = (
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: p\nspec: {}\n"
    )
    text = "---\n".join([pod.format("a"), policy, "# note\n" + pod.format("b"), pod.format("c")])
    assert len(check_agreement(text).pods) == 3
    assert (
        check_agreement("kind: PodList\napiVersion: v1\nitems: []\n---\n" + text).kinds["Pod"] == 3
    )


@pytest.mark.parametrize("full", [False, True])
def test_a_generated_export_makes_the_cluster_that_its_json_makes(
    tmp_path: Path, full: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yaml_documents, "SMALL", 0)
    objects = make_objects(SIZES[1_000], flavor="cilium", full=full)
    write(objects, tmp_path / "yaml", "yaml")
    write(objects, tmp_path / "json", "json")
    ours, theirs = load([tmp_path / "yaml"]), load([tmp_path / "json"])
    assert [pod.full_name for pod in ours.pods] == [pod.full_name for pod in theirs.pods]
    assert [pod.addresses for pod in ours.pods] == [pod.addresses for pod in theirs.pods]
    assert [one.body for one in ours.policies] == [one.body for one in theirs.policies]
    assert [one.endpoints for one in ours.services] == [one.endpoints for one in theirs.services]
    assert ours.problems == ()


def test_plain_items_are_not_given_to_libyaml(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    open_events = yaml_documents.open_events
    monkeypatch.setattr(
        yaml_documents, "open_events", lambda text: opened.append(text) or open_events(text)
    )
    monkeypatch.setattr(yaml_documents, "SMALL", 0)
    pods = [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"p{i}"}} for i in range(50)]
    whole = {"apiVersion": "v1", "items": pods, "kind": "List"}
    assert len(load_text("\n".join(yaml_lines(whole)) + "\n").pods) == 50
    assert opened == ["apiVersion: v1\nitems:\nkind: List\n"]
