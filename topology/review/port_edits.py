"""Where a port of a rule stands in its policy, and the policy with another port there."""

from collections.abc import Mapping
from typing import Any

from topology.model import Document
from topology.policy.rules import PortEntry, Rule
from topology.review.edits import edited, field_at

__all__ = ["port_path", "with_port"]


def port_path(document: Document, rule: Rule, entry: PortEntry) -> str:
    """Return the path of a port of a rule; that of the rule where it cannot be told."""
    for list_path in (f"{rule.path}.ports", *_lists(document, rule)):
        for number, written in enumerate(field_at(document.body, list_path) or ()):
            if isinstance(written, Mapping) and _is_meant(written, entry):
                return f"{list_path}[{number}]"
    return rule.path


def with_port(document: Document, rule: Rule, entry: PortEntry, port: int | str) -> Document:
    """Return the policy with another port in the place of one."""
    path = port_path(document, rule, entry)
    written = field_at(document.body, path)
    new: Any = str(port) if document.kind != "NetworkPolicy" else port
    return edited(document, path, {**written, "port": new})


def _lists(document: Document, rule: Rule) -> list[str]:
    items = field_at(document.body, f"{rule.path}.toPorts") or ()
    return [f"{rule.path}.toPorts[{number}].ports" for number in range(len(items))]


def _is_meant(written: Mapping[str, Any], entry: PortEntry) -> bool:
    port = str(written.get("port") or "").lower()
    protocol = str(written.get("protocol") or "").upper()
    same = port == (entry.name or str(entry.first))
    return same and (protocol in ("", "ANY") or protocol in entry.protocols)
