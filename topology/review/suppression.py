"""Findings that somebody set aside, with the reason: in the policy itself, or in a file.

In a policy the annotation `netassist.io/ignore` has one line for each reason, `CODE: reason`, or
`CODE, CODE: reason`. A file is YAML: a list `suppressions` of `code`, `object` and `reason`, in
which `*` stands for any code, and an object may hold `*` as in `Deployment/shop/*`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

import yaml

from topology.errors import UnreadableInput
from topology.model import Document, Location

__all__ = ["ANNOTATION", "Suppression", "read_annotations", "read_file"]

ANNOTATION = "netassist.io/ignore"
_LONGEST = 300
_FIELDS = ("code", "object", "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """One code of one object, or of several, that is set aside."""

    code: str
    object: str
    """`Kind/namespace/name`; in a file it may hold `*`."""
    reason: str
    """Empty where none is given; it then sets nothing aside."""
    origin: Literal["policy", "file"]
    location: Location

    def covers(self, code: str, name: str) -> bool:
        """Return whether it sets a finding aside, its reason left out of account."""
        if self.origin == "policy":
            return self.code == code and self.object == name
        return self.code in ("*", code) and fnmatchcase(name, self.object)


def read_annotations(documents: Iterable[Document]) -> Iterator[Suppression]:
    """Yield what the annotations of policies set aside."""
    for document in documents:
        metadata = document.body.get("metadata")
        annotations = metadata.get("annotations") if isinstance(metadata, Mapping) else None
        text = annotations.get(ANNOTATION) if isinstance(annotations, Mapping) else None
        for line in str(text or "").splitlines():
            codes, _, reason = line.partition(":")
            for code in codes.replace(",", " ").split():
                yield Suppression(
                    code=code,
                    object=document.key,
                    reason=_plain(reason),
                    origin="policy",
                    location=document.source.at(f"metadata.annotations.{ANNOTATION}"),
                )


def read_file(text: str, name: str) -> tuple[Suppression, ...]:
    """Return what a file sets aside.

    Args:
        text: What is in it.
        name: How to call the file.

    Raises:
        UnreadableInput: It is no YAML, or not of the form that is asked for.
    """
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = Location(name, mark.line + 1 if mark else 0)
        message = f"`{name}` is no YAML: {getattr(error, 'problem', None) or 'it cannot be read'}."
        raise UnreadableInput(message, hint="Correct it there.", location=place) from error
    items = content.get("suppressions") if isinstance(content, dict) else None
    if not isinstance(items, list):
        message = f"`{name}` holds no list `suppressions`."
        hint = "Write `suppressions:` and below it items with `code`, `object` and `reason`."
        raise UnreadableInput(message, hint=hint, location=Location(name, 1))
    return tuple(
        _item(item, Location(name, line)) for item, line in zip(items, _lines(root), strict=True)
    )


def _item(item: Any, place: Location) -> Suppression:
    fields = item if isinstance(item, dict) else {}
    unknown = [str(key) for key in fields if key not in _FIELDS]
    missing = [name for name in _FIELDS[:2] if not fields.get(name)]
    if unknown or missing:
        fault = f"has no `{missing[0]}`" if missing else f"has an unknown field `{unknown[0]}`"
        message = f"An item of `suppressions` {fault}."
        hint = "Each has `code`, `object` (`Kind/namespace/name`) and `reason`."
        raise UnreadableInput(message, hint=hint, location=place)
    return Suppression(
        code=str(fields["code"]),
        object=str(fields["object"]),
        reason=_plain(str(fields.get("reason") or "")),
        origin="file",
        location=place,
    )


def _plain(reason: str) -> str:
    """Return a reason on one line, without what would steer a terminal."""
    text = " ".join(reason.split())
    return "".join(sign for sign in text if sign.isprintable())[:_LONGEST]


def _lines(root: Any) -> Iterator[int]:
    """Yield the line of each item of the list `suppressions`."""
    for key, value in root.value:
        if key.value == "suppressions":
            for item in value.value:
                yield item.start_mark.line + 1
