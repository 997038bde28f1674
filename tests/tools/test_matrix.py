"""The whole network as a tool: cells, grid and isolation."""

from pathlib import Path

import pytest

from tools.errors import ToolError
from tools.matrix import MatrixResult, show_matrix
from tools.matrix_text import draw_grid
from tools.workspace import Workspace

SAMPLE = Workspace.sample()


def show(workspace: Workspace, **arguments: str) -> MatrixResult:
    result = show_matrix.call(workspace, arguments)
    assert isinstance(result, MatrixResult)
    return result


@pytest.fixture
def boutique(shared: Path) -> Workspace:
    return Workspace.load([shared / "cases" / "external" / "clusters" / "online-boutique"])


def test_every_ordered_pair_has_a_cell_and_the_world_stands_last(boutique: Workspace) -> None:
    result = show(boutique)
    assert len(result.ends) == 13
    assert result.ends[-1] == "world"
    assert len(result.cells) == 13 * 13 - 1
    cells = {(cell.source, cell.destination): cell for cell in result.cells}
    assert cells["default/frontend", "default/cartservice"].allowed == ("7070/TCP",)
    assert cells["default/adservice", "default/redis-cart"].verdict == "deny"
    assert cells["world", "default/frontend"].verdict == "allow"


def test_the_text_holds_the_grid_and_says_who_opens_what(boutique: Workspace) -> None:
    text = show(boutique).summary
    assert "of 144 ordered pairs of workloads, 27 can connect" in text
    assert " 6 frontend                   +  +  +  +  .  +" in text
    assert "- `frontend` 8080/TCP: from everyone, the world included." in text
    assert "- `redis-cart` 6379/TCP: from `cartservice`." in text
    assert "Nobody may open anything to `loadgenerator`." in text


def test_isolation_names_each_state_and_the_policies_with_their_places() -> None:
    rows = {row.workload: row for row in show(SAMPLE).isolation}
    assert (rows["shop/db"].ingress, rows["shop/db"].egress) == ("default-deny", "no-default-deny")
    assert (rows["staging/web"].ingress, rows["kube-system/coredns"].egress) == ("open", "open")
    assert any("shop-cilium.yaml:" in policy for policy in rows["shop/payments"].policies)


def test_parts_of_the_world_that_fare_otherwise_are_named() -> None:
    text = show(SAMPLE).summary
    assert "From parts of the world it is otherwise, to `shop/web`: `198.51.100.0/24: deny" in text


def test_namespaces_count_the_pairs_between_them() -> None:
    result = show(SAMPLE, by="namespace")
    assert result.ends[-1] == "world"
    cell = next(c for c in result.cells if (c.source, c.destination) == ("shop", "staging"))
    assert (cell.verdict, cell.pairs) == ("some", {"allow": 5, "deny": 2})
    assert "`staging` (5 open of 7 pairs): from `shop`." in result.summary


def test_one_namespace_can_be_looked_at_alone() -> None:
    result = show(SAMPLE, namespace="shop")
    assert {end.partition("/")[0] for end in result.ends} == {"shop", "world"}
    with pytest.raises(ToolError, match="No workload is in a namespace `nope`"):
        show(SAMPLE, namespace="nope")


def test_a_grid_too_wide_for_a_terminal_is_left_out() -> None:
    ends = [f"a/{number}" for number in range(60)]
    assert draw_grid(ends, [], {end: end for end in ends}) == []


def test_an_empty_input_has_an_answer_too() -> None:
    from topology.model import Cluster

    result = show(Workspace(cluster=Cluster()))
    assert result.cells == ()
    assert "no two ends" in result.summary
