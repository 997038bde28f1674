"""Follow-ups: what a message means after what was asked before it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from assistant.models.rules.choices import choose, is_open
from assistant.models.rules.design import read_design, read_topic
from assistant.models.rules.frame import Frame, Ref
from assistant.models.rules.intents import route
from assistant.models.rules.lexicon import ABILITY, FORWARD
from assistant.models.rules.mentions import Mention
from assistant.models.rules.plan import settle_ends
from assistant.models.rules.reading import Reading, mend, read, read_names
from assistant.models.rules.slots import PortText
from assistant.models.rules.vocabulary import Vocabulary
from assistant.models.rules.words import normalise, split_questions
from tools.errors import ToolError

__all__ = ["Interpreter", "Said"]

_LEAD = re.compile(
    r"^(?:(?:and|or|but|so|then|also|ok|okay|now|same|again|well|hm+|alright|right|sure)[\s,]+)*"
    r"(?:(?:what|how) about|what if it (?:is|was|were)|what of|try|same (?:question "
    r")?(?:for|with|but)|instead|check|for)?\s*",
    re.I,
)
_ELLIPTIC = re.compile(
    r"^(?:and|or|but|so|then|also|what about|how about|what of|same|from|to|in|on|over|via|"
    r"try|instead|ok|okay|now|only)\b",
    re.I,
)
_CORRECTION = re.compile(
    r"^(?:no+|nope|nah|sorry|wait|oops|actually|correction|not (?:that|this)|i mean\w*|i "
    r"was (?:asking|talking) about|rather)\b|\bi mean[t]?\b",
    re.I,
)
_SWAP = re.compile(
    r"\b(?:other way (?:a)?round|vice versa|reverse[d]?|opposite (?:direction|way)|other "
    r"direction|and back|return (?:direction|path)|back again|backwards?|inverse)\b",
    re.I,
)
_WHY = re.compile(
    r"^(?:and |but |ok |so |then )*(?:why(?: not| is that| so| though)?|how come|for what "
    r"reason|what is the reason|because of what|says who|according to what|explain(?: "
    r"(?:that|it|this|why|please))*|"
    r"(?:which|what) (?:network )?(?:policy|rule|policies|rules|file|line|object)(?: (?:is|"
    r"was|are) (?:it|that|this|responsible|to blame|the cause|deciding)(?: in)?| "
    r"(?:decides?|decided|blocks?|den(?:y|ies)|allows?|permits?|stops?|says?|does)(?: (?:it|"
    r"this|that|so))?)?|where (?:is|does) (?:that|it|this)\b.{0,30}|details?|more details?|"
    r"show (?:me )?(?:the )?(?:rule|policy|evidence|details?|proof|reason)|prove (?:it|"
    r"that)|evidence)(?: please)?[\s?!.]*$",
    re.I,
)
_WHO = re.compile(
    r"^(?:and |but |ok |so |then )*(?:who|what|which \w+)(?: else)? (?:can|may|could|is "
    r"allowed(?: to)?|does|has access)(?: it| then| so| that)?[\s?!.]*$",
    re.I,
)
_SUBJECT = re.compile(
    rf"({ABILITY}\s+(?:not\s+)?|\bwhat\s+else\s+(?:can|does)\s+|\b(?:and|then)\s+)(it|they|"
    rf"that one|this one)\b(?=\s+(?:\w+\s+)?{FORWARD})",
    re.I,
)
_OBJECT = re.compile(
    r"\b(it|them|that (?:one|pod|workload|service|app)|this (?:one|pod|workload|service|"
    r"app)|the same (?:one|pod|workload|service)|there)\b",
    re.I,
)
_DUMMY = re.compile(
    r"\bit\s+(?:possible|true|ok|okay|correct|right|safe|allowed|permitted|the case|that|so|"
    r"really|seems?|looks?|works?|fails?|should|would|is (?:possible|true))\b|"
    r"\b(?:make|stopping|blocking|preventing|when|if|because|does|doing|prove|explain|"
    r"see)\s+it\b|\bis\s+there\b|\bare\s+there\b|\bthere\s+(?:is|are|a|any)\b|\bhi there\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the person, with names that tools then found to fit several things."""

    text: str
    doubts: tuple[tuple[str, tuple[str, ...], bool], ...] = ()
    """The name, its candidates, and whether each of them fits (rather than comes close)."""

    def corrected(self, arguments: Mapping[str, object], error: ToolError) -> "Said":
        """Return the message with what a tool answered instead of a result."""
        values = [str(value) for value in arguments.values()]
        named = [value for value in values if value and f"`{value}`" in error.message] or values
        doubts = tuple((value, error.candidates, error.ambiguous) for value in named[:1])
        return replace(self, doubts=(*self.doubts, *doubts))


