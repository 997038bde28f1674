"""Orders: `allow a to call b`, `block 22 from a to b`, `prevent a from calling b`."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tools.intents.clause_actions import ACTING, ACTION, PASSIVE
from tools.intents.clause_closings import NOMINAL
from tools.intents.clause_nouns import connection, exposure, named_pair
from tools.intents.clause_phrases import DEALS, FILL, HEAD, NOUN, PARTS, TRAFFIC, WHO
from tools.intents.clause_values import Action, Event, Part, Who, spread
from tools.intents.combinators import Rule, alt, lazy, many, maybe, said, seq, sign
from tools.intents.frames import Sign

__all__ = ["MODAL", "ORDERS", "is_wide"]

_ONLY = maybe(sign("ONLY"))


def _may(found: Sequence[Sign]) -> tuple[bool, bool]:
    """Return whether modals deny, and whether they hold `only`."""
    low = [word for one in found for word in one.said.lower().split()]
    only = any(one in low for one in ("only", "solely", "exclusively", "just"))
    return sum(one.symbol == "MAYNOT" for one in found) % 2 == 1, only


MODAL = seq(many(sign("MAY", "MAYNOT"), least=1), FILL, make=lambda found, _: _may(found))


def is_wide(who: Who) -> bool:
    """Say whether everyone or nobody is meant."""
    return who.nobody or any(end.everyone for end in who.ends)


_VERB = alt(
    seq(sign("ALLOW", "GIVE"), make=lambda _: False),
    seq(sign("DENY", "CUT"), make=lambda _: True),
)


_ABLE_TO = seq(
    FILL,
    _VERB,
    WHO,
    maybe(sign("POSS")),
    sign("ABILITY"),
    ACTION,
    make=lambda _f, deny, who, _p, _a, act: (
        None if who.rest or who.nobody else list(spread(who, act, deny=deny))
    ),
)


_LEAD = seq(FILL, _ONLY, maybe(sign("TO")), make=lambda _f, only, _t: bool(only))


def _let(only: bool, deny: bool, who: Who, action: Action, *, late: bool) -> list[Any] | None:
    if who.rest or who.each or (deny and (only or late)):
        return None
    who = replace(who, only=who.only or only)
    events = spread(who, action, deny=deny, only=late)
    # Who is let do something is not who the sentence is about.
    return [replace(one, topic="") if action.out and not deny else one for one in events]


_LET = seq(
    _LEAD,
    _VERB,
    WHO,
    _ONLY,
    maybe(sign("TO")),
    _ONLY,
    FILL,
    ACTION,
    make=lambda only, deny, who, l1, _t, l2, _f, act: _let(
        only, deny, who, act, late=bool(l1 or l2)
    ),
)


_HELD = seq(
    FILL,
    sign("LIMIT", "NEED"),
    WHO,
    sign("TO"),
    _ONLY,
    maybe(MODAL),
    FILL,
    ACTION,
    make=lambda _f, verb, who, _t, only, _m, _g, act: (
        None
        if who.rest or who.nobody
        else list(spread(who, act, deny=False, only=bool(only) or verb.symbol == "LIMIT"))
    ),
)
"""`restrict a to only call b`, `require x to be reachable only from y`"""


_IT_SAYS = seq(sign("IT", "ART"), lazy(lambda: _TOLD), make=lambda _, items: items)
"""`It denies POST on x`: the policy does."""


_MADE = seq(
    FILL,
    sign("MAKE"),
    WHO,
    PASSIVE,
    make=lambda _f, _m, who, act: (
        None if who.rest or not (act.deals or act.negative) else list(spread(who, act, deny=False))
    ),
)


_PREVENT = seq(
    FILL,
    sign("DENY", "CUT", "KEEP"),
    WHO,
    maybe(sign("FROM")),
    FILL,
    ACTING,
    make=lambda _f, _v, who, _p, _g, act: None if who.rest else list(spread(who, act, deny=True)),
)


_ORDER = seq(
    _LEAD,
    alt(_VERB, seq(alt(sign("EXPOSE"), said("open", "ABLE")), make=lambda _: False)),
    _ONLY,
    NOMINAL,
    make=lambda only, deny, late, nominal: connection(
        nominal[0], nominal[1], deny=deny, only=bool(only or late)
    ),
)


_PASS = seq(
    _LEAD,
    _VERB,
    maybe(NOUN),
    TRAFFIC,
    PARTS,
    make=lambda only, deny, _n, t, parts: connection(
        (None, False), [Part(role="t", passing=t[0], only=t[1]), *parts], deny=deny, only=only
    ),
)


_PASS_BUT = seq(
    FILL,
    sign("DENY"),
    WHO,
    sign("EXCEPT", "BUT"),
    TRAFFIC,
    PARTS,
    make=lambda _f, _d, who, _e, t, parts: (
        None
        if not is_wide(who) or who.excepted
        else connection(
            (None, False), [Part(role="t", passing=t[0], only=True), *parts], deny=False
        )
    ),
)
"""`refuse anything but GET to x`"""


_THERE = seq(
    _LEAD,
    _VERB,
    _ONLY,
    sign("FROM", "TO"),
    WHO,
    maybe(TRAFFIC),
    make=lambda only, deny, late, lead, who, t: _there(
        replace(who, only=who.only or bool(only or late)), lead, t[0] if t else (), deny=deny
    ),
)
"""`allow from a`, behind what it is about"""


def _there(who: Who, lead: Sign, passing: Any, *, deny: bool) -> list[Any] | None:
    if who.rest or who.nobody or who.pronoun:
        return None
    it = Who(pronoun=True)
    inward = lead.symbol == "FROM"
    ends = {"sources": who, "destinations": it} if inward else {"sources": it, "destinations": who}
    topic = "destination" if inward else "source"
    return [Event(effect="deny" if deny else "allow", passing=passing, topic=topic, **ends)]  # type: ignore[arg-type]


_PAIR = seq(
    _LEAD,
    _VERB,
    _ONLY,
    WHO,
    maybe(seq(maybe(sign("POSS")), HEAD, make=lambda _, head: head)),
    PARTS,
    make=lambda only, deny, late, who, head, parts: named_pair(
        replace(who, only=who.only or bool(only or late)),
        [*parts, *([Part(role=head[0])] if head and head[0] else [])],
        deny=deny,
    ),
)


_GIVE = seq(
    FILL,
    sign("GIVE"),
    WHO,
    NOUN,
    DEALS,
    make=lambda _f, _v, who, _n, deals: list(
        spread(who, Action(out=True, deals=deals), deny=False)
    ),
)


_AWAY = seq(
    FILL,
    sign("CUT", "DENY"),
    WHO,
    maybe(said("away|out", "BREAKOFF")),
    sign("FROM"),
    DEALS,
    make=lambda _f, _v, who, _b, _p, deals: list(
        spread(who, Action(out=True, deals=deals), deny=True)
    ),
)


_OPEN = seq(
    FILL,
    alt(sign("EXPOSE"), said("open", "ABLE")),
    maybe(seq(TRAFFIC, sign("ON", "OF", "IN"))),
    WHO,
    maybe(sign("ABLE")),
    PARTS,
    make=lambda _f, _v, t, who, _a, parts: exposure(t[0][0] if t else (), who, parts),
)


_TOLD: Rule = alt(_ORDER, _PASS, _LET, _PAIR)
ORDERS: Rule = alt(
    _PREVENT,
    _AWAY,
    _GIVE,
    _PAIR,
    _LET,
    _MADE,
    _ORDER,
    _PASS,
    _PASS_BUT,
    _THERE,
    _HELD,
    _IT_SAYS,
    _OPEN,
    _ABLE_TO,
)
"""What a clause in the imperative says."""
