"""Manifests in the text of a model: found, and freed of everything that is no policy."""

import re
from collections.abc import Iterator
from typing import Any

import yaml

__all__ = ["FENCE", "holds_manifest", "manifests_in", "plain_manifest", "split_blocks", "without"]

FENCE = re.compile(r"^\s*(`{3,}|~{3,})")
API_VERSION = re.compile(r"apiVersion\W")
_FIELD = re.compile(
    r"""^[\s>|{"'-]*(?:apiVersion|kind|metadata|spec|specs|endpointSelector|podSelector|"""
    r"""matchLabels|matchExpressions|ingress|egress|ingressDeny|egressDeny|toPorts|fromEndpoints|"""
    r"""toEndpoints|fromEntities|toEntities|toCIDR|policyTypes|principals|mtls)["']?\s*:""",
    re.MULTILINE,
)
_KEPT_ANNOTATION = "istio.io/"
"""Annotations that decide something, such as `istio.io/dry-run`."""


def split_blocks(text: str) -> Iterator[tuple[bool, str]]:
    """Yield code (fenced, or a paragraph that is a manifest) and single lines of prose."""
    lines = text.splitlines()
    position = 0
    while position < len(lines):
        fence = FENCE.match(lines[position])
        end = position + 1
        if fence:
            while end < len(lines) and not lines[end].lstrip().startswith(fence[1]):
                end += 1
            end = min(end + 1, len(lines))
            yield True, "\n".join(lines[position:end])
        else:
            while end < len(lines) and lines[end].strip() and not FENCE.match(lines[end]):
                end += 1
            paragraph = "\n".join(lines[position:end])
            if len(_FIELD.findall(paragraph)) > 1 or API_VERSION.search(paragraph):
                yield True, paragraph
            else:
                yield from ((False, line) for line in lines[position:end])
        position = end


def holds_manifest(body: str) -> bool:
    """Return whether a block of code has fields of a manifest."""
    return bool(_FIELD.search(body) or API_VERSION.search(body))


def manifests_in(text: str) -> tuple[str, ...]:
    """Return the bodies of the blocks that name a kind and a version: whole manifests."""
    bodies = [
        "\n".join(line for line in block.splitlines() if not FENCE.match(line))
        for is_code, block in split_blocks(text)
        if is_code
    ]
    return tuple(body for body in bodies if API_VERSION.search(body) and "kind" in body)


def without(text: str) -> str:
    """Return a text without its blocks of code."""
    kept = [block for is_code, block in split_blocks(text) if not is_code]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def plain_manifest(body: str) -> str:
    """Return manifests without comments, descriptions and annotations.

    What a model says there was never checked, and would stand under what was. A text that cannot
    be read comes back as it is, so that the fault can be told.
    """
    try:
        documents = [one for one in yaml.safe_load_all(body) if one is not None]
        for one in documents:
            _strip(one)
        if not documents or not all(isinstance(one, dict) for one in documents):
            return body
        return "---\n".join(
            yaml.safe_dump(one, sort_keys=False, allow_unicode=True, width=100) for one in documents
        )
    except (yaml.YAMLError, RecursionError, ValueError):
        return body


def _strip(document: Any) -> None:
    """Take out of a document what decides nothing and can say anything."""
    if not isinstance(document, dict):
        return
    for part in (document, *_items(document.get("items"))):
        metadata = part.get("metadata")
        if isinstance(metadata, dict) and isinstance(metadata.get("annotations"), dict):
            kept = {
                key: value
                for key, value in metadata["annotations"].items()
                if str(key).startswith(_KEPT_ANNOTATION)
            }
            metadata["annotations"] = kept
            if not kept:
                del metadata["annotations"]
        for rule in (part.get("spec"), *_items(part.get("specs"))):
            if isinstance(rule, dict):
                rule.pop("description", None)


def _items(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
