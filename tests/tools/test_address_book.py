"""The tools of the address book: what they say, and what they leave alone."""

from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path

import pytest

from tools.address_book import (
    find_free_range,
    forecast_addresses,
    plan_renumbering,
    show_address_book,
    show_address_history,
)
from tools.address_changes import (
    allocate_range,
    import_ranges,
    release_range,
    undo_address_change,
)
from tools.errors import ToolError
from tools.range_sizes import read_size
from tools.spec import Permit, ToolResult, ToolSpec
from tools.workspace import Workspace
from topology.errors import InvalidQuery
from topology.ipam.book import AddressBook, Draft, Request
from topology.model import Cluster


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    path = tmp_path / "book.sqlite3"
    with AddressBook(path, actor="anna", clock=lambda: datetime(2026, 1, 1, tzinfo=UTC)) as book:
        book.add_block(Draft(network=ip_network("10.0.0.0/16"), name="corp"))
        book.allocate([Request(name="vnet-a", prefix=20, kind="vnet", role="block")])
        book.allocate([Request(name="nodes", prefix=24, kind="nodes")], block="vnet-a")
    return Workspace(cluster=Cluster(), book=str(path), user="anna")


def do(spec: ToolSpec, workspace: Workspace, **arguments: object) -> ToolResult:
    """Run a tool that writes as if somebody had approved what it showed."""
    preview = spec.call(workspace, arguments)
    basis = preview.model_dump()["basis"]
    permit = Permit(tool=spec.name, arguments=spec.check(arguments), basis=basis)
    return spec.call(workspace, arguments, permit=permit)


def test_the_book_is_shown_with_use_and_fragmentation(workspace: Workspace) -> None:
    result = show_address_book.call(workspace, {})
    assert "`corp` (10.0.0.0/16) is 6 % taken: 4,096 addresses in 1 range" in result.summary
    assert "- `10.0.0.0/24` `nodes` (nodes)" in result.summary
    inside = show_address_book.call(workspace, {"block": "vnet-a"}).model_dump()
    assert [one["name"] for one in inside["entries"]] == ["nodes"]
    assert inside["usage"][0]["largest_free"] == "10.0.8.0/21"
    assert inside["usage"][0]["fragmentation"] == pytest.approx(1 - 2048 / 3840, abs=1e-6)


def test_free_ranges_are_found_and_not_taken(workspace: Workspace) -> None:
    for _ in range(2):
        found = find_free_range.call(workspace, {"size": "300"}).model_dump()
        assert (found["room"], found["next"]) == (True, "10.0.16.0/23")
    none = find_free_range.call(workspace, {"size": "/16"}).model_dump()
    assert (none["room"], none["next"]) == (False, None)
    assert "has no room for a /16" in none["summary"]
    with pytest.raises(ToolError, match="has no block of IPv6"):
        find_free_range.call(workspace, {"size": "/64"})


def test_a_forecast_says_how_it_was_made(workspace: Workspace) -> None:
    result = forecast_addresses.call(workspace, {})
    assert "Not enough history" in result.summary
    assert "compound Poisson" in result.summary


def test_what_was_done_is_in_the_history_and_can_be_undone(workspace: Workspace) -> None:
    done = do(allocate_range, workspace, name="pods", size="/22", block="vnet-a", kind="pods")
    assert done.summary == "Allocated: `10.0.4.0/22` `pods` (pods)."
    history = show_address_history.call(workspace, {"entry": "pods"})
    assert "anna: pods (10.0.4.0/22) allocated" in history.summary
    undone = do(undo_address_change, workspace)
    assert undone.summary == "Change 4 undone: pods (10.0.4.0/22) allocated."
    with pytest.raises(ToolError, match="has no entry `pods`"):
        show_address_history.call(workspace, {"entry": "pods"})


def test_a_reservation_and_a_given_range_are_allocated_too(workspace: Workspace) -> None:
    kept = do(allocate_range, workspace, name="later", size="/24", days=30)
    assert kept.summary.startswith("Reserved: `10.0.16.0/24` `later` (reservation; until ")
    given = do(allocate_range, workspace, name="given", size="10.0.128.0/20")
    assert given.summary == "Allocated: `10.0.128.0/20` `given`."
    with pytest.raises(ToolError, match=r"overlaps `10.0.128.0/20` of `given`"):
        do(allocate_range, workspace, name="again", size="10.0.130.0/24")


def test_a_release_names_what_goes(workspace: Workspace) -> None:
    with pytest.raises(ToolError, match="still holds `nodes`"):
        release_range.call(workspace, {"entry": "vnet-a"})
    done = do(release_range, workspace, entry="vnet-a", with_children=True)
    assert done.summary.startswith("Released:\n- `10.0.0.0/24` `nodes`")


def test_a_plan_to_make_room_changes_nothing(workspace: Workspace) -> None:
    plan = plan_renumbering.call(workspace, {"size": "/16"})
    assert plan.model_dump()["gain"] is None
    room = plan_renumbering.call(workspace, {"size": "/20", "block": "vnet-a"})
    assert "No /20 can be emptied" in room.summary
    with pytest.raises(ToolError, match="Either a size"):
        plan_renumbering.call(workspace, {})


def test_files_are_imported_from_where_the_person_is(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "r.csv").write_text("prefix,name\n10.0.64.0/24,a\n10.0.64.9/24,b\n")
    (tmp_path / "secret.csv").write_text("prefix\n10.0.65.0/24\n")
    result = do(import_ranges, workspace, files=["r.csv"])
    assert "1 range added" in result.summary
    assert "r.csv:3: error: `10.0.64.9/24` has bits set" in result.summary
    for elsewhere in ("../secret.csv", str(tmp_path / "secret.csv"), "/etc/passwd"):
        with pytest.raises(ToolError, match="neither below the current folder"):
            import_ranges.call(workspace, {"files": [elsewhere]})


@pytest.mark.parametrize(
    ("text", "prefix", "family"),
    [("/24", 24, 4), ("251", 24, 4), ("252 hosts", 23, 4), ("/64", 64, 6), ("v6 /32", 32, 6),
     ("10.0.0.0/30", 30, 4), ("fd00::/48", 48, 6), ("1,500", 21, 4)],
)  # fmt: skip
def test_sizes_are_read_as_people_say_them(text: str, prefix: int, family: int) -> None:
    size = read_size(text)
    assert (size.prefix, size.family) == (prefix, family)


@pytest.mark.parametrize("text", ["", "0", "-1", "/129", "1000000000", "many", "10.0.0.1/8", "/x"])
def test_sizes_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(InvalidQuery):
        read_size(text)
