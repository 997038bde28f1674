"""A request that passes, found by trying: what proves "some requests are let through".

What the question leaves open is filled with values that the policies themselves name, and with
one that none of them names. A candidate that the evaluation lets through is a proof. That none is
found is one too where the candidates stand for every possible request: the policies look only at
method, path, host and port, by exact values and prefixes (or by exact values and suffixes), so that
one sample for each value, and one besides, meets every combination of matches.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_network
from itertools import chain, islice, product
from typing import Any

from topology.policy.istio.connection import Connection
from topology.policy.istio.paths import sample_path
from topology.policy.istio.rules import AuthorizationPolicy, Element, Rule, Test
from topology.policy.istio.strings import sample
from topology.policy.istio.tokens import sample_claims
from topology.policy.istio.truth import Truth

__all__ = ["Search", "find_passing"]

_TRIES = 3000
_VALUES = 4
"""How many values of one field of one rule are tried first."""
_PLAIN: dict[str, Any] = {
    "method": "GET",
    "path": "/netassist-any",
    "host": "netassist-any",
    "headers": {},
    "claims": None,
    "port": 1,
}
_COVERABLE = frozenset({"request.method", "request.path", "request.host", "destination.port"})
_FIELDS = {
    "request.method": "method",
    "request.path": "path",
    "request.host": "host",
    "request.headers": "headers",
    "request.auth.principal": "claims",
    "request.auth.audiences": "claims",
    "request.auth.presenter": "claims",
    "request.auth.claims": "claims",
    "remote.ip": "remote_ip",
    "destination.port": "port",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What was found."""

    example: Connection | None
    """With a request filled in that passes."""
    exhaustive: bool
    """Whether finding none proves that there is none."""


def find_passing(
    policies: Sequence[AuthorizationPolicy],
    connection: Connection,
    passes: Callable[[Connection], bool],
) -> Search:
    """Look for a request that passes.

    Args:
        policies: Those that select the workload.
        connection: With what is known; its open fields are filled.
        passes: The evaluation.
    """
    tried = 0
    for chosen in islice(chain(_by_rules(policies), _by_pools(policies)), _TRIES):
        tried += 1
        candidate = _fill(connection, chosen)
        if passes(candidate):
            return Search(example=candidate, exhaustive=False)
    return Search(example=None, exhaustive=tried < _TRIES and _is_coverable(policies))


def _is_coverable(policies: Sequence[AuthorizationPolicy]) -> bool:
    """Return whether samples can stand for every request that the policies tell apart."""
    values: dict[str, list[str]] = {}
    for test in (test for policy in policies for rule in policy.rules for test in rule.tests):
        if test.attribute in _FIELDS:
            values.setdefault(test.attribute, []).extend(test.values)
    return all(
        attribute in _COVERABLE
        and not (_any_prefix(found) and _any_suffix(found))
        and not any("{*" in value for value in found)
        for attribute, found in values.items()
    )


def _any_prefix(values: Sequence[str]) -> bool:
    return any(value.endswith("*") and value != "*" for value in values)


def _any_suffix(values: Sequence[str]) -> bool:
    return any(value.startswith("*") and value != "*" for value in values)


def _fill(connection: Connection, chosen: dict[str, Any]) -> Connection:
    """Return a connection whose open fields hold the chosen values, or plain ones."""
    plain = {**_PLAIN, "remote_ip": connection.source_ip}
    values = {
        field: chosen.get(field, default)
        for field, default in plain.items()
        if getattr(connection, field) is Truth.OPEN
    }
    return replace(connection, **values)


def _by_rules(policies: Sequence[AuthorizationPolicy]) -> Iterator[dict[str, Any]]:
    """Yield what satisfies each ALLOW rule, one combination of its elements at a time."""
    yield {}
    for policy in policies:
        if policy.action == "ALLOW" and policy.enforced:
            for rule in policy.rules:
                yield from _by_rule(rule)


def _by_rule(rule: Rule) -> Iterator[dict[str, Any]]:
    nothing = (Element(tests=(), path=rule.path),)
    for source, operation in product(rule.sources or nothing, rule.operations or nothing):
        tests = (*source.tests, *operation.tests, *rule.conditions)
        wanted = [test for test in tests if not test.negated and test.attribute in _FIELDS]
        for position in range(_VALUES):
            chosen: dict[str, Any] = {}
            for test in wanted:
                value = test.values[min(position, len(test.values) - 1)]
                _choose(chosen, test, value)
            yield chosen


def _by_pools(policies: Sequence[AuthorizationPolicy]) -> Iterator[dict[str, Any]]:
    """Yield combinations of everything that any policy names, for each field."""
    pools: dict[str, list[dict[str, Any]]] = {
        field: [{}] for field in dict.fromkeys(_FIELDS.values())
    }
    tests = (test for policy in policies for rule in policy.rules for test in rule.tests)
    for test in tests:
        if test.attribute in _FIELDS:
            for value in test.values:
                option: dict[str, Any] = {}
                _choose(option, test, value)
                pool = pools[_FIELDS[test.attribute]]
                if option not in pool:
                    pool.append(option)
    for combination in product(*pools.values()):
        yield {key: value for option in combination for key, value in option.items()}


def _choose(chosen: dict[str, Any], test: Test, value: str) -> None:
    """Add to a choice what a value of a test asks for."""
    field = _FIELDS[test.attribute]
    if field == "headers":
        _choose_header(chosen, test.argument[0], sample(value))
    elif field == "claims":
        found = sample_claims(test.attribute, test.argument, value)
        chosen["claims"] = {**(chosen.get("claims") or {}), **found}
    elif field == "remote_ip":
        block = ip_network(value, strict=False)
        chosen[field] = ip_network(block.network_address)
    elif field == "port":
        chosen[field] = int(value)
    else:
        chosen[field] = sample_path(value) if field == "path" else sample(value)


def _choose_header(chosen: dict[str, Any], name: str, value: str) -> None:
    if name == ":method":
        chosen["method"] = value
    elif name in (":authority", "host"):
        chosen["host"] = value
    else:
        chosen["headers"] = {**chosen.get("headers", {}), name: (value,)}
