"""What the strict reader takes as said of everything else, and what leans on the clause before."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tools.intents.clause_phrases import FILL, PARTS, TRAFFIC, WHO
from tools.intents.clause_values import Again, Keep, Part, Refine, Rest, Tail, Who
from tools.intents.clause_words import PERSONS
from tools.intents.combinators import alt, maybe, said, seq, sign
from tools.intents.frames import Sign

__all__ = ["REFINES", "RESTS", "TAILS", "is_person"]

_ONLY = maybe(sign("ONLY"))
_CLOSED = alt(
    sign("DENIED", "UNALLOWED"),
    seq(sign("MAY"), maybe(sign("BE")), sign("DENIED")),
    seq(sign("MAYNOT"), sign("BE"), sign("ALLOWED")),
    seq(sign("BE"), sign("DENIED")),
    seq(maybe(sign("MAY")), maybe(sign("BE")), said("closed|sealed|shut", "ISOLATED")),
)


def is_person(words: str) -> bool:
    """Say whether words for everything else mean whoever connects."""
    return bool(PERSONS.search(words))


def _others(found: Sign) -> list[Any]:
    side = None
    low = found.said.lower()
    if "egress" in low or "outbound" in low:
        side = "egress"
    elif "ingress" in low or "inbound" in low:
        side = "ingress"
    return [Rest(said=found.said, subject=is_person(low), side=side)]  # type: ignore[arg-type]


def _toward(found: Sign, parts: Sequence[Part]) -> list[Any] | None:
    if len(parts) != 1 or parts[0].who is None or parts[0].role not in ("to", "from", "of", "in"):
        return None
    side = "egress" if parts[0].role == "from" else "ingress"
    low = found.said.lower()
    told = [
        name
        for name, words in (("egress", ("egress", "outbound")), ("ingress", ("ingress", "inbound")))
        if any(one in low for one in words)
    ]
    if told and parts[0].role in ("of", "in"):
        side = told[0]
    elif told and told[0] != side:
        return None
    return [Rest(said=found.said, toward=parts[0].who, side=side)]  # type: ignore[arg-type]


def _within(found: Who, whose: Who) -> list[Any] | None:
    """Read `everything else in x is off limits for them`."""
    if not found.rest or not found.ends or whose.rest:
        return None
    return [Rest(said=found.rest, within=replace(found, rest=""), side="egress")]


_BODIES = re.compile(r"\b(?:nobody|no[\s-]?one|every(?:one|body)|any(?:one|body))\b", re.I)


def _among(who: Who) -> list[Any] | None:
    """Read `..., nothing else in x`, and `..., nobody else in x`, which is about who connects."""
    if not who.rest or not who.ends:
        return None
    bodies = bool(_BODIES.search(who.rest))
    if not bodies and is_person(who.rest):
        # `no other pod in x` may be about either end.
        return None
    side = "ingress" if bodies else "egress"
    return [Rest(said=who.rest, within=replace(who, rest="", nobody=False), side=side)]  # type: ignore[arg-type]


RESTS = alt(
    seq(FILL, WHO, make=lambda _f, who: _among(who)),
    seq(FILL, sign("NELSE"), FILL, make=lambda _f, one, _g: [Rest(said=one.said, joined=True)]),
    seq(
        FILL,
        sign("NELSE"),
        sign("FROM", "BY", "TO"),
        sign("P"),
        FILL,
        make=lambda _f, one, _p, end, _g: (
            [Rest(said=one.said, joined=True)] if end.value.everyone else None
        ),
    ),
    seq(
        FILL,
        sign("NELSE"),
        sign("MAY", "ALLOWED"),
        FILL,
        make=lambda _f, one, _m, _g: [Rest(said=one.said, subject=is_person(one.said))],
    ),
    seq(
        FILL,
        sign("NELSE"),
        alt(
            seq(sign("ALLOWED"), sign("TO", "IN")),
            seq(
                maybe(sign("MAY")),
                alt(sign("REACH"), said("get|gets|come|comes", "GETIN")),
                maybe(sign("TO", "IN")),
            ),
        ),
        WHO,
        make=lambda _f, one, _a, who: (
            None if who.rest or who.nobody else [Rest(said=one.said, toward=who, side="ingress")]
        ),
    ),
    seq(
        FILL,
        sign("PELSE"),
        sign("MAYNOT"),
        FILL,
        make=lambda _f, one, _m, _g: [Rest(said=one.said, subject=is_person(one.said))],
    ),
    seq(FILL, sign("PELSE"), FILL, _CLOSED, FILL, make=lambda _f, one, _h, _c, _g: _others(one)),
    seq(
        FILL,
        sign("PELSE"),
        FILL,
        PARTS,
        FILL,
        _CLOSED,
        FILL,
        make=lambda _f, one, _h, parts, _i, _d, _g: _toward(one, parts),
    ),
    seq(
        FILL,
        WHO,
        _CLOSED,
        sign("FOR", "TO"),
        WHO,
        make=lambda _f, who, _c, _p, whose: _within(who, whose),
    ),
    seq(
        FILL,
        sign("DENY"),
        sign("PELSE"),
        PARTS,
        FILL,
        make=lambda _f, _d, one, parts, _g: _toward(one, parts) if parts else _others(one),
    ),
    seq(
        FILL,
        sign("CUT", "KEEP", "ISO"),
        sign("PELSE"),
        alt(sign("OUT"), sign("BREAKOFF")),
        make=lambda _f, _k, one, _o: [Rest(said=one.said, subject=True)],
    ),
    seq(
        FILL,
        sign("KEEP"),
        sign("PELSE"),
        maybe(seq(sign("OF", "IN"), sign("P"))),
        alt(said("alone", "ONLY"), sign("KEEPWORK")),
        make=lambda *_: [Keep(topics=())],
    ),
    seq(
        FILL,
        sign("PELSE"),
        FILL,
        maybe(sign("MAY")),
        sign("ASBEFORE"),
        make=lambda *_: [Keep(topics=())],
    ),
    seq(FILL, sign("KEEP"), sign("PELSE"), sign("ASBEFORE"), make=lambda *_: [Keep(topics=())]),
    seq(
        FILL,
        WHO,
        maybe(sign("MAY")),
        said("stay|stays|remain|remains", "BE"),
        sign("ABLE"),
        make=lambda _f, who, _m, _b, _a: (
            None if who.rest or who.nobody or who.only else [Keep(topics=())]
        ),
    ),
    seq(FILL, sign("NOMORE"), make=lambda *_: [Keep(topics=())]),
    seq(
        FILL,
        sign("RESTN"),
        maybe(sign("ALLOWED")),
        make=lambda _f, one, _a: [Rest(said=one.said, traffic=True)],
    ),
    seq(
        FILL,
        sign("RESTP"),
        FILL,
        _CLOSED,
        make=lambda _f, one, _g, _d: [Rest(said=one.said, traffic=True)],
    ),
    seq(
        FILL,
        sign("DENY"),
        sign("RESTP"),
        make=lambda _f, _d, one: [Rest(said=one.said, traffic=True)],
    ),
    seq(
        FILL,
        sign("NOT"),
        maybe(sign("TO", "ON")),
        sign("RESTP"),
        make=lambda _f, _n, _t, one: [Rest(said=one.said, traffic=True)],
    ),
    seq(
        FILL,
        sign("TO", "FROM", "BY"),
        sign("NELSE"),
        FILL,
        make=lambda _f, lead, one, _g: [
            Rest(said=one.said, side="egress" if lead.symbol == "TO" else "ingress")
        ],
    ),
    seq(
        FILL,
        sign("NELSE"),
        sign("FROM", "TO"),
        WHO,
        FILL,
        make=lambda _f, one, lead, who, _g: [
            Rest(said=one.said, toward=who, side="egress" if lead.symbol == "FROM" else "ingress")
        ],
    ),
)
"""`nothing else`, `others may not`, `everything else into x is denied`, `no other ports`."""


def _leaning(who: Who, role: Any, passes: Any, *, negative: bool = False) -> list[Any] | None:
    if who.rest:
        return None
    return [Tail(who=who, role=role, negative=negative, passing=passes[0] if passes else ())]


_AGAIN = seq(
    FILL,
    sign("DENY"),
    alt(sign("IT"), said("that|this", "THAT", "ART")),
    FILL,
    make=lambda _f, _d, _i, _g: [Again()],
)
"""`..., revoke that`: what was denied before is denied."""
REFINES = seq(
    maybe(sign("(")),
    maybe(sign("AND")),
    sign("ONLY"),
    TRAFFIC,
    maybe(sign(")")),
    make=lambda _a, _n, _o, t, _b: None if t[2] else [Refine(passing=t[0])],
)
TAILS = alt(
    _AGAIN,
    seq(
        FILL,
        WHO,
        sign("MAY", "MAYNOT"),
        FILL,
        make=lambda _f, who, m, _g: (
            None
            if who.rest or "only" in m.said.lower()
            else _leaning(who, "subject", None, negative=m.symbol == "MAYNOT")
        ),
    ),
    seq(
        FILL,
        WHO,
        sign("BE"),
        sign("NOT"),
        make=lambda _f, who, _b, _n: (
            None if who.rest else _leaning(who, "subject", None, negative=True)
        ),
    ),
    seq(
        sign("NOT"),
        sign("BY", "FROM"),
        WHO,
        maybe(TRAFFIC),
        make=lambda _n, _p, who, t: _leaning(who, "source", t, negative=True),
    ),
    seq(
        sign("NOT"),
        sign("TO"),
        WHO,
        maybe(TRAFFIC),
        make=lambda _n, _p, who, t: _leaning(who, "destination", t, negative=True),
    ),
    seq(
        sign("NOT"),
        WHO,
        maybe(TRAFFIC),
        make=lambda _n, who, t: _leaning(who, "object", t, negative=True),
    ),
    seq(
        _ONLY,
        sign("BY", "FROM"),
        WHO,
        maybe(TRAFFIC),
        make=lambda only, _p, who, t: _leaning(
            replace(who, only=who.only or bool(only)), "source", t
        ),
    ),
    seq(
        sign("ONLY"),
        sign("TO"),
        WHO,
        maybe(TRAFFIC),
        make=lambda _o, _p, who, t: _leaning(replace(who, only=True), "destination", t),
    ),
    REFINES,
    seq(
        sign("("),
        sign("AND"),
        sign("ONLY"),
        maybe(sign("THAT", "ART")),
        sign("PORTNOUN"),
        sign(")"),
        make=lambda *_: [Refine()],
    ),
    seq(sign("ONLY"), maybe(sign("THAT", "ART")), sign("PORTNOUN"), make=lambda *_: [Refine()]),
)
"""`b may, too`, `but not c`, `and from d`, `and only on 80`."""
