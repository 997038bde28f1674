"""DNS names in Cilium's policies: toFQDNs and rules.dns."""

import re
from typing import Any

from topology.policy.fields import Faults, Rejected, mapping, quoted, text
from topology.policy.fqdn import NamePattern
from topology.policy.profile import Profile

__all__ = ["read_names"]

_LONGEST = 255
_NAME = re.compile(r"[-a-zA-Z0-9_.]+")
_PATTERN = re.compile(r"[-a-zA-Z0-9_.*]+")


def read_names(item: Any, path: str, profile: Profile, *, either: bool = True) -> list[NamePattern]:
    """Read one FQDN selector; an empty one is accepted and means no name.

    Args:
        item: The selector as written.
        path: Where it stands.
        profile: Whose semantics.
        either: Whether only one of name and pattern may be there (toFQDNs, not rules.dns).
    """
    fields = mapping(item, path)
    faults = Faults()
    found: list[NamePattern] = []
    with faults:
        if name := text(fields.get("matchName"), f"{path}.matchName"):
            _check(_NAME, name, f"{path}.matchName", _name_fix(name))
            found.append(NamePattern.name(name))
    with faults:
        if pattern := text(fields.get("matchPattern"), f"{path}.matchPattern"):
            fix = "Write a name in which `*` may stand for part of a label."
            _check(_PATTERN, pattern, f"{path}.matchPattern", fix)
            _check_length(pattern, f"{path}.matchPattern")
            found.append(NamePattern.pattern(pattern, deep=profile.deep_wildcards))
    if either and fields.get("matchName") and fields.get("matchPattern"):
        message = "Only one of MatchName or MatchPattern is allowed in an FQDNSelector."
        with faults:
            raise Rejected("fqdn", message, "Make two items of it.", path)
    faults.settle()
    return found


def _check_length(pattern: str, path: str) -> None:
    if len(pattern) > _LONGEST:
        message = f"{quoted(pattern)} is longer than {_LONGEST} characters."
        raise Rejected("fqdn", message, "Shorten it: no name is longer.", path)


def _name_fix(name: str) -> str:
    host = name.partition("://")[2].partition("/")[0].partition(":")[0]
    if host:
        return f"Write the name alone: `{host}`."
    return "Write it as `matchPattern`." if "*" in name else "Write a plain name."


def _check(allowed: re.Pattern[str], value: str, path: str, fix: str) -> None:
    if not allowed.fullmatch(value):
        bad = "".join(dict.fromkeys(char for char in value if not allowed.fullmatch(char)))
        field = path.rpartition(".")[2]
        message = f"Invalid characters in {field} {quoted(value)}: `{bad}`."
        raise Rejected("fqdn", message, fix, path)
