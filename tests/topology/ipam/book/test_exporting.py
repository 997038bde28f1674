"""Exports: what Azure's tools, spreadsheets and eyes are given."""

import shlex
import xml.etree.ElementTree as ET
from ipaddress import ip_network
from pathlib import Path

import pytest

from topology.errors import InvalidQuery
from topology.ipam.book import AddressBook, Draft, Request
from topology.ipam.book.exporting import FORMATS, draw, write
from topology.ipam.book.importing import import_rows, read_files

EXPORTS = Path(__file__).parent / "exports"
EVIL = "x'; rm -rf / #${7*7}\"|<script>%{if}`id`\n$(id)"


@pytest.fixture
def azure(book: AddressBook) -> AddressBook:
    import_rows(book, read_files([EXPORTS / "vnets.json", EXPORTS / "clusters.json"]))
    return book


def export(book: AddressBook, form: str) -> str:
    return write(form, "default", book.usage(), book.entries())


def test_az_commands_make_each_vnet_and_subnet(azure: AddressBook) -> None:
    text = export(azure, "az")
    commands = text.replace("\\\n", " ").splitlines()
    assert sum(line.startswith("az network vnet create") for line in commands) == 3
    assert sum(line.startswith("az network vnet subnet create") for line in commands) == 12
    line = next(line for line in commands if "snet-dns-in" in line)
    assert "--delegations Microsoft.Network/dnsResolvers" in line
    assert "--address-prefixes 10.20.1.0/28" in line


def test_bicep_and_terraform_hold_the_same_ranges(azure: AddressBook) -> None:
    bicep, terraform = export(azure, "bicep"), export(azure, "terraform")
    for entry in azure.entries():
        assert f"'{entry.network}'" in bicep
        assert f'"{entry.network}"' in terraform
    assert bicep.count("{") == bicep.count("}")
    assert terraform.count("{") == terraform.count("}")
    assert terraform.count('resource "azurerm_subnet"') == 12
    assert "ignore_changes = [delegation]" in terraform


def test_a_dual_stack_vnet_is_one_resource(book: AddressBook) -> None:
    for network in ("10.0.0.0/16", "fd00::/48"):
        book.add_block(Draft(network=ip_network(network), name="v", kind="vnet"))
    book.allocate([Request(name="s", prefix=24), Request(name="s", prefix=64, family=6)])
    terraform = export(book, "terraform")
    assert terraform.count('resource "azurerm_virtual_network"') == 1
    assert 'address_prefixes     = ["10.0.0.0/24", "fd00::/64"]' in terraform
    assert 'variable "location"' in terraform


def test_names_from_elsewhere_are_data_in_every_format(book: AddressBook) -> None:
    book.add_block(
        Draft(network=ip_network("10.0.0.0/16"), name=EVIL, kind="vnet", tags={"t": EVIL})
    )
    book.allocate([Request(name=EVIL + "2", prefix=24)])
    assert EVIL in shlex.split(export(book, "az").partition("az network")[2])
    bicep = export(book, "bicep")
    assert "\\'; rm -rf" in bicep
    assert "\\${7*7}" in bicep
    terraform = export(book, "terraform")
    assert "$${7*7}" in terraform
    assert "%%{if}" in terraform
    assert "<script>" not in export(book, "svg")
    assert "<script>" not in export(book, "markdown")
    rows = [line for line in export(book, "markdown").splitlines() if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in rows} == {8}


def test_without_a_vnet_there_is_nothing_to_make(corp: AddressBook) -> None:
    for form in ("az", "bicep", "terraform"):
        with pytest.raises(InvalidQuery, match="holds no VNet"):
            export(corp, form)
    with pytest.raises(InvalidQuery, match="`docx` is no format"):
        export(corp, "docx")


def test_the_picture_is_xml_and_shows_every_range(azure: AddressBook) -> None:
    azure.allocate([Request(name="grows", prefix=24, headroom=1)], block="vnet-dev")
    root = ET.fromstring(export(azure, "svg"))
    titles = [one.text or "" for one in root.iter("{http://www.w3.org/2000/svg}title")]
    for entry in azure.entries():
        if entry.parent:
            assert any(title.startswith(str(entry.network)) for title in titles)
    assert any("kept for grows" in title for title in titles)
    width = float(root.attrib["width"])
    for box in root.iter("{http://www.w3.org/2000/svg}rect"):
        assert float(box.attrib["width"]) > 0
        assert float(box.attrib.get("x", 0)) + float(box.attrib["width"]) <= width + 0.5


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_book_is_written_the_same_way(azure: AddressBook, form: str) -> None:
    assert export(azure, form) == export(azure, form)


def test_the_terminal_shows_shares_as_letters_that_need_no_colour(azure: AddressBook) -> None:
    lines = ["".join(text for text, _ in line) for line in draw(azure.usage(), azure.entries())]
    row = next(line for line in lines if line.strip().startswith("10.20.16.0  "))
    assert row.split()[1] == "A" * 8 + "B" * 4 + "C" * 4 + "D" * 16 + "E" + "·" * 31
    assert "   A  10.20.16.0/23  snet-aks-nodes  nodes" in lines


def test_blocks_of_any_size_can_be_drawn(book: AddressBook) -> None:
    book.add_block(Draft(network=ip_network("10.0.0.0/8"), name="large"))
    book.add_block(Draft(network=ip_network("fd00::/32"), name="six"))
    book.add_block(Draft(network=ip_network("192.168.0.1/32"), name="tiny"))
    book.allocate([Request(name=f"n{i}", prefix=30 - i % 9) for i in range(80)], block="large")
    book.allocate([Request(name="s", prefix=128, family=6)], block="six")
    book.allocate([Request(name="t", prefix=32)], block="tiny")
    assert len(draw(book.usage(), book.entries())) > 60
    ET.fromstring(export(book, "svg"))
