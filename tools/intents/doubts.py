"""What to ask back: unknown names, words that were not understood, readings that differ."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tools.intents.building import Reading, narrowed
from tools.intents.meanings import Meaning
from tools.intents.sentences import write_intent
from tools.wording import join
from topology.authoring import Intent

if TYPE_CHECKING:
    from topology.paths import Network

__all__ = ["ask_about", "describe_unread", "trouble_of"]

_SHOWN = 5
_HELP = "Say it as `only A may call B on port 8080`, `A may reach B` or `lock down namespace N`."


def trouble_of(network: "Network", meaning: Meaning) -> str:
    """Return what keeps the request from being read at all; empty if nothing does."""
    ends = [end for one in meaning.statements for end in (*one.sources, *one.destinations)]
    ends += [one.end for one in meaning.isolations]
    ends += [end for wish in meaning.wishes for end in wish.ends]
    troubles = list(dict.fromkeys(end.trouble for end in ends if end.trouble))
    if troubles:
        return " ".join(troubles)
    if any(not narrowed(network, end, meaning).options for end in ends):
        return f"One of the ends is not known. {_HELP}"
    return ""


def describe_unread(meaning: Meaning, request: str, *, nothing: bool = False) -> str:
    """Return the question about words that were not understood, as they stand in the request."""
    said = request.lower()
    # Some words of a meaning name what is missing, and were never said.
    words = [one for one in dict.fromkeys(meaning.words) if one.strip("` ").lower() in said]
    nothing = nothing or bool(meaning.words)
    words = words[:_SHOWN]
    if not words:
        return f"It is not clear what is asked for. {_HELP}" if nothing else ""
    shown = join([f"`{one}`" for one in words])
    verb = "was" if len(words) == 1 else "were"
    return f"{shown} {verb} not understood, and may matter; say it in other words. {_HELP}"


def ask_about(
    network: "Network", meaning: Meaning, readings: Sequence[Reading], intents: Sequence[Intent]
) -> str:
    """Return the question whose answer decides among the readings."""
    names: dict[str, list[str]] = {}
    for reading in readings:
        for said, option in reading.picks:
            options = names.setdefault(said, [])
            if option not in options:
                options.append(option)
    asked = [
        f"`{said.strip('`')}` may be {join([f'`{one}`' for one in options], 'or')}: which?"
        for said, options in names.items()
        if len(options) > 1
    ]
    if asked:
        return " ".join(asked)
    shown = [f"({number}) {write_intent(one)}" for number, one in enumerate(intents, 1)]
    return f"It can be read in {len(intents)} ways: {' '.join(shown)} Which is meant?"
