"""Rules of a grammar as values: each yields every way in which it fits, the likeliest first.

A rule takes a row of signs and a place in it, and yields the places behind what it took, each with
what that means. A sentence is understood where a rule fits all of it, so that no sign is left over.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tools.intents.frames import Sign

__all__ = ["Rule", "alt", "at_last", "lazy", "many", "maybe", "not_before", "said", "seq", "sign"]

Rule = Callable[[Sequence[Sign], int], Iterator[tuple[int, Any]]]


def sign(*symbols: str) -> Rule:
    """Return a rule that takes one sign with one of some symbols, and means that sign."""
    wanted = frozenset(symbols)

    def rule(signs: Sequence[Sign], at: int) -> Iterator[tuple[int, Any]]:
        if at < len(signs) and signs[at].symbol in wanted:
            yield at + 1, signs[at]

    return rule


def said(words: str, *symbols: str) -> Rule:
    """Return a rule that takes one sign with one of some symbols, if it is one of some words."""
    wanted = frozenset(words.split("|"))

    def rule(signs: Sequence[Sign], at: int) -> Iterator[tuple[int, Any]]:
        for end, one in sign(*symbols)(signs, at):
            if " ".join(one.said.lower().split()) in wanted:
                yield end, one

    return rule


def seq(*rules: Rule, make: Callable[..., Any] | None = None) -> Rule:
    """Return a rule that takes what several take, one behind the other.

    Args:
        rules: In their order.
        make: Returns what it means from what each of them means; None for a list of those.
    """

    def rule(signs: Sequence[Sign], at: int) -> Iterator[tuple[int, Any]]:
        for end, values in _row(rules, signs, at):
            if make is None:
                yield end, values
                continue
            made = make(*values)
            if made is not None:
                yield end, made

    return rule


def _row(rules: Sequence[Rule], signs: Sequence[Sign], at: int) -> Iterator[tuple[int, list[Any]]]:
    if not rules:
        yield at, []
        return
    for end, value in rules[0](signs, at):
        for last, values in _row(rules[1:], signs, end):
            yield last, [value, *values]


def alt(*rules: Rule) -> Rule:
    """Return a rule that takes what any of several takes, the first ones first."""

    def rule(signs: Sequence[Sign], at: int) -> Iterator[tuple[int, Any]]:
        for one in rules:
            yield from one(signs, at)

    return rule


def maybe(rule: Rule, otherwise: Any = None) -> Rule:
    """Return a rule that takes what another takes, or nothing."""

    def optional(signs: Sequence[Sign], at: int) -> Iterator[tuple[int, Any]]:
        yield from rule(signs, at)
        yield at, otherwise

    return optional


def not_before(*symbols: str) -> Rule:
    """Return a rule that takes nothing, and fits only where none of some symbols is next."""
    unwanted = frozenset(symbols)

    def rule(signs: Sequence[Sign], at: int) -> Iterator[tuple[int, Any]]:
        if at >= len(signs) or signs[at].symbol not in unwanted:
            yield at, None

    return rule


def at_last(rule: Rule) -> Rule:
    """Return a rule that takes nothing, or else what another takes: only where it has to."""

    def reluctant(signs: Sequence[Sign], at: int) -> Iterator[tuple[int, Any]]:
        yield at, None
        yield from rule(signs, at)

    return reluctant


def many(rule: Rule, *, least: int = 0) -> Rule:
    """Return a rule that takes what another takes again and again, the longest row first."""

    def repeated(signs: Sequence[Sign], at: int) -> Iterator[tuple[int, Any]]:
        yield from _repeat(rule, signs, at, least)

    return repeated


def _repeat(
    rule: Rule, signs: Sequence[Sign], at: int, least: int
) -> Iterator[tuple[int, list[Any]]]:
    for end, value in rule(signs, at):
        if end == at:
            continue
        for last, values in _repeat(rule, signs, end, least - 1):
            yield last, [value, *values]
    if least <= 0:
        yield at, []


def lazy(get: Callable[[], Rule]) -> Rule:
    """Return a rule that is looked up only when it is used, so that rules may hold themselves."""

    def rule(signs: Sequence[Sign], at: int) -> Iterator[tuple[int, Any]]:
        yield from get()(signs, at)

    return rule
