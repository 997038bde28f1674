import io
import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from topology.errors import UnreadableInput
from topology.load import build_cluster, load, load_text
from topology.model import Cluster, Source
from topology.samples import sample_path

POD = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}\n"

NAMES = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)
SCALARS = st.one_of(
    st.integers(-1000, 100_000),
    st.booleans(),
    st.none(),
    st.text(alphabet="abz :#'\"-{}[]*&!|>%@`\\ué0.", max_size=12).filter(
        lambda text: "{{" not in text
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=12,
)


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def pod_names(cluster: Cluster) -> list[str]:
    return [pod.full_name for pod in cluster.pods]


def policy(spec: object, name: str = "p") -> dict[str, object]:
    return {
        "apiVersion": "cilium.io/v2",
        "kind": "CiliumNetworkPolicy",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": spec,
    }


def test_a_multi_document_file_gives_every_object(tmp_path: Path) -> None:
    path = write(tmp_path, "a.yaml", POD.format(name="one") + "---\n" + POD.format(name="two"))
    assert pod_names(load([path])) == ["default/one", "default/two"]


def test_a_list_object_and_a_typed_list_give_their_items() -> None:
    plain = {"kind": "List", "apiVersion": "v1", "items": [yaml.safe_load(POD.format(name="a"))]}
    typed = {"kind": "PodList", "apiVersion": "v1", "items": [{"metadata": {"name": "b"}}]}
    for value, name in ((plain, "default/a"), (typed, "default/b")):
        assert pod_names(load_text(json.dumps(value))) == [name]
        assert pod_names(load_text(yaml.safe_dump(value))) == [name]


def test_an_empty_list_is_an_empty_cluster_and_no_fault(tmp_path: Path) -> None:
    path = write(tmp_path, "none.yaml", "apiVersion: v1\nitems: []\nkind: List\n")
    cluster = load([path])
    assert cluster.problems == ()
    assert cluster.workloads == ()


def test_folders_are_read_deeply_and_other_files_and_hidden_folders_are_not(tmp_path: Path) -> None:
    write(tmp_path, "b/c/deep.yml", POD.format(name="deep"))
    write(tmp_path, "top.json", json.dumps(yaml.safe_load(POD.format(name="top"))))
    write(tmp_path, "notes.txt", POD.format(name="notes"))
    write(tmp_path, ".git/x.yaml", POD.format(name="hidden"))
    cluster = load([tmp_path])
    assert pod_names(cluster) == ["default/deep", "default/top"]
    assert cluster.sources == (str(tmp_path / "top.json"), str(tmp_path / "b" / "c" / "deep.yml"))
    assert cluster.problems == ()


def test_a_file_named_outright_is_read_whatever_its_name(tmp_path: Path) -> None:
    assert pod_names(load([write(tmp_path, "export", POD.format(name="a"))])) == ["default/a"]


def test_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    path = write(tmp_path, "a.yaml", POD.format(name="a"))
    cluster = load([tmp_path, path])
    assert cluster.problems == ()
    assert cluster.sources == (str(path),)


def test_objects_of_later_paths_are_added_to_those_of_earlier_ones(tmp_path: Path) -> None:
    first = write(tmp_path, "1.yaml", POD.format(name="a"))
    second = write(tmp_path, "2.yaml", POD.format(name="b"))
    assert pod_names(load([first, second])) == ["default/a", "default/b"]


def test_of_two_objects_of_one_name_the_last_counts_and_a_warning_names_both(
    tmp_path: Path,
) -> None:
    first = write(tmp_path, "1.yaml", "# old\n" + POD.format(name="a"))
    second = write(tmp_path, "0.yaml", POD.format(name="a") + "  labels: {version: new}\n")
    cluster = load([first, second])
    assert [dict(pod.labels) for pod in cluster.pods] == [{"version": "new"}]
    (problem,) = cluster.problems
    assert (problem.severity, problem.code) == ("warning", "duplicate-object")
    assert f"{first}:2" in problem.message
    assert str(problem.location) == f"{second}:1"
    assert cluster.kinds["Pod"] == 1


def test_stdin_is_read_as_text_or_as_bytes() -> None:
    cluster = load(["-"], stdin=io.StringIO(POD.format(name="a")))
    assert (pod_names(cluster), cluster.sources) == (["default/a"], ("-",))
    stream = io.TextIOWrapper(io.BytesIO(POD.format(name="b").encode()))
    assert pod_names(load(["-"], stdin=stream)) == ["default/b"]


def test_several_json_documents_in_a_row_are_read() -> None:
    one = json.dumps(yaml.safe_load(POD.format(name="a")))
    two = json.dumps(yaml.safe_load(POD.format(name="b")), indent=2)
    cluster = load_text(f"{one}\n{two}\n")
    assert pod_names(cluster) == ["default/a", "default/b"]
    assert [pod.location.line for pod in cluster.pods if pod.location] == [1, 2]


def test_a_flow_mapping_that_is_no_json_is_read_as_yaml() -> None:
    text = "{apiVersion: v1, kind: Pod, metadata: {name: a,},}"
    assert pod_names(load_text(text)) == ["default/a"]


def test_unknown_kinds_are_counted_and_not_fatal() -> None:
    text = POD.format(name="a") + "---\napiVersion: x/v1\nkind: Widget\nmetadata: {name: w}\n"
    cluster = load_text(text)
    assert cluster.kinds == {"Pod": 1, "Widget": 1}
    assert cluster.unused_kinds == {"Widget"}
    assert cluster.problems == ()


def test_a_service_of_knative_is_no_service() -> None:
    text = "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: s}\n"
    cluster = load_text(text)
    assert cluster.services == ()
    assert cluster.unused_kinds == {"Service.serving.knative.dev"}


@pytest.mark.parametrize(
    "api_version", ["crd.projectcalico.org/v1", "policy.networking.k8s.io/v1alpha1", "cilium.io/v2"]
)
def test_a_policy_kind_of_another_api_is_said_not_to_be_evaluated(api_version: str) -> None:
    text = f"apiVersion: {api_version}\nkind: NetworkPolicy\nmetadata: {{name: p}}\nspec: {{}}\n"
    cluster = load_text(text)
    assert cluster.policies == ()
    assert [problem.code for problem in cluster.problems] == ["rules-not-evaluated"]


def test_every_kind_of_an_export_finds_its_place() -> None:
    policies = [
        ("networking.k8s.io/v1", "NetworkPolicy"),
        ("cilium.io/v2", "CiliumNetworkPolicy"),
        ("cilium.io/v2", "CiliumClusterwideNetworkPolicy"),
        ("security.istio.io/v1", "AuthorizationPolicy"),
        ("security.istio.io/v1", "PeerAuthentication"),
        ("security.istio.io/v1", "RequestAuthentication"),
    ]
    documents = [
        ("cilium.io/v2alpha1", "CiliumCIDRGroup"),
        ("networking.istio.io/v1", "ServiceEntry"),
        ("networking.istio.io/v1", "Gateway"),
        ("gateway.networking.k8s.io/v1", "Gateway"),
    ]
    objects = [
        {"apiVersion": version, "kind": kind, "metadata": {"name": "x"}, "spec": {}}
        for version, kind in policies + documents
    ]
    objects += [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}
        for name in ("istio-asm-1-26", "istio-shared-configmap-asm-1-26", "cilium-config", "other")
    ]
    cluster = load_text(json.dumps({"kind": "List", "apiVersion": "v1", "items": objects}))
    assert cluster.problems == ()
    assert sorted(one.kind for one in cluster.policies) == sorted(kind for _, kind in policies)
    assert [one.key for one in cluster.documents] == [
        "CiliumCIDRGroup/x",
        "ConfigMap/default/cilium-config",
        "ConfigMap/default/istio-asm-1-26",
        "ConfigMap/default/istio-shared-configmap-asm-1-26",
        "Gateway/default/x",
        "Gateway/default/x",
        "ServiceEntry/default/x",
    ]
    assert {one.namespace for one in cluster.policies} == {"", "default"}
    assert cluster.unused_kinds == frozenset()


