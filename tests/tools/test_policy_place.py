"""What validation can say of a policy in its cluster."""

from pathlib import Path

from tools.policy_checks import check_files
from tools.workspace import Workspace

DRAFT = """
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: lost, namespace: billing}
spec:
  selector: {matchLabels: {app: %s}}
  rules: [{to: [{operation: {methods: [GET]}}]}]
"""


def codes(path: Path, text: str, workspace: Workspace | None) -> set[str]:
    path.write_text(text, encoding="utf-8")
    found = check_files([path], profile="1.18", workspace=workspace)
    return {one.code for one in found.files[0].documents[0].warnings}


def test_a_draft_that_selects_no_workload_of_the_cluster_is_told(
    tmp_path: Path, sample: Workspace
) -> None:
    path = tmp_path / "draft.yaml"
    assert "no-workload" in codes(path, DRAFT % "invoicess", sample)
    assert "no-workload" not in codes(path, DRAFT % "invoices", sample)


def test_without_a_cluster_nothing_is_said_of_whom_it_selects(tmp_path: Path) -> None:
    assert "no-workload" not in codes(tmp_path / "draft.yaml", DRAFT % "invoicess", None)


def test_a_policy_in_a_namespace_that_is_not_the_root_of_the_mesh_is_told(
    tmp_path: Path, sample: Workspace
) -> None:
    text = """
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: mesh, namespace: istio-system}
spec: {mtls: {mode: STRICT}}
"""
    assert "root-namespace" in codes(tmp_path / "draft.yaml", text, sample)
