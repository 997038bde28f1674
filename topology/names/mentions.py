"""What a whole question names: each thing with its place in the question.

Names that are written to a machine (`ns/name`, an address, a quoted name) are read first. In the
words that are left, the longest stretch that names something wins, reading from the left.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from topology.names.literal_mentions import read_literal
from topology.names.match import Match, Mention
from topology.names.phrase import kind_of
from topology.names.places import Place, place_after, place_at, touching
from topology.names.spans import Word, is_quoted_word, literals, words
from topology.names.stretches import entity_matches, object_matches
from topology.targets import NamespaceTarget

if TYPE_CHECKING:
    from topology.names.resolver import NameIndex

__all__ = ["find"]

_LONGEST = 4
"""Words in the longest name that is spelled with spaces."""
_NO_OBJECTS = frozenset(
    {"header", "label", "method", "named", "path", "policies", "policy", "port", "ports", "rule"}
)
"""Words beside a quoted word that make it something else than the name of an object."""
_SCOPE = re.compile(r"\W*(?:in|inside|within|for)\s+(?:the\s+)?(?:namespace\s+|ns\s+)?", re.I)


def find(index: "NameIndex", question: str) -> tuple[Mention, ...]:
    """Return what a question names, in its order, without overlaps.

    Args:
        index: The names of the cluster.
        question: One or more sentences.

    Returns:
        A mention with several matches is ambiguous; one without any was given as a name (quoted,
        qualified or with a namespace), but nothing is called that.
    """
    found = [(span, read_literal(index, span)) for span in literals(question)]
    kept = tuple(
        span
        for span, mention in found
        if mention or span.form in ("request", "url") or is_quoted_word(span)
    )
    mentions = [mention for _, mention in found if mention]
    mentions += _Reader(index, question, words(question, kept)).read()
    return _scoped(question, sorted(mentions, key=lambda mention: mention.start))


def _scoped(question: str, mentions: list[Mention]) -> tuple[Mention, ...]:
    """Return mentions after `In staging, ...` narrowed what follows it."""
    if not mentions or not mentions[0].is_namespace:
        return tuple(mentions)
    first, target = mentions[0], mentions[0].target
    if not isinstance(target, NamespaceTarget) or not _SCOPE.fullmatch(question[: first.start]):
        return tuple(mentions)
    narrowed = [replace(first, is_scope=True)]
    for mention in mentions[1:]:
        inside = tuple(one for one in mention.matches if _namespace_of(one) == target.name)
        narrowed.append(replace(mention, matches=inside) if inside else mention)
    return tuple(narrowed)


def _namespace_of(match: Match) -> str:
    """Return the namespace of what a match means, if it has one."""
    return match.label.rpartition(":")[2].rpartition("/")[0].rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class _Reader:
    """The words of a question, read from the left."""

    index: "NameIndex"
    question: str
    tokens: Sequence[Word]

    def read(self) -> list[Mention]:
        """Return what the words name."""
        mentions: list[Mention] = []
        at = 0
        while at < len(self.tokens):
            found = (
                self._entity(at)
                or self._qualified_before(at)
                or self._object(at)
                or self._namespace(at)
                or self._unknown(at)
            )
            if found and (not mentions or found.start >= mentions[-1].end):
                mentions.append(found)
                while at < len(self.tokens) and self.tokens[at].start < found.end:
                    at += 1
            else:
                at += 1
        return mentions

    def _stretch(self, at: int, count: int) -> tuple[Word, ...]:
        """Return some words if they stand together, nothing otherwise."""
        part = tuple(self.tokens[at : at + count])
        if len(part) < count:
            return ()
        together = all(touching(self.question, *pair) for pair in pairwise(part))
        return part if together else ()

    def _beside(self, at: int, count: int) -> bool:
        """Say whether a word for a kind stands directly before or behind some words."""
        before = self.tokens[at - 1] if at else None
        behind = self.tokens[at + count] if at + count < len(self.tokens) else None
        return bool(
            (before and kind_of(before.low) and touching(self.question, before, self.tokens[at]))
            or (
                behind
                and kind_of(behind.low)
                and touching(self.question, self.tokens[at + count - 1], behind)
            )
        )

    def _entity(self, at: int) -> Mention | None:
        """Return the entity at a word."""
        for count in range(5, 0, -1):
            part = self._stretch(at, count)
            matches = entity_matches(self.index, self.tokens, at, part) if part else ()
            if matches:
                start, end = part[0].start, part[-1].end
                text = self.question[start:end]
                return Mention(start=start, end=end, text=text, matches=matches, kind="Entity")
        return None

    def _qualified_before(self, at: int) -> Mention | None:
        """Return the object at the word after a namespace, as in `the prod frontend`."""
        name = self.index.namespace(self.tokens[at].text)
        if not name or at + 1 >= len(self.tokens) or kind_of(self.tokens[at + 1].low):
            return None
        gap = self.question[self.tokens[at].end : self.tokens[at + 1].start]
        if gap.strip() or self._matches(at, 2, ""):
            return None
        mention = self._object(at + 1, place=name)
        if not mention or not mention.matches:
            return None
        return replace(mention, start=self.tokens[at].start, namespace=name)

    def _object(self, at: int, place: str = "") -> Mention | None:
        """Return the workload, Service or pod at a word, the longest name first."""
        for count in range(_LONGEST, 0, -1):
            matches = self._matches(at, count, place)
            if matches:
                return self._mention(at, count, matches, place)
        return None

    def _matches(self, at: int, count: int, place: str, kind: str = "") -> tuple[Match, ...]:
        """Return what some words name together."""
        part = self._stretch(at, count)
        if not part:
            return ()
        before = self.tokens[at - 1].low if at else ""
        return object_matches(
            self.index,
            part,
            before=before,
            beside_kind=self._beside(at, count),
            place=place,
            kind=kind,
        )

    def _mention(self, at: int, count: int, matches: tuple[Match, ...], place: str) -> Mention:
        """Return the mention of an object with its kind and namespace."""
        start, kind, after = self.tokens[at].start, "", at + count
        text = " ".join(word.text for word in self.tokens[at:after])
        if at and kind_of(self.tokens[at - 1].low) and self._stretch(at - 1, 2):
            kind = kind_of(self.tokens[at - 1].low)
        while (
            after < len(self.tokens)
            and kind_of(self.tokens[after].low) not in ("", "Namespace")
            and self._stretch(after - 1, 2)
        ):
            kind = kind_of(self.tokens[after].low)
            after += 1
        end = self.tokens[after - 1].end
        behind = place_after(self.index, self.question, self.tokens, after, start)
        if behind and not place:
            place, end = behind.name, behind.end
        known = not behind or behind.known
        if kind or place:
            matches = self._matches(at, count, place, kind) if known else ()
        return Mention(
            start=start,
            end=end,
            text=text,
            matches=matches,
            kind=kind,
            namespace=place,
            nearest=() if matches else self.index.nearest(text),
        )

    def _namespace(self, at: int) -> Mention | None:
        """Return the namespace at a word."""
        place: Place | None = place_at(self.index, self.question, self.tokens, at)
        if not place:
            return None
        start = self.tokens[at].start
        label = f"namespace:{place.name}"
        found = (Match(target=NamespaceTarget(place.name), label=label),) if place.known else ()
        return Mention(
            start=start,
            end=place.end,
            text=place.name,
            matches=found,
            kind="Namespace",
            nearest=() if found else self._nearest_namespaces(place.name),
        )

    def _unknown(self, at: int) -> Mention | None:
        """Return the mention of a quoted word that nothing has as its name."""
        word = self.tokens[at]
        around = {
            self.tokens[near].low for near in (at - 1, at + 1) if 0 <= near < len(self.tokens)
        }
        if not word.quoted or around & _NO_OBJECTS or self._is_policy(word.text):
            return None
        near = self.index.nearest(word.text)
        return Mention(start=word.start, end=word.end, text=word.text, matches=(), nearest=near)

    def _is_policy(self, name: str) -> bool:
        """Say whether a policy or another document has this name."""
        cluster = self.index.cluster
        return any(one.name == name for one in (*cluster.policies, *cluster.documents))

    def _nearest_namespaces(self, name: str) -> tuple[str, ...]:
        """Return the namespaces whose names start or end as a word does."""
        known = sorted(set(self.index.tables.namespaces.values()))
        low = name.lower()
        near = [one for one in known if low[:2] == one[:2] or low in one or one in low]
        return tuple(f"namespace:{one}" for one in near[:3])
