"""Importing: everything that can go in does, and each row that cannot is told with its line."""

import json
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from topology.errors import InvalidQuery
from topology.ipam.book import AddressBook, Draft, Request
from topology.ipam.book.exporting import write
from topology.ipam.book.importing import ImportResult, import_rows, read_files, read_tags

EXPORTS = Path(__file__).parent / "exports"
State = Callable[[AddressBook], dict[str, list[Any]]]


def bring(book: AddressBook, *files: Path, **more: Any) -> ImportResult:
    return import_rows(book, read_files(files), **more)


def told(result: ImportResult) -> list[str]:
    return [
        f"{Path(p.location.file).name}:{p.location.line} {p.code}"
        for p in result.problems
        if p.location
    ]


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    def make(text: str | object, name: str = "rows.csv") -> Path:
        path = tmp_path / name
        path.write_text(text if isinstance(text, str) else json.dumps(text, indent=2))
        return path

    return make


File = Callable[..., Path]


def test_vnets_subnets_and_clusters_come_in_with_their_use(book: AddressBook) -> None:
    result = bring(book, EXPORTS / "vnets.json", EXPORTS / "clusters.json")
    assert result.problems == ()
    assert len(result.added) == 18
    found = {entry.name: entry for entry in book.entries()}
    assert found["vnet-prod"].role == "block"
    assert found["snet-aks-nodes"].kind == "nodes"
    assert found["snet-aks-nodes"].tags["cluster"] == "aks-prod"
    assert found["snet-aks-nodes"].tags["pools"] == "system, work"
    assert found["snet-aks-pods"].kind == "pods"
    assert found["GatewaySubnet"].kind == "gateway"
    assert found["snet-agc"].kind == "app gateway for containers"
    assert found["snet-endpoints"].kind == "private endpoints"
    assert found["snet-endpoints"].parent == found["vnet-hub"].id
    assert [str(one.network) for one in book.entries("aks:aks-dev")] == [
        "10.0.0.0/16",
        "10.244.0.0/16",
    ]


def test_importing_again_changes_nothing(book: AddressBook, state_of: State) -> None:
    files = (EXPORTS / "vnets.json", EXPORTS / "clusters.json")
    bring(book, *files)
    before = state_of(book)
    again = bring(book, *files)
    assert (again.added, again.updated, again.unchanged) == ((), (), 18)
    assert again.change is None
    assert state_of(book) == before
    assert bring(book, EXPORTS / "vnets.json").change is None


def test_a_dry_run_imports_nothing_and_says_the_same(book: AddressBook) -> None:
    tried = bring(book, EXPORTS / "vnets.json", dry_run=True)
    assert book.spaces() == []
    done = bring(book, EXPORTS / "vnets.json")
    assert [one.network for one in tried.added] == [one.network for one in done.added]


def test_an_import_is_undone_as_one(book: AddressBook, state_of: State) -> None:
    book.add_block(Draft(network=ip_network("10.20.0.0/20")))
    before = state_of(book)
    bring(book, EXPORTS / "vnets.json", EXPORTS / "clusters.json")
    book.undo()
    assert state_of(book) == before


def test_free_space_in_an_imported_vnet_can_be_allocated(book: AddressBook) -> None:
    bring(book, EXPORTS / "vnets.json")
    (entry,) = book.allocate([Request(name="new", prefix=24)], block="vnet-prod").entries
    assert str(entry.network) == "10.20.25.0/24"
    bring(book, EXPORTS / "vnets.json")
    assert book.find("vnet-prod/new") == entry


def test_subnets_alone_find_the_vnet_that_comes_later(book: AddressBook, file: File) -> None:
    vnets = json.loads((EXPORTS / "vnets.json").read_text())
    subnets = file([one for vnet in vnets for one in vnet["subnets"]], "subnets.json")
    assert len(bring(book, subnets).added) == 12
    result = bring(book, EXPORTS / "vnets.json")
    assert len(result.added) == 3
    assert result.problems == ()
    found = {entry.name: entry for entry in book.entries()}
    assert found["snet-aks"].parent == found["vnet-dev"].id


