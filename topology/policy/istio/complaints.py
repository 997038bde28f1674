"""Gathering what is wrong in one Istio policy while walking through it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from topology.model import Document
from topology.policy.validation import Finding, find

__all__ = ["Complaints"]


class Complaints:
    """The findings about one document, and the checks that many of its fields share."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.found: list[Finding] = []

    def refuse(self, code: str, path: str, message: str, fix: str) -> None:
        """Add something for which Istio's webhook, or the API server before it, says no."""
        self.found.append(
            find(self.document, code, path, message, fix, origin="istio", severity="error")
        )

    def warn(self, code: str, path: str, message: str, fix: str) -> None:
        """Add something that the webhook takes with a warning."""
        self.found.append(find(self.document, code, path, message, fix, origin="istio"))

    def doubt(self, code: str, path: str, message: str, fix: str) -> None:
        """Add something that is allowed and yet rarely meant."""
        self.found.append(find(self.document, code, path, message, fix, origin="review"))

    def fields(self, given: Any, path: str, known: Sequence[str]) -> Mapping[str, Any]:
        """Return an object's fields; complain of those that its kind does not know."""
        if given is None:
            return {}
        if not isinstance(given, Mapping):
            self.refuse(
                "type", path, f"`{path}` is {_shown(given)}.", "Write an object with fields there."
            )
            return {}
        for name in given:
            if name not in known:
                self.refuse(
                    "unknown-field",
                    f"{path}.{name}",
                    f"`{path}` has no field `{name}`.",
                    f"Write one of {', '.join(f'`{each}`' for each in known)}.",
                )
        return given

    def items(self, given: Any, path: str) -> Iterator[tuple[str, Any]]:
        """Yield each item of a list with its path; complain where there is no list."""
        if given is None:
            return
        if not isinstance(given, list | tuple):
            self.refuse(
                "type",
                path,
                f"`{path}` is {_shown(given)}, and a list is asked for.",
                "Write `[]` around it.",
            )
            return
        for index, item in enumerate(given):
            yield f"{path}[{index}]", item

    def texts(self, given: Any, path: str) -> Iterator[tuple[str, str]]:
        """Yield each text of a list with its path; complain of what is empty or no text."""
        for place, item in self.items(given, path):
            if not isinstance(item, str):
                self.refuse(
                    "type",
                    place,
                    f"`{place}` is {_shown(item)}, and a text is asked for.",
                    f'Write `"{item}"` with quotes.',
                )
            elif not item:
                self.refuse(
                    "empty-value", place, f"`{place}` is empty.", "Write a value or leave it out."
                )
            else:
                yield place, item


def _shown(given: Any) -> str:
    if given is None:
        return "empty"
    if isinstance(given, Mapping):
        return "an object"
    if isinstance(given, list | tuple):
        return "a list"
    kind = "the truth value" if isinstance(given, bool) else "the value"
    return f"{kind} `{str(given).lower() if isinstance(given, bool) else given}`"
