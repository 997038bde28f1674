"""Mentions that are recognized by their form: quoted, qualified, an address, a DNS name."""

import re
from typing import TYPE_CHECKING

from topology.errors import InvalidQuery, UnknownName
from topology.names.match import Mention, SeveralMatches
from topology.names.spans import Span, is_quoted_word
from topology.names.words import KIND_PREFIXES

if TYPE_CHECKING:
    from topology.names.resolver import NameIndex

__all__ = ["read_literal"]

_NOT_A_NAME = re.compile(r"[A-Z]+ /.*|/.*|\d+(?:/\w+)?|.*[{};].*", re.S)
_MOST_WORDS = 4
"""Longer quotations are sentences."""


def read_literal(index: "NameIndex", span: Span) -> Mention | None:
    """Return what a stretch of a telling form names, None if it is no name after all."""
    if span.form == "request" or is_quoted_word(span):
        return None
    if span.form == "quoted" and (
        _NOT_A_NAME.fullmatch(span.text) or len(span.text.split()) > _MOST_WORDS
    ):
        return None
    if span.form == "qualified" and not _may_be_qualified(index, span.text):
        return None
    if span.form == "dns" and _is_api_group(span.text):
        return None
    kind = KIND_PREFIXES.get(re.split(r"[:/]", span.text)[0].lower(), "")

    def mention(**found: object) -> Mention:
        return Mention(start=span.start, end=span.end, text=span.text, kind=kind, **found)  # type: ignore[arg-type]

    try:
        return mention(matches=(index.match(span.text),))
    except SeveralMatches as several:
        return mention(matches=several.matches)
    except UnknownName as unknown:
        return mention(matches=(), nearest=unknown.nearest)
    except InvalidQuery:
        return None


def _may_be_qualified(index: "NameIndex", text: str) -> bool:
    """Say whether `a/b` is more than two alternatives such as `and/or`."""
    first, _, last = re.sub(r"^[a-z]+:\s?", "", text, flags=re.I).partition("/")
    prefix = re.match(r"([a-z]+):", text, re.I)
    if prefix:
        return prefix[1].lower() in KIND_PREFIXES or prefix[1].lower() in ("entity", "label")
    if first.lower() in KIND_PREFIXES or index.namespace(first):
        return True
    return last.rpartition("/")[2].lower() in index.tables.exact


def _is_api_group(text: str) -> bool:
    """Say whether a DNS name is one of those that Kubernetes calls its kinds and labels by."""
    return text.lower().endswith((".k8s.io", ".kubernetes.io", "cilium.io", ".istio.io"))