@dataclass(frozen=True, slots=True)
class Interpreter:
    """Turns what a person said, message by message, into frames."""

    vocabulary: Vocabulary
    port_names: frozenset[str]

    def interpret(self, messages: Sequence[Said]) -> tuple[Frame, ...]:
        """Return what the last message asks, in the light of those before it."""
        state: Frame | None = None
        frames: tuple[Frame, ...] = ()
        for message in messages:
            frames = self._interpret_one(message.text, state)
            kept = [
                frame
                for frame in frames
                if frame.intent not in ("greeting", "thanks", "help", "decline")
            ]
            state = _doubt(kept[-1], message.doubts) if kept else state
        return frames

    def _interpret_one(self, message: str, state: Frame | None) -> tuple[Frame, ...]:
        plain = normalise(message)
        answered = self._answer_back(plain, state) if state else ()
        if answered:
            return answered
        design = read_design(plain)
        if design and design.intent == "size":
            # Its numbers often stand in several sentences; they belong to one plan.
            whole = route(read(plain, self.vocabulary, self.port_names))
            if whole and whole.intent == "size":
                return (whole,)
        pieces = [piece for part in split_questions(plain) for piece in _split_clauses(part)]
        frames: list[Frame] = []
        for piece in pieces[:5]:
            frame = self._interpret_piece(piece, frames[-1] if frames else state)
            if frame is None:
                continue
            if (
                frames
                and frame.explain
                and replace(frame, explain=frames[-1].explain) == frames[-1]
            ):
                frames[-1] = frame
            else:
                frames.append(frame)
        frames = [settle_ends(frame, self.vocabulary.cluster) for frame in frames]
        if len(frames) > 1 and any(frame.intent == "docs" for frame in frames):
            whole = read_topic(plain)
            frames = [frame for frame in frames if frame.intent not in ("docs", "decline", "ask")]
            frames += [whole] if whole else []
        useful = [frame for frame in frames if frame.intent != "decline" or frame.kind]
        return tuple(useful or frames[:1]) or (Frame(intent="decline"),)

    def _answer_back(self, plain: str, state: Frame | None) -> tuple[Frame, ...]:
        """Return the earlier question, completed by the answer to our question back."""
        if state is None or len(plain.split()) > 14:
            return ()
        reading = read(plain, self.vocabulary, self.port_names)
        names = read_names(reading.slots.text, self.vocabulary)
        if any(is_open(ref) for ref in state.ends):
            if _is_new_question(reading, route(reading)):
                return ()
            return choose(state, plain, names)
        if state.intent != "ask":
            return ()
        return _answer_ask(plain, reading, state)

    def _interpret_piece(self, piece: str, state: Frame | None) -> Frame | None:
        if state and _WHY.match(piece) and state.ends:
            return replace(state, explain=True, alternative=None)
        if state and state.destinations and state.is_path and _WHO.match(piece):
            return replace(state, intent="who_can", sources=(), alternative=None)
        text = _refer(piece, state, self.vocabulary) if state else piece
        reading = read(text, self.vocabulary, self.port_names)
        frame = route(reading)
        if frame is None or frame.intent == "ask":
            reading, frame = self._mend(text, reading, frame)
        if state and not _is_new_question(reading, frame):
            follow = self._follow(piece, reading, state)
            if follow:
                return follow
        return frame or Frame(intent="decline")

    def _mend(
        self, text: str, reading: Reading, frame: Frame | None
    ) -> tuple[Reading, Frame | None]:
        """Return the reading with misspelt words corrected, if that makes more of it."""
        mended = mend(text, self.vocabulary)
        if mended == normalise(text):
            return reading, frame
        again = read(mended, self.vocabulary, self.port_names)
        better = route(again)
        if better is None or (frame and better.intent == "ask"):
            return reading, frame
        return again, better

    def _follow(self, piece: str, reading: Reading, state: Frame) -> Frame | None:
        if not (state.is_path or state.intent in ("policies", "inspect")):
            return _follow_list(reading, state)
        if _SWAP.search(piece) and state.is_path:
            return _swap(state)
        correction = _CORRECTION.search(piece) is not None
        short = len(piece.split()) <= 9
        if not (_ELLIPTIC.match(piece) or correction or short):
            return None
        changed = _change_ports(reading, state)
        names = read_names(reading.slots.text, self.vocabulary)
        return self._change_ends(reading, names, changed, correction=correction) or (
            changed if changed != state else None
        )

    def _change_ends(
        self, reading: Reading, names: tuple[Mention, ...], state: Frame, *, correction: bool
    ) -> Frame | None:
        ends = [mention for mention in names if mention.ref.kind not in ("any", "policy", "node")]
        if not ends:
            return None
        shape = _LEAD.sub("", reading.shape)
        if correction:
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
            return replace(state, destinations=(ref,))
        if state.intent == "what_can":
            return replace(state, sources=(ref,))
        as_source, as_destination = replace(state, sources=(ref,)), _with_destination(state, ref)
        likeness = self._likeness(ref, state.sources[0]) - self._likeness(
            ref, state.destinations[0]
        )
        if state.sources[0].kind in ("entity", "address") or likeness < 0:
            return as_destination
        if state.destinations[0].kind in ("entity", "address", "dns") or likeness > 0:
            return as_source
        return replace(as_source, alternative=as_destination)

    def _likeness(self, one: Ref, other: Ref) -> int:
        """Return how much two names are the same kind of thing: a store, something from outside."""
        stores = self.vocabulary.stores
        a, b = one.name.removeprefix("service:"), other.name.removeprefix("service:")
        return int((a in stores) == (b in stores)) + int(one.kind == other.kind)


