"""Selectors that miss by a slip of the pen: which label or value was probably meant."""

import copy
from collections.abc import Collection, Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any

from topology.memo import per_cluster
from topology.model import Cluster
from topology.policy.labels import split_key

__all__ = ["corrections", "is_slip", "known_values"]

_ALIKE = 0.7
_SHORTEST = 3


def corrections(
    selector: Mapping[str, Any], wanted: Mapping[str, str], known: Collection[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield a selector with one slip corrected each time, and what was done.

    Args:
        selector: With `matchLabels` and `matchExpressions`.
        wanted: Every label that the pods, or the namespace, carry.
        known: Keys and values that something in the cluster has, so that they are no slips.
    """
    labels = selector.get("matchLabels")
    for written, value in (labels if isinstance(labels, Mapping) else {}).items():
        yield from _label(selector, str(written), value, wanted, known)
    expressions = selector.get("matchExpressions")
    for number, one in enumerate(expressions if isinstance(expressions, list) else ()):
        if isinstance(one, Mapping) and one.get("operator") == "In":
            yield from _values(selector, number, one, wanted, known)


def _label(
    selector: Mapping[str, Any],
    written: str,
    value: Any,
    wanted: Mapping[str, str],
    known: Collection[str],
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the corrections of one label: of its value, of its key, and without it."""
    _, key = split_key(written)
    meant = wanted.get(key)
    if meant is not None:
        if meant != value and is_slip(str(value), meant, known):
            changed = copy.deepcopy(dict(selector))
            changed["matchLabels"][written] = meant
            yield f"correct `{key}: {value}` to `{key}: {meant}`", changed
        return
    if len(selector["matchLabels"]) > 1 and not (key in known and value in known):
        changed = copy.deepcopy(dict(selector))
        del changed["matchLabels"][written]
        yield f"drop `{key}: {value}`, which nothing carries,", changed
    for other in wanted:
        if wanted[other] == value and is_slip(key, other, known):
            changed = copy.deepcopy(dict(selector))
            renamed = written.removesuffix(key) + other
            changed["matchLabels"] = {
                renamed if one == written else one: kept
                for one, kept in changed["matchLabels"].items()
            }
            yield f"correct the label `{key}` to `{other}`", changed


def _values(
    selector: Mapping[str, Any],
    number: int,
    one: Mapping[str, Any],
    wanted: Mapping[str, str],
    known: Collection[str],
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the corrections of the values of one condition."""
    _, key = split_key(str(one.get("key")))
    meant = wanted.get(key)
    for place, value in enumerate(one.get("values") or ()):
        if meant is not None and value != meant and is_slip(str(value), meant, known):
            changed = copy.deepcopy(dict(selector))
            changed["matchExpressions"][number]["values"][place] = meant
            yield f"correct `{value}` to `{meant}` among the values of `{key}`", changed


def is_slip(written: str, meant: str, known: Collection[str]) -> bool:
    """Return whether a word is probably another one, misspelt.

    >>> is_slip("frontnd", "frontend", ()), is_slip("prometheus", "frontend", ())
    (True, False)
    """
    if written in known or min(len(written), len(meant)) < _SHORTEST:
        return False
    one, other = written.casefold(), meant.casefold()
    if one == other or one.startswith(other) or other.startswith(one):
        return True
    return SequenceMatcher(a=one, b=other, autojunk=False).ratio() >= _ALIKE


@per_cluster
def known_values(cluster: Cluster) -> frozenset[str]:
    """Return every key and value of the labels of pods and namespaces."""
    found = {text for pod in cluster.pods for pair in pod.labels.items() for text in pair}
    for name, namespace in cluster.namespaces.items():
        if namespace.declared:
            found |= {name, *namespace.labels, *namespace.labels.values()}
    found |= {pod.namespace for pod in cluster.pods}
    return frozenset(found)
