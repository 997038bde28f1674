"""Policies that are not in force because they are faulty: what a verdict leaves out of account."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from tools.understanding import pods_of
from topology.targets import Target

if TYPE_CHECKING:
    from topology.paths import Network

__all__ = ["set_aside"]

MOST = 5
_KEY = re.compile(r"\b[A-Z]\w+/(?P<namespace>[\w.-]+)/[\w.-]+")


def set_aside(network: "Network", targets: Iterable[Target]) -> tuple[str, ...]:
    """Return the faulty policies that may concern some ends, one sentence each.

    Those of a namespace that no end is in are left out; those of every namespace are not.
    """
    spaces = {pod.namespace for target in targets for pod in pods_of(network, target)}
    found = []
    for problem in network.problems:
        key = _KEY.search(problem.message)
        if key and spaces and key["namespace"] not in spaces:
            continue
        place = f" ({problem.location})" if problem.location else ""
        found.append(f"{problem.message}{place}")
    more = len(found) - MOST
    return tuple([*found[:MOST], f"{more} further such problems."] if more > 0 else found)
