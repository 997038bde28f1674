"""The signs of one clause sorted into groups by role: who, to whom, over what, and only that."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from tools.intents.frames import Group, Role, Sign
from tools.intents.parties import End
from tools.intents.traffic import Passing

__all__ = ["Sorted", "sort_signs"]

_ROLES: dict[str, Role] = {
    "FROM": "from", "TO": "to", "BY": "by", "FOR": "for", "BETWEEN": "between", "ON": "in",
}  # fmt: skip
_MAIN = (
    "COMPLAINT",
    "NOTONE",
    "REACH",
    "REACHED",
    "RECEIVE",
    "NEED",
    "EXPOSE",
    "LIMIT",
    "ISOLATE",
    "LOCK",
    "DEFAULTDENY",
    "APPLY",
)


_JOINING = (",", "AND", "BUT")


@dataclass(slots=True)
class Sorted:
    """What the signs of one clause say."""

    groups: list[Group] = field(default_factory=list)
    verbs: list[str] = field(default_factory=list)
    """Main verbs in their order."""
    effect: Literal["allow", "deny", ""] = ""
    negated: bool = False
    side: Literal["ingress", "egress"] | None = None
    both_sides: bool = False
    loose: list[Passing] = field(default_factory=list)
    """Traffic that was said before any end."""
    but_traffic: list[Passing] = field(default_factory=list)
    """Traffic that is excepted from what the clause says."""
    only_pending: bool = False
    only_traffic: bool = False
    """Whether `only` was said of ports or requests."""
    only_late: bool = False
    """Whether it was, behind the ends that connect."""
    only_verb: bool = False
    topics: set[str] = field(default_factory=set)
    """DNS, metrics and probes that are mentioned."""
    words: list[str] = field(default_factory=list)
    """Words that were not understood."""
    traffic_noun: bool = False
    passive: bool = False
    """Whether something is said to be allowed or denied."""
    other_spaces: Literal["ingress", "egress", ""] = ""
    """The direction in which other namespaces are spoken of."""
    rest_traffic: list[str] = field(default_factory=list)
    """What is said of other ports and requests, with the marks in it."""
    rest: str = ""
    """NELSE or PELSE, where the clause is about everything else."""
    wholly: bool = False
    mutual: bool = False
    enters: bool = False
    """Whether someone comes in, so that the subject may be what they come into."""
    pronoun: Role | None = None
    narrowed: list[End] = field(default_factory=list)
    """Namespaces that only said where names are to be looked for."""

    def of(self, *roles: Role) -> list[Group]:
        """Return the groups with some roles."""
        return [one for one in self.groups if one.role in roles]


@dataclass(slots=True)
class _Sorter:
    found: Sorted = field(default_factory=Sorted)
    role: Role = "subject"
    fresh: bool = True
    """Whether the next end opens a new group."""
    excepting: bool = False
    contrasted: bool = False
    """Whether what comes next is set against what was said of the last ends."""
    joined: bool = False
    last_verb: str = ""
    last_symbol: str = ""
    pending: list[Passing] = field(default_factory=list)

    def take(self, sign: Sign) -> None:
        """Take one sign."""
        if sign.symbol == self.last_symbol == "P":
            # Two names side by side: it is not clear how they belong together.
            self.found.words.append(sign.said)
        if sign.symbol == "," and self.last_symbol == "ONLY" and self.found.groups:
            # `from a only, on port 1`: it is said of the end.
            self.found.groups[-1].only, self.found.only_pending = True, False
        self.last_symbol = sign.symbol
        name = f"_{sign.symbol.lower()}"
        handler = getattr(self, name, None)
        if handler is not None:
            handler(sign)
        elif sign.symbol in _ROLES:
            self._turn(_ROLES[sign.symbol])
        elif sign.symbol in _MAIN:
            self._verb(sign.symbol)
        elif sign.symbol == "W":
            self.found.words.append(sign.said)

    def _turn(self, role: Role) -> None:
        self.role, self.fresh, self.excepting = role, True, False

    def _verb(self, symbol: str) -> None:
        self.found.verbs.append(symbol)
        self.last_verb = symbol
        if self.found.only_pending:
            self.found.only_verb, self.found.only_pending = True, False
        self._turn("object")

    def _group(self) -> Group:
        if self.fresh or not self.found.groups:
            only = self.found.only_pending or (self.found.only_verb and self.role != "subject")
            self.found.only_pending = False
            if self.role != "in":
                self.found.only_verb = False
            self.found.groups.append(
                Group(self.role, passing=self.pending, only=only, after=self.last_verb)
            )
            self.pending = []
            self.fresh = False
        return self.found.groups[-1]

    def _p(self, sign: Sign) -> None:
        assert isinstance(sign.value, End)
        if self.excepting and self.found.groups:
            self.found.groups[-1].excepted.append(sign.value)
            return
        if self.contrasted:
            self.found.words.append(f"but {sign.said}")
        last = self.found.groups[-1] if self.found.groups else None
        if not self.fresh and last and last.passing and self.joined:
            self.fresh = True
            if last.only:
                self.found.only_pending = True
        group = self._group()
        group.ends.append(sign.value)
        if self.found.only_pending:
            group.only, self.found.only_pending = True, False
        self.joined = False

    def _t(self, sign: Sign) -> None:
        assert isinstance(sign.value, Passing)
        last = self.found.groups[-1] if self.found.groups else None
        wide = last and (last.nobody or (last.ends and last.ends[-1].everyone))
        if self.excepting and last and wide and not last.excepted:
            # `nothing but GET`: nobody is meant, but no other requests.
            self.found.groups.pop()
            self.found.effect, self.found.negated = "allow", False
            self.found.loose.append(sign.value)
            self.found.only_traffic, self.excepting, self.fresh = True, False, True
            return
        if self.excepting and not (last and last.excepted):
            self.found.but_traffic.append(sign.value)
            self.excepting, self.fresh = False, True
            return
        if self.found.only_pending and (self.found.groups or not self.fresh):
            self.found.only_traffic, self.found.only_pending = True, False
            self.found.only_late = bool(self.found.of("from", "by"))
        bare = self.found.only_verb and self.fresh and not self.found.of("object", "to", "from")
        if bare and self.role == "object":
            # `only allow 80 to a`, `a may only GET /x on b`
            self.found.only_traffic, self.found.only_verb = True, False
        if self.last_verb == "REACHED" and self.fresh and self.role == "object":
            # `read (GET) by a`: what is said between the verb and who acts is about them.
            self.pending.append(sign.value)
        elif self.found.groups and not (self.fresh and self.role == "object"):
            self.found.groups[-1].passing.append(sign.value)
            self.fresh = False if self.role != "subject" else self.fresh
        else:
            self.found.loose.append(sign.value)
        self.joined = False

    def _it(self, sign: Sign) -> None:
        if self.fresh:
            self.found.pronoun = self.role

    def _and(self, sign: Sign) -> None:
        self.joined = True

    def _only(self, sign: Sign) -> None:
        if sign.said.lower() == "alone" and self.found.groups:
            self.found.groups[-1].only = True
        else:
            self.found.only_pending = True

    def _not(self, sign: Sign) -> None:
        self.found.negated = not self.found.negated

    def _getin(self, sign: Sign) -> None:
        self._verb("REACH")
        self.found.side, self.found.enters = "ingress", True

    def _getout(self, sign: Sign) -> None:
        self._verb("REACH")
        self.found.side = "egress"

    def _allow(self, sign: Sign) -> None:
        self.found.effect = self.found.effect or "allow"
        self._effect()

    def _deny(self, sign: Sign) -> None:
        self.found.effect = "deny"
        self._effect()

    def _effect(self) -> None:
        self.last_verb = "EFFECT"
        if self.found.pronoun == "subject" and not self.found.groups:
            # `It allows`: the policy does, which is no end.
            self.found.pronoun = None
        if self.found.only_pending and not self.found.groups:
            self.found.only_verb, self.found.only_pending = True, False
        self._turn("object")

    def _allowed(self, sign: Sign) -> None:
        self.found.effect = "allow"
        self.found.passive = True
        if self.found.only_pending:
            self.found.only_verb, self.found.only_pending = True, False
        self.role, self.fresh = "object", True

    def _denied(self, sign: Sign) -> None:
        self.found.effect = "deny"
        self.found.passive = True
        self.role, self.fresh = "object", True

    def _ing(self, sign: Sign) -> None:
        self.found.both_sides = self.found.both_sides or self.found.side == "egress"
        self.found.side = self.found.side or "ingress"
        self._only_side()

    def _only_side(self) -> None:
        if self.found.only_pending or (self.found.only_verb and not self.found.of("from", "to")):
            # `only egress from a to b`: a gets no other.
            self.found.only_traffic = True
            self.found.only_pending = self.found.only_verb = False

    def _eg(self, sign: Sign) -> None:
        self.found.both_sides = self.found.both_sides or self.found.side == "ingress"
        self.found.side = self.found.side or "egress"
        self._only_side()

    def _traffic(self, sign: Sign) -> None:
        self.found.traffic_noun = True

    def _none(self, sign: Sign) -> None:
        if self.role == "object" and not self.fresh:
            self.fresh = True
        group = self._group()
        group.nobody = True

    def _nelse(self, sign: Sign) -> None:
        self.found.rest = "NELSE"
        if self.fresh or not self.found.groups:
            self._group().nobody = True

    def _pelse(self, sign: Sign) -> None:
        self.found.rest = "PELSE"
        self.fresh = False

    def _restt(self, sign: Sign) -> None:
        self.found.rest_traffic.append(str(sign.value))

    def _otherspaces(self, sign: Sign) -> None:
        if {"ISOLATE", "LOCK"} & set(self.found.verbs):
            # What is inside the namespace stays open, which no group of the clause says.
            self.found.words.append(sign.said)
        self.found.rest = "PELSE"
        self.found.other_spaces = "egress" if self.role == "to" else "ingress"
        self.fresh = False

    def _onlyone(self, sign: Sign) -> None:
        if self.role in ("in", "object", "to") and not self.fresh:
            self.found.words.append(sign.said)
        if self.found.groups:
            self.found.groups[-1].only = True

    def _except(self, sign: Sign) -> None:
        self._except_now()

    def _but(self, sign: Sign) -> None:
        last = self.found.groups[-1] if self.found.groups else None
        if last and (last.nobody or (last.ends and last.ends[-1].everyone)):
            self._except_now()
        elif last and not last.nobody:
            self.contrasted = True

    def _except_now(self) -> None:
        if not self.found.groups:
            self._group()
        self.excepting = True

    def _dns(self, sign: Sign) -> None:
        self.found.topics.add("dns")

    def _metrics(self, sign: Sign) -> None:
        self.found.topics.add("metrics")

    def _probes(self, sign: Sign) -> None:
        self.found.topics.add("probes")

    def _wholly(self, sign: Sign) -> None:
        self.found.wholly = True

    def _bothways(self, sign: Sign) -> None:
        self.found.mutual = True


def _spread_only(found: Sorted) -> None:
    """Take `only to a on 1 and to b on 2` as said of both: no end is told apart by a port."""
    for group in [one for one in found.groups if one.only and one.role != "in"]:
        for other in found.of(group.role):
            if other.after != group.after:
                continue
            other.only = other.only or bool(other.ends)


def sort_signs(signs: Sequence[Sign]) -> Sorted:
    """Sort the signs of one clause by what they say of it."""
    sorter = _Sorter()
    for sign in signs:
        sorter.take(sign)
    found = sorter.found
    found.loose += sorter.pending
    if found.only_pending and found.groups:
        # `to a and b only` is said of the ends, `on 80 only` of the port.
        behind = [one.symbol for one in signs if one.symbol not in _JOINING]
        if behind[-2:] == ["T", "ONLY"]:
            found.only_traffic = found.only_late = True
        else:
            found.groups[-1].only = True
        found.only_pending = False
    _spread_only(found)
    says_traffic = found.loose or any(one.passing for one in found.groups)
    if found.only_verb and says_traffic and not any(one.only for one in found.groups):
        found.only_traffic = True
    return found
