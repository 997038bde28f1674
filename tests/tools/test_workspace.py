import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest

from tools.workspace import Workspace
from topology.errors import UnreadableInput
from topology.model import Cluster

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c}]}}}
"""


def test_the_sample_needs_no_files() -> None:
    workspace = Workspace.sample()
    assert workspace.sources == ("sample",)
    assert workspace.summary().startswith("11 workloads, 12 pods, 11 services, 2 nodes in 6 ")
    assert workspace.problems == ()


def test_files_and_stdin_are_read_together(tmp_path: Path) -> None:
    path = tmp_path / "web.yaml"
    path.write_text(DEPLOYMENT)
    workspace = Workspace.load([path, "-"], stdin=StringIO(DEPLOYMENT.replace("web", "db")))
    assert workspace.sources == (str(path), "-")
    assert [each.name for each in workspace.cluster.workloads] == ["db", "web"]
    assert workspace.summary() == (
        "2 workloads, 2 pods, 0 services, 0 nodes in 1 namespace (shop). "
        "No policies: nothing restricts any traffic."
    )


def test_faults_in_the_input_are_counted_and_the_first_is_told(tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text(DEPLOYMENT)
    (tmp_path / "broken.yaml").write_text("kind: [")
    workspace = Workspace.load([tmp_path])
    assert len(workspace.problems) == 1
    assert f"1 problem in the input; first: {workspace.problems[0].message}" in workspace.summary()


def test_nothing_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput):
        Workspace.load([tmp_path / "missing.yaml"])
    assert Workspace(cluster=Cluster()).summary() == "Nothing was loaded."


def test_the_engines_are_built_once() -> None:
    workspace = Workspace.sample()
    assert workspace.network is workspace.network
    assert workspace.network.cluster is workspace.cluster


def test_the_profile_reaches_the_engine() -> None:
    assert Workspace.sample(profile="1.19").network.policies.profile.name == "1.19"


def test_a_workspace_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Workspace.sample().sources = ()  # type: ignore[misc]


def test_answering_about_reachability_imports_no_heavy_library() -> None:
    script = (
        "import sys\n"
        "from tools.reach import can_reach\n"
        "from tools.workspace import Workspace\n"
        "can_reach.run(Workspace.sample(), 'shop/web', 'shop/cart')\n"
        "heavy = {'chromadb', 'langchain', 'langchain_core', 'networkx', 'onnxruntime', 'openai'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_large_export_is_kept_in_the_folder_given_and_a_small_one_is_not(tmp_path: Path) -> None:
    path, cache = tmp_path / "web.yaml", tmp_path / "cache"
    path.write_text(DEPLOYMENT)
    Workspace.load([path], cache=cache)
    assert not cache.exists()
    path.write_text(DEPLOYMENT + "#" * 2**18)
    first = Workspace.load([path], cache=cache)
    assert len(list(cache.iterdir())) == 1
    assert Workspace.load([path], cache=cache).cluster == first.cluster
