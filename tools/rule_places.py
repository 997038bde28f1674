"""From a rule as it is named in a sentence to the file and line where it stands."""

import re
from collections.abc import Callable

from topology.model import Cluster

__all__ = ["place_of_rules"]

_RULE = re.compile(r"`(?P<policy>\w+(?:/[\w.-]+){1,2})` `(?P<path>[\w.\[\]]+)`")


def place_of_rules(cluster: Cluster) -> Callable[[str], str]:
    """Return a function that finds `file:line` of the first rule that a sentence names."""

    def place(sentence: str) -> str:
        found = _RULE.search(sentence)
        if not found:
            return ""
        for policy in cluster.policies:
            if policy.key == found["policy"]:
                return str(policy.source.at(found["path"]))
        return ""

    return place
