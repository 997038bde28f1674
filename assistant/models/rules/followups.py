"""Short follow-ups: which slot of the earlier question a message changes."""

import re
from dataclasses import dataclass, replace

from rapidfuzz.distance import OSA

from assistant.models.rules.design_followups import change_plan
from assistant.models.rules.frame import Frame, Ref
from assistant.models.rules.mentions import Mention
from assistant.models.rules.reading import Reading, read_names
from assistant.models.rules.slots import PortText
from assistant.models.rules.vocabulary import Vocabulary

__all__ = ["CORRECTION", "ELLIPTIC", "LEAD", "MEMBER", "FollowUps", "answer_ask"]

LEAD = re.compile(
    r"^(?:(?:and|or|but|so|then|also|ok|okay|now|same|again|well|hm+|alright|right|sure|"
    r"if (?:not|so|yes|no))[\s,]+)*"
    r"(?:(?:what|how) about|what if it (?:is|was|were)|what of|try|same (?:question "
    r")?(?:for|with|but)|instead|check|for)?\s*",
    re.I,
)
ELLIPTIC = re.compile(
    r"^(?:and|or|but|so|then|also|what about|how about|what of|same|from|to|in|on|over|via|"
    r"try|instead|ok|okay|now|only|if (?:not|so|yes|no))\b",
    re.I,
)
CORRECTION = re.compile(
    r"^(?:no+|not|nope|nah|sorry|wait|oops|actually|correction|not (?:that|this)|i mean\w*|i "
    r"was (?:asking|talking) about|rather)\b|\bi mean[t]?\b",
    re.I,
)
_ALIKE, _APART = 0.6, 0.3
"""Least likeness of two names, 0 to 1, of which one corrects the other, and its lead."""
_SWAP = re.compile(
    r"\b(?:other way (?:a)?round|vice versa|reverse[d]?|opposite (?:direction|way)|other "
    r"direction|and back|return (?:direction|path)|back again|backwards?|inverse)\b",
    re.I,
)
_WHY_NOT = re.compile(
    r"(?:and |but |so )*why (?:(?:not|can not|is not|is) )?(?:the )?@0@(?: not)?\W*$"
)
_SO_NOT = re.compile(
    r"(?:and |but |so |then )*(?:the )?@0@ (?:can|could|is|does|may)(?: not)?(?: allowed| "
    r"able)?(?: then| either)?\W*$"
)
MEMBER = re.compile(
    r"\b(?:includ\w+|among|part of (?:it|them|that)|one of (?:them|those)|(?:on|in) (?:the|"
    r"that) list)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class FollowUps:
    """Changes an earlier question by a message that does not stand on its own.

    Args:
        vocabulary: The names of the workspace.
    """

    vocabulary: Vocabulary

    def follow(self, piece: str, reading: Reading, state: Frame) -> Frame | None:
        """Return the earlier question as the message changes it; None when it changes nothing."""
        if state.intent == "size":
            return change_plan(reading.text, state)
        if not (state.is_path or state.intent in ("policies", "inspect")):
            return _follow_list(reading, state)
        if MEMBER.search(piece) and (member := _ask_member(reading, state)):
            return member
        if _SWAP.search(piece) and state.is_path:
            return _swap(state)
        if (_WHY_NOT.match(reading.shape) or _SO_NOT.match(reading.shape)) and (
            member := _ask_member(reading, state)
        ):
            return replace(member, explain=True)
        correction = CORRECTION.search(piece) is not None
        short = len(piece.split()) <= 9
        if not (ELLIPTIC.match(piece) or correction or short):
            return None
        changed = _change_ports(reading, state)
        names = read_names(reading.slots.text, self.vocabulary)
        moved = self._change_ends(reading, names, changed, correction=correction)
        if moved and moved.is_path and reading.slots.ports:
            # A new end drops the port of the old one, not the one that is named with it.
            return replace(moved, ports=reading.slots.ports)
        return moved or (changed if changed != state else None)

    def _change_ends(
        self, reading: Reading, names: tuple[Mention, ...], state: Frame, *, correction: bool
    ) -> Frame | None:
        ends = [mention for mention in names if mention.ref.kind not in ("any", "policy", "node")]
        if not ends:
            return None
        shape = LEAD.sub("", reading.shape)
        if correction and not re.search(r"\b(?:from|to)\s+(?:the\s+)?@0@", shape):
            return _correct(ends, state)
        if (
            len(ends) == 1
            and ends[0].ref.kind == "namespace"
            and not re.search(r"\bfrom\s+(?:\w+\s+)*@0@|\bto\s+@0@", shape)
        ):
            return self._move(state, ends[0].ref.name)
        ref = ends[0].ref
        if re.search(r"\bfrom\s+(?:the\s+)?@0@", shape):
            return self._with_source(state, ref)
        if re.search(r"\b(?:to|into|reach(?:ing)?|towards?|against|at)\s+(?:the\s+)?@0@", shape):
            return _with_destination(state, ref)
        if len(ends) == 1 and re.search(
            r"^\s*(?:(?:for|with|if it is|only)\s+)?(?:the\s+|our\s+|"
            r"my\s+)?@0@(?:\s+(?:then|instead|too|also|as well))?\W*$",
            shape,
        ):
            return self._with_bare(state, ref)
        return None

    def _move(self, state: Frame, namespace: str) -> Frame | None:
        """Return the same question about the same names in another namespace."""

        def moved(refs: tuple[Ref, ...]) -> tuple[Ref, ...]:
            return tuple(self._in(ref, namespace) for ref in refs)

        frame = replace(state, sources=moved(state.sources), destinations=moved(state.destinations))
        return frame if frame != state else None

    def _in(self, ref: Ref, namespace: str) -> Ref:
        base = ref.name.removeprefix("service:").rpartition("/")[2]
        hit = self.vocabulary.find(base, fuzzy=False)
        inside = self.vocabulary.in_namespace(hit.entries, namespace) if hit else ()
        if ref.kind not in ("workload", "service", "pod", "unknown") or not inside:
            return ref
        prefix = "service:" if ref.kind == "service" else ""
        return replace(
            ref,
            text=inside[0].full_name,
            names=(f"{prefix}{inside[0].full_name}",),
            kind="workload",
        )

    def _with_source(self, state: Frame, ref: Ref) -> Frame:
        if ref.kind == "namespace" and state.intent == "reach" and len(state.sources) == 1:
            there = self._in(state.sources[0], ref.name)
            if there != state.sources[0]:
                return replace(state, sources=(there,), both_ways=False)
        if state.intent == "what_can":
            return replace(state, sources=(ref,))
        return replace(state, intent="reach", sources=(ref,), both_ways=False)

    def _with_bare(self, state: Frame, ref: Ref) -> Frame:
        """Return the question with a bare name in the place of what it resembles."""
        if state.intent in ("policies", "inspect"):
            return replace(state, destinations=(ref,))
        if state.intent == "who_can":
            # The port was one of the old destination.
            return replace(state, destinations=(ref,), ports=())
        if state.intent == "what_can":
            return replace(state, sources=(ref,))
        if ref.name.removeprefix("service:") in self.vocabulary.stores:
            # A database is called; it seldom calls.
            return _with_destination(state, ref)
        as_source, as_destination = replace(state, sources=(ref,)), _with_destination(state, ref)
        likeness = self._likeness(ref, state.sources[0]) - self._likeness(
            ref, state.destinations[0]
        )
        if state.sources[0].kind in ("entity", "address") or likeness < 0:
            return as_destination
        if state.destinations[0].kind in ("entity", "address", "dns") or likeness > 0:
            return as_source
        # What comes next goes on from the first of the two: a list of ends seldom changes sides.
        return replace(as_destination, alternative=as_source)

    def _likeness(self, one: Ref, other: Ref) -> int:
        """Return how much two names are the same kind of thing: a store, something from outside."""
        stores = self.vocabulary.stores
        a, b = one.name.removeprefix("service:"), other.name.removeprefix("service:")
        return int((a in stores) == (b in stores)) + int(one.kind == other.kind)


def _ask_member(reading: Reading, state: Frame) -> Frame | None:
    """Read "does that include A" after a list of peers as a question of A alone."""
    ends = reading.named("workload", "service", "pod", "entity", "address", "namespace")
    if len(ends) != 1:
        return None
    if state.intent == "who_can":
        return replace(state, intent="reach", sources=ends)
    return replace(state, intent="reach", destinations=ends) if state.sources else None


def _swap(state: Frame) -> Frame:
    if state.intent == "who_can":
        return replace(
            state, intent="what_can", sources=state.destinations, destinations=(), ports=()
        )
    if state.intent == "what_can":
        return replace(state, intent="who_can", destinations=state.sources, sources=(), ports=())
    # The port was one of the old destination; the other one listens on its own.
    return replace(state, sources=state.destinations, destinations=state.sources, ports=(), http="")


def _change_ports(reading: Reading, state: Frame) -> Frame:
    slots = reading.slots
    if slots.ports and state.is_path:
        state = replace(state, ports=slots.ports, alternative=None)
    if slots.http and state.is_path:
        state = replace(state, http=slots.http)
    elif slots.method_only and state.http:
        state = replace(state, http=f"{slots.method_only} {state.http.partition(' ')[2]}")
    number = re.fullmatch(
        r"\s*(?:port\s+)?(\d{1,5})(?:/(tcp|udp))?\s*[?.!]*", LEAD.sub("", reading.slots.text), re.I
    )
    if number and state.is_path:
        port = PortText(number=int(number[1]), protocol=(number[2] or "").upper())
        state = replace(state, ports=(port,))
    return state


def _with_destination(state: Frame, ref: Ref) -> Frame:
    if state.intent == "who_can":
        return replace(state, destinations=(ref,))
    return replace(state, intent="reach", destinations=(ref,), ports=(), both_ways=False)


def _correct(ends: list[Mention], state: Frame) -> Frame | None:
    """Return the question with the name that the correction resembles replaced."""
    new = ends[-1].ref
    if len(ends) == 2:
        # "not A, B" or "B, not A": A, which was asked about, is the name to replace.
        for old, instead in ((ends[0].ref, new), (new, ends[0].ref)):
            same = [ref for ref in state.ends if set(old.names) & set(ref.names)]
            if same:
                return _put(state, same[0], instead)
        return None
    if new.kind == "namespace":
        return None
    base = {name.rpartition("/")[2].rpartition(":")[2] for name in new.names}
    for ref in state.ends:
        if {name.rpartition("/")[2] for name in ref.names} & base or ref.kind == "unknown":
            return _put(state, ref, new)
    if len(state.ends) > 1 and (alike := _most_alike(new, state)):
        return _put(state, alike, new)
    if len(state.ends) == 1:
        return replace(
            state,
            sources=(new,) if state.sources else (),
            destinations=(new,) if state.destinations else (),
        )
    return replace(state, destinations=(new,), alternative=replace(state, sources=(new,)))


def _most_alike(new: Ref, state: Frame) -> Ref | None:
    """Return the end that is spelt much like a new name ("api-v1", "api-v2"), if one alone is."""
    scores = sorted(
        ((OSA.normalized_similarity(_base(new), _base(ref)), number, ref)
         for number, ref in enumerate(state.ends)),
        reverse=True,
    )  # fmt: skip
    best, second = scores[0], scores[1]
    return best[2] if best[0] >= _ALIKE and best[0] - second[0] >= _APART else None


def _base(ref: Ref) -> str:
    return ref.name.rpartition("/")[2].rpartition(":")[2]


def _put(state: Frame, old: Ref, new: Ref) -> Frame:
    def change(refs: tuple[Ref, ...]) -> tuple[Ref, ...]:
        return tuple(new if ref == old else ref for ref in refs)

    return replace(
        state, sources=change(state.sources), destinations=change(state.destinations), ports=()
    )


def _follow_list(reading: Reading, state: Frame) -> Frame | None:
    if state.intent == "list" and (spaces := reading.named("namespace")):
        return replace(state, sources=spaces)
    return None


def answer_ask(plain: str, reading: Reading, state: Frame) -> tuple[Frame, ...]:
    """Return the frame that an answer to "which way?" or "from where?" completes."""
    found = Frame(
        intent="reach",
        sources=state.sources,
        destinations=state.destinations,
        ports=state.ports or reading.slots.ports,
    )
    if state.kind == "path":
        path = re.search(r"(?:^|\s)(/\S*?)[?.!]*$", plain)
        return (replace(found, http=f"{state.http} {path[1]}"),) if path else ()
    if state.sources and state.destinations:
        if re.search(r"\b(?:first|former|1|yes|both)\b", plain, re.I):
            return (replace(found, both_ways="both" in plain.lower()),)
        if re.search(r"\b(?:second|latter|2|other|reverse)\b", plain, re.I):
            return (_swap(found),)
        return ()
    refs = tuple(ref for ref in reading.refs if ref.kind not in ("any", "policy"))
    if not refs or len(refs) != 1 or len(plain.split()) > 8:
        return ()
    if state.destinations:
        return (replace(found, sources=refs),)
    return (replace(found, destinations=refs),) if state.sources else ()
