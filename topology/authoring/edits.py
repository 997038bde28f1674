"""A change of one policy: what it says before and after, and what was done to it."""

import copy
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any

from topology.authoring.splices import dump
from topology.model import Document, Source

__all__ = [
    "Edit",
    "appending",
    "edited",
    "entry_at",
    "folded",
    "new_document",
    "putting",
    "removed",
    "steps_of",
]

Body = dict[str, Any]
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One policy that is changed, added or taken away."""

    before: Document | None
    """None for a policy that is added."""
    after: Document | None
    """None for a policy that is taken away."""
    what: tuple[str, ...]
    """What is done, a clause each, such as "add port `8080/TCP` to `spec.ingress[0]`"."""
    weakens: str = ""
    """What protection it gives up, one sentence; empty for an edit that gives up none."""
    corrects: bool = False
    """Whether it corrects what is probably a slip of the pen."""

    @property
    def key(self) -> str:
        """Return the `Kind/namespace/name` of the policy."""
        document = self.after or self.before
        return document.key if document else ""

    @property
    def lines(self) -> int:
        """Return how many lines of YAML it writes or takes away."""
        old = dump(self.before.body).splitlines() if self.before else []
        new = dump(self.after.body).splitlines() if self.after else []
        return _distance(old, new)


def edited(
    document: Document,
    what: str,
    change: Callable[[Body], object],
    *,
    weakens: str = "",
    corrects: bool = False,
) -> Edit:
    """Return an edit that does something to a copy of a policy's body.

    Args:
        document: The policy as it is.
        what: What is done, a clause.
        change: Changes the body that it is given.
        weakens: What protection it gives up.
        corrects: Whether it corrects what is probably a slip of the pen.
    """
    body = copy.deepcopy(dict(document.body))
    change(body)
    return Edit(
        before=document,
        after=replace(document, body=body),
        what=(what,),
        weakens=weakens,
        corrects=corrects,
    )


def appending(path: str, item: Any) -> Callable[[Body], None]:
    """Return a change that adds an item to the list at a path, which is made if it is not there."""
    *head, last = steps_of(path)

    def change(body: Body) -> None:
        around: Any = body
        for step in head:
            if isinstance(around, dict) and around.get(step) is None:
                around[step] = {}
            around = around[step]
        listed = around.get(last) if isinstance(around, dict) else around[last]
        if isinstance(listed, list):
            listed.append(copy.deepcopy(item))
        else:
            around[last] = [copy.deepcopy(item)]

    return change


def putting(path: str, value: Any) -> Callable[[Body], None]:
    """Return a change that writes a value to a path."""
    *head, last = steps_of(path)

    def change(body: Body) -> None:
        around: Any = body
        for step in head:
            around = around[step]
        around[last] = copy.deepcopy(value)

    return change


def removed(document: Document, what: str = "another takes its place") -> Edit:
    """Return the edit that takes a policy away."""
    return Edit(before=document, after=None, what=(what,))


def new_document(body: Body, what: str = "takes the place of the other") -> Edit:
    """Return the edit that adds a policy."""
    metadata = body["metadata"]
    document = Document(
        kind=body["kind"],
        api_version=body["apiVersion"],
        namespace=metadata.get("namespace", ""),
        name=metadata["name"],
        body=body,
        source=Source(file=f"{metadata['name']}.yaml"),
    )
    return Edit(before=None, after=document, what=(what,))


def folded(edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """Return one edit for each policy: from what it was at first to what it is at last."""
    found: dict[str, Edit] = {}
    for edit in edits:
        known = found.get(edit.key)
        if known is None:
            found[edit.key] = edit
            continue
        weakens = " ".join(part for part in (known.weakens, edit.weakens) if part)
        found[edit.key] = replace(
            known, after=edit.after, what=(*known.what, *edit.what), weakens=weakens
        )
    return tuple(found.values())


def steps_of(path: str) -> Iterator[str | int]:
    """Yield the steps of a field path.

    >>> list(steps_of("spec.ingress[2].toPorts[0]"))
    ['spec', 'ingress', 2, 'toPorts', 0]
    """
    for name, number in _STEP.findall(path):
        yield name or int(number)


def entry_at(body: Mapping[str, Any], path: str) -> Any:
    """Return what stands at a path of a body; None where nothing does."""
    value: Any = body
    for step in steps_of(path):
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _distance(old: list[str], new: list[str]) -> int:
    matcher = SequenceMatcher(a=old, b=new, autojunk=False)
    return sum(
        (i2 - i1) + (j2 - j1) for tag, i1, i2, j1, j2 in matcher.get_opcodes() if tag != "equal"
    )