def test_parsed_objects_make_a_cluster_with_their_own_sources() -> None:
    source = Source("case.json", {"": 7, "spec": 9})
    cluster = build_cluster([(policy({"endpointSelector": {}}), source)])
    assert str(cluster.policies[0].source.at("spec.endpointSelector")) == "case.json:9"


def test_the_order_of_the_files_does_not_change_the_cluster(tmp_path: Path) -> None:
    objects = sample_path() / "objects.yaml"
    policies = sample_path() / "policies"
    one, other = load([objects, policies]), load([policies, objects])
    for name in ("namespaces", "nodes", "workloads", "services", "kinds"):
        assert getattr(one, name) == getattr(other, name)
    assert [p.key for p in one.policies] == [p.key for p in other.policies]


@given(VALUES, VALUES)
def test_a_policy_survives_being_written_and_read(spec: object, other: object) -> None:
    objects = [policy({"a": spec}, "one"), policy({"b": [other, spec]}, "two")]
    written = {"apiVersion": "v1", "kind": "List", "items": objects}
    by_yaml = load_text(yaml.safe_dump(written, allow_unicode=True))
    for cluster in (
        load_text(yaml.safe_dump_all(objects)),
        load_text(json.dumps(written, indent=4)),
        load_text(json.dumps(written)),
        by_yaml,
    ):
        assert [dict(one.body) for one in cluster.policies] == objects


def test_a_missing_path_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match=r"no file or folder `.*nowhere.yaml`"):
        load([tmp_path / "nowhere.yaml"])


def test_a_missing_path_among_others_is_a_problem(tmp_path: Path) -> None:
    cluster = load([write(tmp_path, "a.yaml", POD.format(name="a")), tmp_path / "nowhere.yaml"])
    assert pod_names(cluster) == ["default/a"]
    assert [problem.code for problem in cluster.problems] == ["missing-path"]


def test_no_path_at_all_is_refused() -> None:
    with pytest.raises(UnreadableInput, match="No file or folder was given"):
        load([])


def test_a_sole_broken_file_is_refused_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, "a.yaml", "kind: Pod\nmetadata: [\n")
    with pytest.raises(UnreadableInput) as caught:
        load([path])
    assert caught.value.location is not None
    assert caught.value.location.file == str(path)
    assert caught.value.location.line >= 2
