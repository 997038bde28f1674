"""The names nearest to one that nothing has."""

from topology.names.index import Tables
from topology.names.spelling import core, fold, split

__all__ = ["nearest"]

_WORTH_SHOWING = 60
"""Likeness, 0 to 100, below which a suggestion would puzzle more than help."""


def nearest(tables: Tables, text: str, count: int = 3) -> tuple[str, ...]:
    """Return the names nearest to a text, the nearest first, each a text that resolves.

    Args:
        tables: What has a name.
        text: What was asked for, perhaps with a namespace before a slash.
        count: How many names at most.
    """
    from rapidfuzz import fuzz, process

    space, _, name = text.rpartition("/")
    forms = _forms(tables, pods=any(letter.isdigit() for letter in name))
    scores: dict[str, float] = {}
    for word in sorted({fold(name), core(split(name))} - {""}):
        for form, score, _ in process.extract(
            word, sorted(forms), scorer=fuzz.ratio, score_cutoff=_WORTH_SHOWING, limit=4 * count
        ):
            for label in forms[form]:
                same = bool(space) and label.removeprefix("service:").startswith(f"{space}/")
                scores[label] = max(scores.get(label, 0.0), score + same)
    # A Service beside a workload of its own name would be the same suggestion twice.
    ranked = [label for label in scores if label.removeprefix("service:") not in scores
              or not label.startswith("service:")]  # fmt: skip
    return tuple(sorted(ranked, key=lambda label: (-scores[label], label))[:count])


def _forms(tables: Tables, *, pods: bool) -> dict[str, list[str]]:
    """Return what to call each thing, by the spellings that a text is compared with."""
    forms: dict[str, list[str]] = {}
    for entry in tables.entries:
        for form in {entry.folded, entry.core} - {""}:
            forms.setdefault(form, []).append(str(entry.target))
    if pods:
        for entry in (entry for shelf in tables.exact.values() for entry in shelf):
            if entry.sort == "pod":
                forms.setdefault(fold(entry.name), []).append(str(entry.target))
    return forms
