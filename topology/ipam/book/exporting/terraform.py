"""VNets and subnets for Terraform's provider azurerm."""

import json
from collections.abc import Iterator, Sequence

from topology.ipam.book.exporting.networks import Subnet, Vnet, texts, unique_symbol

__all__ = ["write_terraform"]


def write_terraform(vnets: Sequence[Vnet]) -> str:
    """Return resources `azurerm_virtual_network` and `azurerm_subnet`."""
    lines: list[str] = []
    if any(not vnet.resource_group for vnet in vnets):
        lines += ['variable "resource_group_name" {', "  type = string", "}", ""]
    if any(not vnet.location for vnet in vnets):
        lines += ['variable "location" {', "  type = string", "}", ""]
    taken: set[str] = set()
    for vnet in vnets:
        symbol = unique_symbol(vnet.name, taken)
        lines += [*_vnet(vnet, symbol), ""]
        inside: set[str] = set()
        for subnet in vnet.subnets:
            name = f"{symbol}_{unique_symbol(subnet.name, inside)}"
            lines += [*_subnet(subnet, name, symbol), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _vnet(vnet: Vnet, symbol: str) -> Iterator[str]:
    group = _text(vnet.resource_group) if vnet.resource_group else "var.resource_group_name"
    location = _text(vnet.location) if vnet.location else "var.location"
    yield f'resource "azurerm_virtual_network" "{symbol}" {{'
    yield f"  name                = {_text(vnet.name)}"
    yield f"  resource_group_name = {group}"
    yield f"  location            = {location}"
    yield f"  address_space       = {_texts(texts(vnet.ranges))}"
    if vnet.tags:
        yield ""
        yield "  tags = {"
        yield from (f"    {_text(k)} = {_text(text)}" for k, text in sorted(vnet.tags.items()))
        yield "  }"
    yield "}"


def _subnet(subnet: Subnet, symbol: str, vnet: str) -> Iterator[str]:
    owner = f"azurerm_virtual_network.{vnet}"
    yield f'resource "azurerm_subnet" "{symbol}" {{'
    yield f"  name                 = {_text(subnet.name)}"
    yield f"  resource_group_name  = {owner}.resource_group_name"
    yield f"  virtual_network_name = {owner}.name"
    yield f"  address_prefixes     = {_texts(texts(subnet.ranges))}"
    if subnet.delegation:
        yield ""
        yield "  delegation {"
        yield '    name = "delegation"'
        yield "    service_delegation {"
        yield f"      name = {_text(subnet.delegation)}"
        yield "    }"
        yield "  }"
    if subnet.kind == "pods":
        yield ""
        yield "  # AKS delegates a pod subnet to itself; each plan would take that back."
        yield "  lifecycle {"
        yield "    ignore_changes = [delegation]"
        yield "  }"
    yield "}"


def _texts(ranges: Sequence[str]) -> str:
    return "[" + ", ".join(_text(one) for one in ranges) + "]"


def _text(text: str) -> str:
    """Return a text as a literal, in which nothing is evaluated."""
    quoted = json.dumps(text, ensure_ascii=False)
    return quoted.replace("${", "$${").replace("%{", "%%{")
