"""Names that fit several things: the options, how to ask, and how an answer picks one."""

import re
from dataclasses import replace
from itertools import product

from assistant.models.rules.frame import Frame, Ref
from assistant.models.rules.mentions import Mention

__all__ = ["ask_which", "choose", "expand", "is_open"]

_ORDINALS = {
    "first": 0, "1st": 0, "1": 0, "one": 0, "former": 0, "second": 1, "2nd": 1, "2": 1, "two": 1,
    "latter": 1, "third": 2, "3rd": 2, "3": 2, "three": 2, "fourth": 3, "4th": 3, "4": 3,
    "last": -1,
}  # fmt: skip
_ALL = re.compile(r"\b(?:both|all|each|every|either|all of them|any)\b", re.I)
_SHOWN = 8


def is_open(ref: Ref) -> bool:
    """Return whether a name still fits several things, or none."""
    return len(ref.names) > 1 or ref.kind == "unknown"


def ask_which(frame: Frame) -> str:
    """Return the question back for the names of a frame that are not settled, or ""."""
    ends = [ref for ref in frame.ends if is_open(ref)]
    if not ends:
        return ""
    unknown = [ref for ref in ends if ref.kind == "unknown"]
    if unknown:
        return _ask_unknown(unknown[0])
    spaces = _common_namespaces(ends)
    if len(ends) > 1 and len(spaces) > 1:
        names = " and ".join(f"`{ref.text}`" for ref in ends)
        pairs = "; ".join(
            f"in `{space}` ({', '.join(f'`{_in(ref, space)}`' for ref in ends)})"
            for space in spaces[:_SHOWN]
        )
        return f"Several things are called {names}. Which are meant: {pairs}?"
    ref = ends[0]
    shown = [f"`{name}`" for name in ref.names[:_SHOWN]]
    more = f" (and {len(ref.names) - _SHOWN} more)" if len(ref.names) > _SHOWN else ""
    return f"Which `{ref.text}` is meant: {' or '.join(shown)}{more}?"


def _ask_unknown(ref: Ref) -> str:
    fact = f"Nothing in this workspace is called `{ref.text}`."
    if not ref.near:
        return f"{fact} Which workload, service or address is meant?"
    return f"{fact} Did you mean {' or '.join(f'`{name}`' for name in ref.near)}?"


def expand(frame: Frame) -> tuple[Frame, ...]:
    """Return a frame for each option that `ask_which` offers, in the order of offering."""
    ends = [ref for ref in frame.ends if len(ref.names) > 1]
    if not ends:
        return (frame,)
    spaces = _common_namespaces(ends)
    if len(ends) > 1 and len(spaces) > 1:
        return tuple(_fill(frame, {ref: _in(ref, space) for ref in ends}) for space in spaces)
    choices = product(*([(ref, name) for name in ref.names] for ref in ends))
    return tuple(_fill(frame, dict(choice)) for choice in choices)[:_SHOWN]


def choose(frame: Frame, text: str, mentions: tuple[Mention, ...]) -> tuple[Frame, ...]:
    """Return the frames that an answer to `ask_which` picks; none when it picks nothing.

    Args:
        frame: With names that are not settled.
        text: The answer, normalised.
        mentions: What the answer names, each with every reading it has.
    """
    frame = _settle_unknown(frame, text, mentions)
    picked = {
        ref: name for ref in frame.ends if len(ref.names) > 1 if (name := _pick(ref, mentions))
    }
    filled = _fill(frame, picked) if picked else frame
    if not any(is_open(ref) for ref in filled.ends):
        return (filled,)
    options = expand(filled)
    if any(ref.kind == "unknown" for ref in filled.ends):
        return ()
    words = re.findall(r"\w+", text.lower())
    for word in words:
        if word in _ORDINALS and not (word == "one" and len(words) > 2):
            index = _ORDINALS[word]
            return (options[index],) if index < len(options) else ()
    if _ALL.search(text):
        return options
    return (filled,) if picked else ()


def _settle_unknown(frame: Frame, text: str, mentions: tuple[Mention, ...]) -> Frame:
    unknown = [ref for ref in frame.ends if ref.kind == "unknown"]
    if not unknown:
        return frame
    known = [mention.ref for mention in mentions if mention.ref.names]
    if known:
        return _swap(frame, unknown[0], known[-1])
    near = unknown[0].near
    if (
        near
        and re.search(r"\b(?:yes|yeah|yep|right|correct|exactly|sure|y|first|former)\b", text, re.I)
        and (len(near) == 1 or re.search(r"\bfirst|former\b", text, re.I))
    ):
        return _swap(frame, unknown[0], Ref(text=near[0], names=(near[0],)))
    return frame


def _pick(ref: Ref, mentions: tuple[Mention, ...]) -> str:
    """Return the one name of a reference that the mentions leave."""
    spaces = {mention.ref.name for mention in mentions if mention.ref.kind == "namespace"}
    for mention in mentions:
        names = {_plain(name) for name in mention.ref.names}
        left = [name for name in ref.names if _plain(name) in names]
        if len(left) == 1:
            return left[0]
        inside = [name for name in left or ref.names if _namespace(name) in spaces]
        if len(inside) == 1:
            return inside[0]
    return ""


def _fill(frame: Frame, picked: dict[Ref, str]) -> Frame:
    def settle(refs: tuple[Ref, ...]) -> tuple[Ref, ...]:
        return tuple(replace(ref, names=(picked[ref],)) if ref in picked else ref for ref in refs)

    return replace(frame, sources=settle(frame.sources), destinations=settle(frame.destinations))


def _swap(frame: Frame, old: Ref, new: Ref) -> Frame:
    def change(refs: tuple[Ref, ...]) -> tuple[Ref, ...]:
        return tuple(new if ref == old else ref for ref in refs)

    return replace(frame, sources=change(frame.sources), destinations=change(frame.destinations))


def _common_namespaces(refs: list[Ref]) -> list[str]:
    sets = [{_namespace(name) for name in ref.names} for ref in refs]
    return sorted(set.intersection(*sets)) if sets else []


def _in(ref: Ref, namespace: str) -> str:
    return next(name for name in ref.names if _namespace(name) == namespace)


def _plain(name: str) -> str:
    return name.removeprefix("service:")


def _namespace(name: str) -> str:
    return _plain(name).partition("/")[0]