def _doubt(frame: Frame, doubts: tuple[tuple[str, tuple[str, ...], bool], ...]) -> Frame:
    """Return the frame with names unsettled that a tool could not settle."""
    for name, candidates, ambiguous in doubts:

        def change(
            refs: tuple[Ref, ...],
            name: str = name,
            candidates: tuple[str, ...] = candidates,
            ambiguous: bool = ambiguous,
        ) -> tuple[Ref, ...]:
            open_ref = (
                {"names": candidates}
                if ambiguous
                else {"kind": "unknown", "near": candidates, "names": ()}
            )
            return tuple(replace(ref, **open_ref) if ref.name == name else ref for ref in refs)

        frame = replace(
            frame, sources=change(frame.sources), destinations=change(frame.destinations)
        )
    return frame


def _split_clauses(text: str) -> list[str]:
    """Split "can A reach B and who can reach C" before the second question."""
    pattern = (
        r",?\s+\b(?:and|or)\s+(?:also\s+)?(?=(?:can|could|is|are|does|do|why|who|what|"
        r"which|where|how|will|would|may)\b\s+(?!of\b))"
    )
    return [piece for piece in re.split(pattern, text, flags=re.I) if piece.strip()]


def _is_new_question(reading: Reading, frame: Frame | None) -> bool:
    """Return whether a message stands on its own."""
    if frame is None or frame.intent in ("ask", "decline", "docs", "list"):
        return bool(
            frame
            and (
                (frame.intent == "decline" and frame.kind)
                or (frame.intent in ("docs", "list") and len(reading.text.split()) > 4)
            )
        )
    if (
        _CORRECTION.search(reading.text)
        and len(reading.text.split()) <= 10
        and not (frame.sources and frame.destinations)
    ):
        return False
    if frame.intent == "inspect":
        return not _ELLIPTIC.match(reading.text) or bool(reading.named("policy"))
    if frame.intent in ("reach", "who_can", "what_can"):
        lead = _LEAD.sub("", reading.text)
        whole = bool(frame.sources and frame.destinations)
        return (
            whole
            or bool(
                re.match(
                    r"(?:who|what|which|where|list|show|can|could|is|are|does|do|why|will|"
                    r"would|may|by|from (?:where|whom|which))\b",
                    lead,
                    re.I,
                )
            )
            or len(lead.split()) > 6
        )
    return True


def _refer(piece: str, state: Frame, vocabulary: Vocabulary) -> str:
    """Put the names of the earlier question in the place of pronouns."""
    if not state.ends or _DUMMY.search(piece):
        return piece
    subject = state.sources[0] if state.sources else state.destinations[0]
    thing = state.destinations[0] if state.destinations else state.sources[0]
    if is_open(subject) or is_open(thing):
        return piece
    text, count = _SUBJECT.subn(lambda match: f"{match[1]}{subject.name}", piece, count=1)
    if count:
        return text
    return _OBJECT.sub(thing.name, piece, count=1)


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
        r"\s*(?:port\s+)?(\d{1,5})(?:/(tcp|udp))?\s*[?.!]*", _LEAD.sub("", reading.slots.text), re.I
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
    if new.kind == "namespace":
        return None
    base = {name.rpartition("/")[2].rpartition(":")[2] for name in new.names}
    for ref in state.ends:
        if {name.rpartition("/")[2] for name in ref.names} & base or ref.kind == "unknown":

            def change(refs: tuple[Ref, ...], old: Ref = ref) -> tuple[Ref, ...]:
                return tuple(new if item == old else item for item in refs)

            return replace(
                state, sources=change(state.sources), destinations=change(state.destinations)
            )
    if len(state.ends) == 1:
        return replace(
            state,
            sources=(new,) if state.sources else (),
            destinations=(new,) if state.destinations else (),
        )
    return replace(state, destinations=(new,), alternative=replace(state, sources=(new,)))


def _follow_list(reading: Reading, state: Frame) -> Frame | None:
    if state.intent == "list" and (spaces := reading.named("namespace")):
        return replace(state, sources=spaces)
    return None


def _answer_ask(plain: str, reading: Reading, state: Frame) -> tuple[Frame, ...]:
    """Return the frame that an answer to "which way?" or "from where?" completes."""
    found = Frame(
        intent="reach",
        sources=state.sources,
        destinations=state.destinations,
        ports=state.ports or reading.slots.ports,
    )
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
