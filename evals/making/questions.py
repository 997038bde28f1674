"""Questions made from facts and wordings, without asking the code that they will test."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson

from evals.making.facts import Fact, read_facts
from evals.making.wordings import WORDINGS

__all__ = ["make_cases", "write_cases"]

_PORTS = (" on port {p}", " on {p}", " at port {p}")


def make_cases(split: str, facts: tuple[Fact, ...] | None = None) -> Iterator[dict[str, Any]]:
    """Yield the generated cases of a split, `dev` or `test`, in the form of the suite.

    Wordings and ways to write a name take turns, so that the same facts give the same cases.
    """
    every = facts if facts is not None else tuple(read_facts())
    chosen = [fact for fact in every if fact.split == split]
    bare = _unique_names(every)
    turn = 0
    asked: Counter[str] = Counter()
    for fact in chosen:
        for family in _families(fact, turn):
            wordings = WORDINGS[split, family]
            wording = wordings[asked[family] % len(wordings)]
            yield _case(fact, family, wording, bare, turn)
            asked[family] += 1
            turn += 1
    yield from _followups(chosen, split, bare)


def write_cases(split: str, path: Path) -> int:
    """Write the generated cases of a split as JSON Lines; return how many."""
    cases = list(make_cases(split))
    path.write_bytes(b"".join(orjson.dumps(case) + b"\n" for case in cases))
    return len(cases)


def _families(fact: Fact, turn: int) -> tuple[str, ...]:
    if fact.kind != "reach":
        return ("who_can",) if fact.kind == "who" else ("what_can",)
    if fact.http:
        return ("http",)
    return ("reach", "explain") if fact.decided_by and turn % 2 else ("reach",)


def _case(
    fact: Fact, family: str, wording: str, bare: frozenset[tuple[str, str]], turn: int
) -> dict[str, Any]:
    allowed = fact.verdict == "allow"
    port = _PORTS[turn % len(_PORTS)].format(p=fact.port) if fact.port else ""
    question = wording.lstrip("-").format(
        s=_spoken(fact.source, fact.workspace, bare, turn),
        d=_spoken(fact.destination, fact.workspace, bare, turn + 1),
        p=port,
        h=fact.http,
        un="" if allowed else "un",
        neg="" if allowed else "not",
        **{"not": "" if allowed else "not "},
    )
    return {
        "id": f"made-{fact.workspace}-{turn:03d}",
        "workspace": fact.workspace,
        "family": family,
        "question": question,
        "expected": _expected(fact),
    }


def _expected(fact: Fact) -> dict[str, Any]:
    if fact.kind == "reach":
        call = {"source": fact.source, "destination": fact.destination}
        if fact.http:
            call["http"] = fact.http
        if fact.port:
            call["port"] = fact.port
        return {
            "verdict": fact.verdict,
            "must_mention": [fact.decided_by] if fact.decided_by else [],
            "tools": [{"name": "can_reach", "arguments": call}],
        }
    who = fact.kind == "who"
    end = fact.destination if who else fact.source
    tool = "who_can_reach" if who else "what_can_reach"
    return {
        "verdict": None,
        "must_mention": [re.escape(name) for name in fact.yes],
        "must_not_mention": [rf"(?m)^- `{re.escape(name)}`" for name in fact.no],
        "tools": [{"name": tool, "arguments": {"destination" if who else "source": end}}],
    }


def _followups(
    facts: list[Fact], split: str, bare: frozenset[tuple[str, str]]
) -> Iterator[dict[str, Any]]:
    """Yield conversations: a question about one source, then the same of another."""
    wordings = WORDINGS[split, "followup"]
    by_end: dict[tuple[str, str], list[Fact]] = {}
    for fact in facts:
        if fact.kind == "reach" and not fact.http:
            by_end.setdefault((fact.workspace, fact.destination), []).append(fact)
    pairs = [
        pair
        for group in by_end.values()
        for pair in pairwise(group)
        if not pair[1].port or pair[0].port == pair[1].port
    ]
    for turn, (first, second) in enumerate(pairs):
        opening = WORDINGS[split, "reach"][turn % 3]
        question = opening.format(s=first.source, d=first.destination, p=_port_of(first))
        wording = wordings[turn % len(wordings)]
        answer = wording.format(s=_spoken(second.source, second.workspace, bare, turn))
        yield {
            "id": f"made-followup-{first.workspace}-{turn:03d}",
            "workspace": first.workspace,
            "family": "followup",
            "turns": [question, answer],
            "expected": _expected(second),
        }


def _port_of(fact: Fact) -> str:
    return f" on port {fact.port}" if fact.port else ""


def _spoken(name: str, workspace: str, bare: frozenset[tuple[str, str]], turn: int) -> str:
    """Return a way to say a name: in full, alone where that is clear, or with its namespace."""
    namespace, _, short = name.partition("/")
    if not short:
        return name
    if (workspace, short) in bare and turn % 3:
        return short if turn % 3 == 1 else short.replace("-", " ")
    return name if turn % 2 else f"{short} in {namespace}"


def _unique_names(facts: tuple[Fact, ...]) -> frozenset[tuple[str, str]]:
    """Return workspaces with those short names that one workload alone has."""
    full = {
        (fact.workspace, name)
        for fact in facts
        for name in (fact.source, fact.destination, *fact.yes, *fact.no)
        if name
    }
    shorts = [(workspace, name.partition("/")[2]) for workspace, name in full]
    return frozenset(one for one in shorts if shorts.count(one) == 1)
