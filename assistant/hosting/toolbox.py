"""Which tools a model is offered for a question: forty schemas are too much for a small one."""

from collections.abc import Collection, Sequence
from functools import cache

from assistant.models.nearness import Nearness

__all__ = ["choose_tools"]

ALWAYS = (
    "can_reach", "who_can_reach", "what_can_reach", "list_policies", "list_objects",
    "inspect_object", "search_docs",
)  # fmt: skip
"""What most questions need, in whatever words: who reaches whom, what a name is, what is known."""


def choose_tools(
    question: str,
    tools: Sequence[tuple[str, str]],
    *,
    most: int,
    used: Collection[str] = (),
) -> frozenset[str]:
    """Return the names of the tools to offer.

    Args:
        question: What was asked, with what was asked before it.
        tools: Name and description of each.
        most: How many; 0: all.
        used: Tools of the conversation so far, which are always among them.
    """
    names = [name for name, _ in tools]
    if not most or len(names) <= most:
        return frozenset(names)
    kept = [name for name in names if name in ALWAYS or name in used]
    scores = _nearness(tuple(tools)).score(question)
    texts = dict(tools)
    ranked = sorted(names, key=lambda name: -scores[texts[name]])
    further = [name for name in ranked if name not in kept][: max(0, most - len(kept))]
    return frozenset([*kept, *further])


@cache
def _nearness(tools: tuple[tuple[str, str], ...]) -> Nearness:
    return Nearness(tuple(text for _, text in tools))