def test_each_bad_row_is_told_with_its_line_and_the_others_go_in(
    book: AddressBook, file: File
) -> None:
    rows = file(
        "# our ranges\n"
        "CIDR;Name;Use;Type;Expires\n"
        "10.0.0.0/16;corp;;block;\n"
        "10.0.1.5/24;bits;;;\n"
        "10.0.2.0/24;fine;nodes;;\n"
        "\n"
        "ten.zero;words;;;\n"
        ";empty;;;\n"
        "10.0.3.0/33;long;;;\n"
        "10.0.2.0/24;again;;;\n"
        "10.0.4.0/24;when;;reserved;someday\n"
        "-5;negative;;;\n"
        "10.0.5.0/24;later;;reserved;2030-01-01\n"
        "10.0.5.0/25;inside;;;\n"
        "fd00::1/48;six;;;\n"
        "10.0.6.0/24;odd;;perhaps;\n"
    )
    result = bring(book, rows)
    assert told(result) == [
        "rows.csv:4 range",
        "rows.csv:7 range",
        "rows.csv:8 range",
        "rows.csv:9 range",
        "rows.csv:11 expires",
        "rows.csv:12 range",
        "rows.csv:15 range",
        "rows.csv:16 type",
        "rows.csv:10 repeated",
        "rows.csv:14 overlap",
    ]
    assert [one.name for one in book.entries()] == ["corp", "fine", "later", "odd"]
    first = result.problems[0]
    assert first.message == "`10.0.1.5/24` has bits set beyond its prefix."
    assert "`10.0.1.0/24`" in first.hint
    assert "`10.0.1.5/32`" in first.hint


def test_vnets_that_overlap_are_refused_with_their_line(book: AddressBook, file: File) -> None:
    vnets = json.loads((EXPORTS / "vnets.json").read_text())
    twin = json.loads(json.dumps(vnets[1]).replace("vnet-prod", "vnet-twin"))
    smaller = json.loads(json.dumps(vnets[2]).replace("vnet-dev", "vnet-small"))
    smaller["addressSpace"]["addressPrefixes"] = ["10.20.34.0/24"]
    smaller["subnets"] = []
    result = bring(book, file([*vnets, twin, smaller], "all.json"))
    errors = [one for one in result.problems if one.severity == "error"]
    assert "`10.20.16.0/20` of `vnet-twin` is told of already" in errors[0].message
    assert any("VNets of one space may not overlap" in one.message for one in errors)
    assert all(one.location and one.location.line > 100 for one in errors)
    assert len(result.added) == 15
    assert bring(book, file([twin], "twin.json"), space="lab").problems == ()
    again = bring(book, file([twin], "twin.json"))
    assert "overlaps `10.20.16.0/20` of `vnet-prod`" in again.problems[0].message


def test_a_later_vnet_around_known_ones_is_refused(book: AddressBook, file: File) -> None:
    bring(book, EXPORTS / "vnets.json")
    large = json.loads((EXPORTS / "vnets.json").read_text())[0]
    large |= {"name": "huge", "id": "/x/virtualNetworks/huge", "subnets": []}
    large["addressSpace"] = {"addressPrefixes": ["10.20.0.0/16"]}
    result = bring(book, file([large], "huge.json"))
    assert result.added == ()
    assert "of `huge`" in result.problems[0].message


def test_pod_ranges_that_collide_with_vnets_are_warned_of(book: AddressBook, file: File) -> None:
    clusters = json.loads((EXPORTS / "clusters.json").read_text())
    clusters[1]["networkProfile"]["podCidr"] = "10.20.0.0/16"
    clusters[1]["networkProfile"]["podCidrs"] = ["10.20.0.0/16"]
    result = bring(book, EXPORTS / "vnets.json", file(clusters, "clusters.json"))
    assert {one.severity for one in result.problems} == {"warning"}
    assert "`10.20.0.0/16` of `aks-dev` overlaps vnet-hub" in result.problems[0].message


def test_a_cluster_whose_subnet_is_unknown_is_told_of(book: AddressBook) -> None:
    result = bring(book, EXPORTS / "clusters.json")
    assert len(result.added) == 3
    assert "`vnet-prod/snet-aks-nodes` of `aks-prod` is not in the book" in (
        result.problems[0].message
    )
    assert bring(book, EXPORTS / "vnets.json", EXPORTS / "clusters.json").problems == ()


def test_prefixes_of_netbox_come_in_from_json_and_csv_alike(tmp_path: Path, file: File) -> None:
    prefixes = {
        "count": 4,
        "results": [
            {"prefix": "10.0.0.0/8", "status": {"value": "container"}, "vrf": None},
            {"prefix": "10.1.0.0/16", "status": {"value": "active"}, "description": "site a"},
            {
                "prefix": "10.1.1.0/24",
                "status": {"value": "reserved", "label": "Reserved"},
                "role": {"name": "Servers", "slug": "servers"},
                "tags": [{"name": "pci"}],
            },
            {"prefix": "10.1.0.0/16", "status": {"value": "active"}, "vrf": {"name": "lab"}},
        ],
    }
    table = (
        "id,prefix,status,tenant,role,description,vrf,tags\n"
        "1,10.0.0.0/8,container,,,,,\n"
        "2,10.1.0.0/16,active,,,site a,,\n"
        "3,10.1.1.0/24,reserved,,Servers,,,pci\n"
        "4,10.1.0.0/16,active,,,,lab,\n"
    )
    seen = []
    for name, path in (("j", file(prefixes, "p.json")), ("c", file(table, "p.csv"))):
        with AddressBook(tmp_path / name, actor="anna") as book:
            result = bring(book, path)
            assert result.problems == ()
            assert bring(book, path).change is None
            seen.append(
                [
                    (e.space, str(e.network), e.role, e.name, e.kind, dict(e.tags))
                    for space in book.spaces()
                    for e in book.entries(space.name)
                ]
            )
    assert seen[0] == seen[1]
    assert ("default", "10.1.0.0/16", "block", "site a", "", {}) in seen[0]
    assert ("default", "10.1.1.0/24", "reservation", "", "servers", {"pci": "yes"}) in seen[0]
    assert ("lab", "10.1.0.0/16", "allocation", "", "", {}) in seen[0]


