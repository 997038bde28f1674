"""DNS names in Cilium's policies: toFQDNs and rules.dns."""

import re
from typing import Any

from topology.policy.fields import Rejected, mapping, text
from topology.policy.fqdn import NamePattern
from topology.policy.profile import Profile

__all__ = ["read_names"]

_NAME = re.compile(r"[-a-zA-Z0-9_.]+")
_PATTERN = re.compile(r"[-a-zA-Z0-9_.*]+")


def read_names(item: Any, path: str, profile: Profile) -> list[NamePattern]:
    """Read one FQDN selector; an empty one is accepted and means no name."""
    fields = mapping(item, path)
    name = text(fields.get("matchName"), f"{path}.matchName")
    pattern = text(fields.get("matchPattern"), f"{path}.matchPattern")
    if name and pattern:
        raise Rejected(
            "fqdn",
            "Only one of MatchName or MatchPattern is allowed in an FQDNSelector.",
            "Make two items of it.",
            path,
        )
    if name:
        _check(_NAME, name, f"{path}.matchName", "Write a plain name; patterns go to matchPattern.")
        return [NamePattern.name(name)]
    if pattern:
        _check(_PATTERN, pattern, f"{path}.matchPattern", "Write a name in which `*` may stand.")
        return [NamePattern.pattern(pattern, deep=profile.deep_wildcards)]
    return []


def _check(allowed: re.Pattern[str], value: str, path: str, fix: str) -> None:
    if not allowed.fullmatch(value):
        raise Rejected("fqdn", f"Invalid characters in `{value}`.", fix, path)
