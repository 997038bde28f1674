"""VNets and subnets as az commands and as Bicep."""

import shlex
from collections.abc import Iterator, Sequence

from topology.ipam.book.exporting.networks import Vnet, texts, unique_symbol

__all__ = ["write_az", "write_bicep"]


def write_az(vnets: Sequence[Vnet]) -> str:
    """Return a shell script that makes the VNets and subnets."""
    lines = ["#!/usr/bin/env bash", "set -euo pipefail"]
    if any(not vnet.resource_group for vnet in vnets):
        lines.append('RESOURCE_GROUP="${RESOURCE_GROUP:?name the resource group}"')
    for vnet in vnets:
        lines += ["", *_az_vnet(vnet)]
    return "\n".join(lines) + "\n"


def _az_vnet(vnet: Vnet) -> Iterator[str]:
    group = shlex.quote(vnet.resource_group) if vnet.resource_group else '"$RESOURCE_GROUP"'
    name = shlex.quote(vnet.name)
    command = ["az network vnet create", f"--resource-group {group}", f"--name {name}"]
    if vnet.location:
        command.append(f"--location {shlex.quote(vnet.location)}")
    command.append(f"--address-prefixes {' '.join(texts(vnet.ranges))}")
    if vnet.tags:
        tags = " ".join(shlex.quote(f"{key}={text}") for key, text in sorted(vnet.tags.items()))
        command.append(f"--tags {tags}")
    yield " \\\n  ".join(command)
    for subnet in vnet.subnets:
        command = [
            "az network vnet subnet create",
            f"--resource-group {group} --vnet-name {name}",
            f"--name {shlex.quote(subnet.name)}",
            f"--address-prefixes {' '.join(texts(subnet.ranges))}",
        ]
        if subnet.delegation:
            command.append(f"--delegations {subnet.delegation}")
        yield " \\\n  ".join(command)


def write_bicep(vnets: Sequence[Vnet]) -> str:
    """Return a Bicep file that makes the VNets with their subnets."""
    lines = ["param location string = resourceGroup().location"]
    taken = {"location"}
    groups = {vnet.resource_group for vnet in vnets if vnet.resource_group}
    if len(groups) > 1:
        said = ", ".join(sorted(groups))
        lines.insert(0, f"// Deploy each VNet to its own resource group: {_comment(said)}")
    for vnet in vnets:
        lines += ["", *_bicep_vnet(vnet, unique_symbol(vnet.name, taken))]
    return "\n".join(lines) + "\n"


def _bicep_vnet(vnet: Vnet, symbol: str) -> Iterator[str]:
    if vnet.resource_group:
        yield f"// Resource group: {_comment(vnet.resource_group)}"
    yield f"resource {symbol} 'Microsoft.Network/virtualNetworks@2024-05-01' = {{"
    yield f"  name: {_bicep(vnet.name)}"
    yield f"  location: {_bicep(vnet.location) if vnet.location else 'location'}"
    if vnet.tags:
        yield "  tags: {"
        yield from (f"    {_bicep(k)}: {_bicep(text)}" for k, text in sorted(vnet.tags.items()))
        yield "  }"
    yield "  properties: {"
    yield "    addressSpace: {"
    yield "      addressPrefixes: ["
    yield from (f"        {_bicep(text)}" for text in texts(vnet.ranges))
    yield "      ]"
    yield "    }"
    yield "    subnets: ["
    for subnet in vnet.subnets:
        yield "      {"
        yield f"        name: {_bicep(subnet.name)}"
        yield "        properties: {"
        ranges = texts(subnet.ranges)
        if len(ranges) == 1:
            yield f"          addressPrefix: {_bicep(ranges[0])}"
        else:
            yield "          addressPrefixes: ["
            yield from (f"            {_bicep(text)}" for text in ranges)
            yield "          ]"
        if subnet.delegation:
            service = _bicep(subnet.delegation)
            yield "          delegations: ["
            yield f"            {{ name: 'delegation', properties: {{ serviceName: {service} }} }}"
            yield "          ]"
        yield "        }"
        yield "      }"
    yield "    ]"
    yield "  }"
    yield "}"


def _bicep(text: str) -> str:
    """Return a text as a literal, in which nothing is evaluated."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("${", "\\${")
    return "'" + escaped.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t") + "'"


def _comment(text: str) -> str:
    return " ".join(text.split())
