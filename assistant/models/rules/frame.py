"""What a question was understood to ask: an intent and its slots."""

from dataclasses import dataclass, field
from typing import Literal

from assistant.models.rules.slots import PortText

__all__ = ["Frame", "Intent", "Ref"]

Intent = Literal[
    "reach",
    "who_can",
    "what_can",
    "policies",
    "inspect",
    "list",
    "size",
    "docs",
    "check",
    "draft",
    "mend",
    "remove",
    "help",
    "greeting",
    "thanks",
    "decline",
    "ask",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ref:
    """One end of a question: the words that named it and what they may mean."""

    text: str
    """As written, for asking back."""
    names: tuple[str, ...] = ()
    """Canonical names that fit equally; one when it is clear, none when nothing is known."""
    kind: str = "workload"
    """`workload`, `service`, `pod`, `namespace`, `policy`, `node`, `address`, `dns`, `entity`,
    `any` (everyone, anything) or `unknown`."""
    guessed: bool = False
    """Whether the words are misspelt, part of the name, or what it is ("the database")."""
    near: tuple[str, ...] = ()
    """For an unknown name: what comes close."""
    within: str = ""
    """For `any`: the namespace that it is narrowed to ("who in staging")."""

    @property
    def name(self) -> str:
        """Return the one name, or the words themselves when nothing is known."""
        return self.names[0] if self.names else self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One question, understood; a follow-up changes a slot of it and keeps the rest."""

    intent: Intent
    sources: tuple[Ref, ...] = ()
    destinations: tuple[Ref, ...] = ()
    ports: tuple[PortText, ...] = ()
    """Several ask for the answer on each of them."""
    http: str = ""
    host: str = ""
    within: tuple[str, ...] = ()
    """Namespaces whose rows alone are told of a list of peers; none: all."""
    both_ways: bool = False
    negated: bool = False
    """The question says "not": the answer must start with the fact, not with yes or no."""
    explain: bool = False
    """The question asks for the reason or the rule rather than the verdict."""
    kind: str = ""
    """Of what to inspect or list; `unclear` for an `ask` after names without a word for them."""
    namespace: str = ""
    arguments: dict[str, object] = field(default_factory=dict)
    """Of the tool that `kind` names, for `size`, `docs` and `check`."""
    text: str = ""
    """What to say for `decline`, `ask` and `help`."""
    symptom: str = ""
    """The trouble that a question about a connection tells of; its cause is looked for where
    policies allow the connection."""
    told: bool = False
    """Whether the trouble is told rather than asked about: then its cause is looked for in any
    case."""
    earlier: "Frame | None" = None
    """What was asked for before the last change of it, for "undo that"."""
    alternative: "Frame | None" = None
    """A second reading that fits as well; the answer is only final when both agree."""

    @property
    def ends(self) -> tuple[Ref, ...]:
        """Return both ends' names, sources first."""
        return (*self.sources, *self.destinations)

    @property
    def is_unread(self) -> bool:
        """Return whether nothing was understood, or only the names and not what is asked."""
        if self.intent == "decline":
            return not self.kind
        return self.intent == "ask" and self.kind == "unclear"

    @property
    def is_path(self) -> bool:
        """Return whether it asks about connections."""
        return self.intent in ("reach", "who_can", "what_can")
