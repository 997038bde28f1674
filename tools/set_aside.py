"""What a verdict leaves out of account: policies that are faulty, and input that was not read."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from tools.understanding import pods_of
from tools.wording import shorten
from topology.targets import Target

if TYPE_CHECKING:
    from topology.paths import Network

__all__ = ["set_aside", "unread"]

MOST = 5
_KEY = re.compile(r"\b[A-Z]\w+/(?P<namespace>[\w.-]+)/[\w.-]+")


def set_aside(network: "Network", targets: Iterable[Target]) -> tuple[str, ...]:
    """Return the faulty policies that may concern some ends, and the unread input, in sentences.

    Policies of a namespace that no end is in are left out; those of every namespace are not.
    What an unread file holds is not known, so it may concern any end.
    """
    spaces = {pod.namespace for target in targets for pod in pods_of(network, target)}
    found = []
    for problem in network.problems:
        key = _KEY.search(problem.message)
        if key and spaces and key["namespace"] not in spaces:
            continue
        place = f" ({problem.location})" if problem.location else ""
        found.append(f"Set aside: {problem.message}{place}")
    more = len(found) - MOST
    if more > 0:
        found = [*found[:MOST], f"Set aside: {more} further policies."]
    return (*found, *unread(network))


def unread(network: "Network") -> tuple[str, ...]:
    """Return a sentence that names the input that could not be read, if there is any."""
    places = [
        str(problem.location or problem.message)
        for problem in network.cluster.problems
        if problem.severity == "error"
    ]
    if not places:
        return ()
    listed = shorten(list(dict.fromkeys(places)), MOST)
    return (f"Not verified: policies may be missing, as some input could not be read ({listed}).",)
