"""Files read one by one, before their objects count for a cluster."""

from pathlib import Path

from topology.load import read_files, read_text

POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: a}
spec: {podSelector: {}}
"""


def test_objects_of_the_same_name_are_all_told(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(POLICY + "---\n" + POLICY, encoding="utf-8")
    (file,) = read_files([tmp_path])
    assert [(one.name, one.source.at().line) for one in file.documents] == [("p", 1), ("p", 6)]
    assert file.problems == ()


def test_what_cannot_be_read_is_told_under_its_path(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: [", encoding="utf-8")
    found = {file.path: file for file in read_files([tmp_path, tmp_path / "no.yaml"])}
    assert [one.code for one in found[str(tmp_path / "a.yaml")].problems] == ["yaml-syntax"]
    assert [one.code for one in found[str(tmp_path / "no.yaml")].problems] == ["missing-path"]


def test_kinds_of_other_apis_keep_their_group() -> None:
    calico = POLICY.replace("networking.k8s.io/v1", "crd.projectcalico.org/v1")
    assert [one.kind for one in read_text(POLICY).documents] == ["NetworkPolicy"]
    assert [one.kind for one in read_text(calico).documents] == [
        "NetworkPolicy.crd.projectcalico.org"
    ]
