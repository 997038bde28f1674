"""An intent in plain sentences, from which the reader gets the same intent back."""

import re
from collections.abc import Iterator

from tools.intents.phrases import say_ends, say_party, say_traffic
from topology.authoring import Anyone, Clause, Intent, Party

__all__ = ["write_intent"]

_MODES = {
    "STRICT": "must use strict mutual TLS",
    "PERMISSIVE": "use permissive mutual TLS",
    "DISABLE": "have mutual TLS disabled",
}
_PORT_MODES = {
    "STRICT": "must use strict mutual TLS",
    "PERMISSIVE": "is permissive",
    "DISABLE": "accepts plaintext only",
}


def write_intent(intent: Intent) -> str:
    """Return an intent in plain sentences."""
    sentences = list(_sentences(intent))
    heading = _heading(intent)
    if not sentences:
        return ""
    if intent.additive and not heading:
        sentences.append("This closes nothing else.")
    return f"{heading} {' '.join(sentences)}".strip()


def _heading(intent: Intent) -> str:
    if not intent.kinds:
        return ""
    kinds = " and ".join(intent.kinds)
    name = f" `{intent.name}`" if intent.name else ""
    where = f" in namespace `{intent.namespace}`" if intent.namespace else ""
    how = " in dry run" if intent.dry_run else ""
    exactly = " says exactly" if intent.exact else ""
    closes = ", closing nothing else" if intent.additive else ""
    return f"{kinds}{name}{where}{how}{exactly}{closes}:"


def _sentences(intent: Intent) -> Iterator[str]:
    closed: set[tuple[str, Party]] = {(side, one) for one, side in intent.isolate}
    lone = _lone(intent, closed)
    for clause in intent.clauses:
        yield _clause(clause, alone=clause in lone)
    for subject, side in dict.fromkeys((*_closed_by_only(intent, lone), *intent.isolate)):
        if any(_is_about(clause, side, subject) for clause in lone):
            continue
        others = any(
            one.effect == "allow" and _is_about(one, side, subject) for one in intent.clauses
        )
        word = "nothing else" if others else "nothing"
        who = say_party(subject)
        if side == "ingress":
            yield f"{_upper(word)} may reach {who.replace('every ', 'any ')}."
        else:
            yield f"{_upper(who)} may reach {word}."
    for subject, mode, ports in intent.mutual_tls:
        extra = "".join(f", but port {number} {_PORT_MODES[one]}" for number, one in ports)
        yield f"{_upper(say_party(subject))} {_MODES[mode]}{extra}."
    for subject, issuers in intent.issuers:
        names = " or ".join(f"`{one}`" for one in issuers)
        yield f"{_upper(say_party(subject))} trust tokens issued by {names}."
    if intent.keep:
        yield f"Keep {' and '.join(_KEPT[one] for one in intent.keep)} working."
    if intent.layered:
        yield "Defence in depth."


def _closed_by_only(intent: Intent, lone: list[Clause]) -> Iterator[tuple[Party, str]]:
    """Yield the ends that `only` closes and that have several clauses."""
    for clause in intent.clauses:
        if clause.only and clause not in lone and clause.side:
            yield from ((one, clause.side) for one in _subjects(clause))


_KEPT = {"dns": "DNS", "metrics": "metrics", "probes": "health probes"}


def _lone(intent: Intent, closed: set[tuple[str, Party]]) -> list[Clause]:
    """Return the clauses that are alone in opening a closed end: said with `only`."""
    found = []
    for clause in intent.clauses:
        subjects = _subjects(clause)
        same = [
            one for one in intent.clauses if one.side == clause.side and _subjects(one) == subjects
        ]
        is_closed = clause.only or (len(subjects) == 1 and (clause.side, subjects[0]) in closed)
        peers = clause.sources if clause.side == "ingress" else clause.destinations
        if clause.effect == "allow" and is_closed and len(same) == 1 and peers != (Anyone(),):
            found.append(clause)
    return found


def _subjects(clause: Clause) -> tuple[Party, ...]:
    return clause.destinations if clause.side == "ingress" else clause.sources


def _is_about(clause: Clause, side: str, subject: Party) -> bool:
    return clause.side == side and subject in _subjects(clause)


def _clause(clause: Clause, *, alone: bool) -> str:
    sources, destinations = say_ends(clause.sources), say_ends(clause.destinations)
    traffic = say_traffic(clause.traffic)
    verb = "allowed" if clause.effect == "allow" else "denied"
    if alone and clause.side == "ingress":
        return f"Only {sources} may reach {destinations}{traffic}."
    if alone and clause.side == "egress":
        return f"{_upper(sources)} may reach only {destinations}{traffic}."
    if clause.side == "ingress":
        return f"Ingress to {destinations} is {verb} from {sources}{traffic}."
    if clause.side == "egress":
        return f"Egress from {sources} is {verb} to {destinations}{traffic}."
    if clause.effect == "deny" and sources.startswith("every pod ") and len(clause.sources) == 1:
        sources = f"no pod{sources.removeprefix('every pod')}"
        return f"{_upper(sources)} may reach {_any(destinations)}{traffic}."
    if clause.effect == "deny":
        destinations = _any(destinations)
    may = "may reach" if clause.effect == "allow" else "may not reach"
    return f"{_upper(sources)} {may} {destinations}{traffic}."


def _any(text: str) -> str:
    """Return ends as they are said where something is denied: any of them."""
    return re.sub(r"\bevery (pod|node)\b", r"any \1", text)


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