def test_the_forms_of_resource_graph_and_rest_are_read(book: AddressBook, file: File) -> None:
    vnet = {
        "id": "/subscriptions/1/resourceGroups/rg/providers/x/virtualNetworks/v",
        "name": "v",
        "properties": {
            "addressSpace": {"addressPrefixes": ["10.5.0.0/16", "fd00:5::/48"]},
            "subnets": [
                {"name": "s", "properties": {"addressPrefixes": ["10.5.0.0/24", "fd00:5::/64"]}}
            ],
        },
    }
    result = bring(book, file({"data": [vnet]}, "graph.json"))
    assert result.problems == ()
    assert [str(one.network) for one in result.added] == [
        "10.5.0.0/16",
        "10.5.0.0/24",
        "fd00:5::/48",
        "fd00:5::/64",
    ]
    assert result.added[0].tags["resource-group"] == "rg"


@pytest.mark.parametrize(
    "content",
    ["", "[1, 2", '{"a": 1}', "[[[", "null", '"x"', "name,notes\na,b\n", '[{"addressSpace": 3}]',
     '[{"addressSpace": {"addressPrefixes": [7, null, {}]}, "subnets": 5}]', "\x00\x01", "[1]",
     'prefix,name\n"10.0.0.0/24,open\n', '{"results": [{"prefix": ["x"]}]}'],
)  # fmt: skip
def test_nothing_that_is_no_export_stops_the_others(
    book: AddressBook, file: File, content: str
) -> None:
    bad = file(content, "bad.json" if content[:1] in '[{"n' else "bad.csv")
    result = bring(book, bad, file("prefix\n10.0.0.0/24\n"))
    assert [str(one.network) for one in result.added] == ["10.0.0.0/24"]
    assert result.problems
    assert all(one.location for one in result.problems)


def test_a_csv_export_can_be_imported_again(book: AddressBook, tmp_path: Path, file: File) -> None:
    bring(book, EXPORTS / "vnets.json", EXPORTS / "clusters.json")
    table = file(write("csv", "default", book.usage(), book.entries()), "again.csv")
    assert bring(book, table).change is None
    with AddressBook(tmp_path / "other", actor="ben") as other:
        assert bring(other, table).problems == ()
        assert [(e.network, e.role, e.name, e.kind) for e in other.entries()] == [
            (e.network, e.role, e.name, e.kind) for e in book.entries()
        ]


def test_an_import_fills_the_head_room_of_nobody(corp: AddressBook, file: File) -> None:
    corp.allocate([Request(name="a", prefix=24, headroom=1)])
    result = bring(corp, file("prefix,name\n10.0.1.0/24,b\n10.0.2.0/24,c\n"))
    assert told(result) == ["rows.csv:2 overlap"]
    assert "keeps 10.0.0.0/23 for its growth" in result.problems[0].message
    assert [one.name for one in result.added] == ["c"]


def test_tags_are_read_with_and_without_values() -> None:
    assert read_tags("a=1; b;c=d=e;;") == {"a": "1", "b": "yes", "c": "d=e"}
    assert read_tags("pci, web") == {"pci": "yes", "web": "yes"}
    assert read_tags("a=1, b=2") == {"a": "1", "b": "2"}
    assert read_tags("pools=system, work") == {"pools": "system, work"}


def test_letters_that_no_database_keeps_are_told_of(book: AddressBook, file: File) -> None:
    bad = file(
        '[{"prefix": "10.0.0.0/24", "description": "\\ud800"}, {"prefix": "10.1.0.0/24"}]', "p.json"
    )
    result = bring(book, bad)
    assert told(result) == ["p.json:1 text"]
    assert [str(one.network) for one in result.added] == ["10.1.0.0/24"]
    with pytest.raises(InvalidQuery, match="cannot be kept"):
        book.add_block(Draft(network=ip_network("10.2.0.0/16"), name="\udcff"))
