import gzip
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from evals.bench.flow_objects import envelope, make_flow
from tools.workspace import Workspace
from topology.flows.recognition import find_flow_files, holds_flows, starts_with_flows

POD = "{kind: Pod, apiVersion: v1, metadata: {name: web}}\n"


@pytest.mark.parametrize(
    ("text", "is_flows"),
    [
        (envelope(make_flow()), True),
        (envelope(make_flow())[:60], True),
        ('\ufeff{"flow": {"verdict"', True),
        ('{"lost_events":{"num_events_lost":1}}\n', True),
        ("Handling connection for 4245\n" + envelope(make_flow()), True),
        ('{"time":"2026-11-28T10:00:00Z","verdict":"DROPPED","l4":{}}\n', True),
        ('{"kind":"List","apiVersion":"v1","items":[]}', False),
        ("kind: Pod\n", False),
        ('{"flow": 3}', False),
        ("", False),
    ],
)
def test_flows_are_told_by_their_first_lines(text: str, is_flows: bool) -> None:
    assert holds_flows(text.encode()) is is_flows


def test_a_folder_may_hold_objects_and_flows(tmp_path: Path) -> None:
    (tmp_path / "objects.yaml").write_text(POD)
    (tmp_path / "flows.json").write_text(envelope(make_flow()))
    (tmp_path / "more.jsonl.gz").write_bytes(gzip.compress(envelope(make_flow()).encode()))
    (tmp_path / "notes.log").write_text("nothing\n")
    workspace = Workspace.load([tmp_path])
    assert [Path(file).name for file in workspace.flow_files] == ["flows.json", "more.jsonl.gz"]
    assert workspace.problems == ()
    assert [pod.name for pod in workspace.cluster.pods] == ["web"]
    assert "Flows: " in workspace.summary()


def test_flows_alone_are_a_workspace_without_a_cluster(write: Callable[..., Path]) -> None:
    workspace = Workspace.load([write(make_flow())])
    assert workspace.problems == ()
    assert len(list(workspace.flows.read())) == 1


def test_flows_may_come_from_stdin_beside_objects_from_files(tmp_path: Path) -> None:
    objects = tmp_path / "objects.yaml"
    objects.write_text(POD)
    stdin = io.TextIOWrapper(io.BufferedReader(io.BytesIO(envelope(make_flow()).encode())))  # type: ignore[arg-type]
    workspace = Workspace.load([objects, "-"], stdin=stdin)
    assert workspace.flow_files == ("-",)
    assert len(list(workspace.flows.read())) == len(list(workspace.flows.read())) == 1
    assert len(workspace.cluster.pods) == 1


def test_looking_at_stdin_takes_nothing_of_it() -> None:
    stdin = io.TextIOWrapper(io.BufferedReader(io.BytesIO(POD.encode())))  # type: ignore[arg-type]
    assert not starts_with_flows(stdin)
    assert stdin.read() == POD


def test_a_file_named_twice_is_found_once(write: Callable[..., Path]) -> None:
    path = write(make_flow())
    assert find_flow_files([path, path.parent, "-", path.parent / "none"]) == [str(path)]
