"""Follow-ups: what a message means after what was asked before it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assistant.models.rules.book import name_range, read_book
from assistant.models.rules.brief import ask_again, is_echo
from assistant.models.rules.choices import choose, is_open
from assistant.models.rules.design import complete_design, read_design
from assistant.models.rules.design_followups import change_plan, follows_plan
from assistant.models.rules.drafting import (
    amend_request,
    change_request,
    draft_of,
    read_request,
    request_of,
)
from assistant.models.rules.ellipsis import complete_ellipsis
from assistant.models.rules.followups import (
    CORRECTION,
    ELLIPTIC,
    LEAD,
    MEMBER,
    FollowUps,
    answer_ask,
)
from assistant.models.rules.frame import Frame, Ref
from assistant.models.rules.intents import route
from assistant.models.rules.leftovers import ask_left_out, take_bare_ports
from assistant.models.rules.lexicon import ABILITY
from assistant.models.rules.nearest import doubt_frame, guess_frame
from assistant.models.rules.observed import without_flows
from assistant.models.rules.plan import settle_ends
from assistant.models.rules.pronouns import refer
from assistant.models.rules.reading import Reading, mend, read, read_names
from assistant.models.rules.said import Said, doubt
from assistant.models.rules.symptoms import follow, is_told
from assistant.models.rules.tasks import (
    as_mend,
    is_least_privilege,
    refers_back,
    split_mend,
    split_need,
)
from assistant.models.rules.topics import read_topic
from assistant.models.rules.unread import heed_unread
from assistant.models.rules.vocabulary import Vocabulary
from assistant.models.rules.ways import read_way
from assistant.models.rules.words import normalise, split_clauses, split_questions

if TYPE_CHECKING:
    from tools.intents import Amended

__all__ = ["Interpreter"]

_MOST_PIECES = 6
_MOST_OF_A_CHANGE = 12
"""Words of a message that only changes a draft."""
_WORTH_MENDING = ("check", "policies", "remove")
"""Besides connections: what a question with corrected spelling may turn out to ask."""
_THIS_POLICY = re.compile(
    r"^(?:(?:please|can you|could you)\s+)?(?:what|whom?|how|explain|describe|show|tell)\b.{0,40}"
    r"\b(?:this|that|the|my)\s+(?:\w+\s+)?(?:policy|netpol|c?cnp|\w+polic(?:y|ies))\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Interpreter:
    """Turns what a person said, message by message, into frames."""

    vocabulary: Vocabulary
    port_names: frozenset[str]
    choose_reading: Callable[[str, str], str] | None = None
    """Completes a request for a policy by the answer to the question which reading is meant."""
    change_draft: "Callable[[str, str], Amended | None] | None" = None
    """Changes a request that was drafted by what is said after it."""
    asks_for_policy: Callable[[str], bool] | None = None
    """Says whether a message can be read as a request for a policy on this network."""
    has_flows: bool = False
    """Whether the workspace holds flows, so that what was observed can be asked about."""
    read_further: Callable[[str, Frame | None], Frame | None] | None = None
    """Reads a message of which the rules make nothing, after the question before it."""

    def interpret(self, messages: Sequence[Said]) -> tuple[Frame, ...]:
        """Return what the last message asks, in the light of those before it."""
        state: Frame | None = None
        frames: tuple[Frame, ...] = ()
        for message in messages:
            frames = self._interpret_one(message.text, state)
            if self.read_further and len(frames) == 1 and frames[0].is_unread:
                further = self.read_further(message.text, state)
                frames = (further,) if further else frames
            if not self.has_flows:
                frames = tuple(map(without_flows, frames))
            kept = [
                frame
                for frame in frames
                if frame.intent not in ("greeting", "thanks", "help", "decline")
            ]
            state = doubt(kept[-1], message.doubts) if kept else state
        return frames

    def _interpret_one(self, message: str, state: Frame | None) -> tuple[Frame, ...]:
        plain = normalise(message)
        answered = self._answer_back(plain, state) if state else ()
        if answered:
            return answered
        if found := self._read_whole(message, plain, state):
            return found
        parts = self._fold_topics(split_questions(plain))
        pieces = [piece for part in parts for piece in split_clauses(part)]
        frames: list[Frame] = []
        for piece in pieces[:_MOST_PIECES]:
            if frames and frames[-1].is_path and is_echo(piece):
                continue
            frame = self._interpret_piece(piece, frames[-1] if frames else state)
            if frame is None:
                continue
            if frame == Frame(intent="decline") and piece.endswith("?") and len(pieces) > 1:
                frame = replace(frame, kind="part", text=piece)
            if (
                frames
                and frame.explain
                and replace(frame, explain=frames[-1].explain) == frames[-1]
            ):
                frames[-1] = frame
            else:
                frames.append(frame)
        if len(pieces) > _MOST_PIECES:
            text = (
                f"That is {len(pieces)} questions; ask those after the first {_MOST_PIECES} again."
            )
            frames.append(Frame(intent="ask", text=text))
        frames = [settle_ends(frame, self.vocabulary.cluster) for frame in frames]
        if len(frames) > 1 and any(frame.intent == "docs" for frame in frames):
            whole = read_topic(plain)
            frames = [frame for frame in frames if frame.intent not in ("docs", "decline", "ask")]
            frames += [whole] if whole else []
        useful = [frame for frame in frames if frame.intent != "decline" or frame.kind]
        useful = useful or frames[:1] or [Frame(intent="decline")]
        return follow(message, useful)

    def _interpret_design(self, plain: str, state: Frame | None) -> tuple[Frame, ...]:
        """Return the design that a whole message asks for, or changes of an earlier one."""
        if state and follows_plan(plain, state) and (changed := change_plan(plain, state)):
            return (changed,)
        design = read_design(plain)
        if read_way(read(plain, self.vocabulary, self.port_names), self.vocabulary.cluster):
            return ()
        if design is None or (design.intent != "size" and design.kind != "design"):
            return ()
        # Its numbers often stand in several sentences; they belong to one plan.
        whole = route(read(plain, self.vocabulary, self.port_names))
        if whole and whole.intent == "size":
            return (whole, *_further_plans(plain, whole))
        return (whole,) if whole and whole.kind == "design" else ()

    def _answer_back(self, plain: str, state: Frame | None) -> tuple[Frame, ...]:
        """Return the earlier question, completed by the answer to our question back."""
        if state is None or len(plain.split()) > 14:
            return ()
        if state.kind == "book" and state.intent == "ask":
            named = name_range(plain, state)
            return (named,) if named else ()
        if state.kind == "design" and state.intent == "ask":
            completed = complete_design(plain, state)
            return (completed,) if completed else ()
        reading = read(plain, self.vocabulary, self.port_names)
        names = read_names(reading.slots.text, self.vocabulary)
        if any(is_open(ref) for ref in state.ends):
            if _is_new_question(reading, route(reading)):
                return ()
            return choose(state, plain, names)
        if state.intent != "ask":
            return ()
        return answer_ask(plain, reading, state)

    def _read_whole(self, message: str, plain: str, state: Frame | None) -> tuple[Frame, ...]:
        """Return what a message asks that must not be cut into sentences first."""
        frame = self._amended(message, state) or self._mend_path(plain, state) or read_book(plain)
        frame = frame or self._read_request(message, plain, state)
        if frame:
            return (frame,)
        return self._interpret_design(plain, state)

    def _read_request(self, message: str, plain: str, state: Frame | None) -> Frame | None:
        """Return the policy that a message asks for, alone or after what was said before."""
        if state and (frame := request_of(plain, state) or change_request(plain, state)):
            return frame
        reading = read(plain, self.vocabulary, self.port_names)
        if is_least_privilege(reading) and not (":" in message and self._asks(message)):
            return None
        frame = read_request(message.strip(), reading)
        if frame is None and self._asks(message):
            frame = draft_of(message.strip())
        mended = mend(plain, self.vocabulary) if frame is None else plain
        if mended != normalise(plain):
            corrected = read(mended, self.vocabulary, self.port_names)
            frame = read_request(message.strip(), corrected)
        if frame:
            return frame
        if state and state.intent == "draft" and self.choose_reading:
            request = self.choose_reading(str(state.arguments.get("request", "")), message)
            if request:
                return replace(state, arguments={**state.arguments, "request": request})
        return None

    def _asks(self, message: str) -> bool:
        """Return whether a message can be read as a request; what tells of trouble is none."""
        return bool(self.asks_for_policy and not is_told(message) and self.asks_for_policy(message))

    def _amended(self, message: str, state: Frame | None) -> Frame | None:
        """Return the earlier draft with a change that a short message asks for."""
        if state and state.intent == "ask" and state.kind == "amend":
            state = state.earlier
        short = len(message.split()) <= _MOST_OF_A_CHANGE
        if not (state and state.intent == "draft" and self.change_draft and short):
            return None
        return amend_request(state, message, self.change_draft)

    def _mend_path(self, plain: str, state: Frame | None) -> Frame | None:
        """Return the connection that shall be mended: named with it, or asked about before."""
        if needed := split_need(plain):
            return as_mend(self._interpret_piece(needed, state))
        rest = split_mend(plain)
        if rest is None:
            return as_mend(state) if state and refers_back(plain) else None
        return as_mend(self._interpret_piece(rest, state) if rest else state)

    def _interpret_piece(self, piece: str, state: Frame | None) -> Frame | None:
        if state and (same := ask_again(piece, state)):
            return same
        if completed := self._complete(piece, state):
            return completed
        refers = state is not None and not MEMBER.search(piece)
        text = refer(piece, state, self.vocabulary) if state and refers else piece
        reading = read(text, self.vocabulary, self.port_names)
        frame = read_way(reading, self.vocabulary.cluster) or route(reading)
        if frame is None or frame.intent == "ask" or frame.alternative or _has_unknown(frame):
            reading, frame = self._mend(text, reading, frame)
        if frame and frame.is_path:
            frame = take_bare_ports(frame, reading, self.port_names)
        frame = self._ask_path(reading, frame)
        if state and not _is_new_question(reading, frame):
            follow = FollowUps(self.vocabulary).follow(piece, reading, state)
            if follow:
                return heed_unread(follow, reading)
        if frame is None and not reading.refs and _THIS_POLICY.search(piece):
            frame = _only_policy(self.vocabulary)
        if frame is None:
            return guess_frame(reading)
        frame = ask_left_out(doubt_frame(frame, reading), reading)
        return heed_unread(frame, reading)

    def _fold_topics(self, parts: Sequence[str]) -> list[str]:
        """Return "and A? can that reach B?" as "can A reach B?"."""
        folded: list[str] = []
        for part in parts:
            topic = read(folded[-1], self.vocabulary, self.port_names) if folded else None
            pronoun = re.match(rf"({ABILITY}\s+(?:not\s+)?)(?:that|it|this|they)\b", part, re.I)
            named = topic and re.fullmatch(r"(?:the\s+)?@0@\W*", LEAD.sub("", topic.shape))
            if topic and pronoun and named and len(topic.refs) == 1:
                name = topic.refs[0].name if len(topic.refs[0].names) == 1 else topic.refs[0].text
                folded[-1] = f"{pronoun[1]}{name}{part[pronoun.end() :]}"
            else:
                folded.append(part)
        return folded

    def _complete(self, piece: str, state: Frame | None) -> Frame | None:
        """Return what an elliptic message asks, or None.

        Before pronouns are filled in: in "and X, does that one get in" it stands for X.
        """
        if state is None or not state.is_path:
            return None
        return complete_ellipsis(read(piece, self.vocabulary, self.port_names), state)

    def _ask_path(self, reading: Reading, frame: Frame | None) -> Frame | None:
        """Ask for the path of a method where rules look at paths."""
        method = reading.slots.method_only
        if not (method and frame and frame.intent == "reach" and self.vocabulary.has_http_rules):
            return frame
        text = f"Which path does the {method} request have?"
        return replace(frame, intent="ask", kind="path", http=method, text=text)

    def _mend(
        self, text: str, reading: Reading, frame: Frame | None
    ) -> tuple[Reading, Frame | None]:
        """Return the reading with misspelt words corrected, if that makes more of it."""
        mended = mend(text, self.vocabulary)
        if mended == normalise(text):
            return reading, frame
        again = read(mended, self.vocabulary, self.port_names)
        better = route(again)
        if better is None or not (better.is_path or better.intent in _WORTH_MENDING):
            return reading, frame
        if frame and frame.alternative and better.alternative:
            return reading, frame
        if frame and _has_unknown(frame) and _has_unknown(better):
            return reading, frame
        return again, better


def _has_unknown(frame: Frame) -> bool:
    return any(ref.kind == "unknown" for ref in frame.ends)


def _further_plans(text: str, first: Frame) -> tuple[Frame, ...]:
    """Return the plans that short further questions of the same text ask for ("and 60?")."""
    plans = [first]
    for piece in split_questions(text)[1:]:
        if changed := change_plan(piece, plans[-1]):
            plans.append(changed)
    known = [plan.arguments for plan in plans]
    return tuple(plan for index, plan in enumerate(plans) if plan.arguments not in known[:index])[
        1:
    ]


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
        CORRECTION.search(reading.text)
        and len(reading.text.split()) <= 10
        and not (frame.sources and frame.destinations)
    ):
        return False
    if re.fullmatch(r"(?:@\d+@|[\s,.?!]|\band\b)+", reading.shape):
        return False
    if frame.intent == "inspect":
        return not ELLIPTIC.match(reading.text) or bool(reading.named("policy"))
    if frame.intent in ("reach", "who_can", "what_can"):
        lead = LEAD.sub("", reading.text)
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


def _only_policy(vocabulary: Vocabulary) -> Frame | None:
    """Return the description of the one policy that there is, which needs no name."""
    name = vocabulary.only_policy
    ref = Ref(text=name, kind="policy", names=(name,))
    return Frame(intent="inspect", destinations=(ref,), kind="policy") if name else None
