"""Single values of an AuthorizationPolicy, as the admission webhook reads them.

Source: istio pkg/config/security/security.go.
"""

import re
from ipaddress import ip_address, ip_network

__all__ = ["describe_fault"]

_LITERAL = re.compile(r"[a-zA-Z0-9\-._~%!$&'()+,;:@=]+")
_LONGEST_ACCOUNT, _LAST_PORT = 320, 65535


def describe_fault(field: str, value: str) -> tuple[str, str, str] | None:
    """Return code, fact and fix of a value that the webhook refuses; None if it takes it.

    Args:
        field: Of a source or operation, in its positive form, such as `ipBlocks`.
        value: One value of it.
    """
    check = _VALUE_CHECKS.get(field)
    fault = check(value) if check else ""
    if not fault:
        return None
    code, fix = _WORDS[field]
    return code, f"`{value}` {fault}.", fix


def _port_fault(value: str) -> str:
    good = value.isascii() and value.isdecimal() and int(value) <= _LAST_PORT
    return "" if good else "is no port"


def _address_fault(value: str) -> str:
    try:
        if "/" in value:
            ip_network(value, strict=False)
        else:
            ip_address(value)
    except ValueError:
        return "is neither an address nor a range"
    return (
        "" if value.rpartition("/")[2].isdecimal() or "/" not in value else "has no prefix length"
    )


def _path_fault(value: str) -> str:
    """Return what is wrong with a path; only templates can be."""
    is_template = "{*}" in value or "{**}" in value
    after_all = False
    for segment in value.strip("/").split("/"):
        if segment in ("{*}", "{**}"):
            if after_all:
                return "has a template operator after `{**}`"
            after_all = segment == "{**}"
        elif "{" in segment or "}" in segment:
            return "has a brace that is not part of a whole segment `{*}` or `{**}`"
        elif is_template and not _LITERAL.fullmatch(segment):
            return f"has the segment `{segment}`, which a template cannot hold"
    return ""


def _account_fault(value: str) -> str:
    if "*" in value:
        return "has a wildcard, which service accounts do not know"
    if value.count("/") > 1 or value.startswith("/") or value.endswith("/"):
        return "is no service account"
    return "is too long" if len(value) > _LONGEST_ACCOUNT else ""


def _domain_fault(value: str) -> str:
    if "/" in value:
        return "holds a slash, and a trust domain has none"
    return "has a wildcard that is not at one end" if "*" in _inside(value) else ""


def _inside(value: str) -> str:
    if value == "*":
        return ""
    return value[1:] if value.startswith("*") else value.removesuffix("*")


_VALUE_CHECKS = {
    "ipBlocks": _address_fault,
    "paths": _path_fault,
    "ports": _port_fault,
    "remoteIpBlocks": _address_fault,
    "serviceAccounts": _account_fault,
    "trustDomains": _domain_fault,
}
_ADDRESS_WORDS = ("address", "Write one such as `10.1.0.0/16` or `10.1.2.3`.")
_WORDS = {
    "ipBlocks": _ADDRESS_WORDS,
    "paths": (
        "path-template",
        "Use `{*}` for one whole segment and `{**}` for the rest, once; or a prefix such as "
        "`/api/*`.",
    ),
    "ports": ("port", f"Write a number from 0 to {_LAST_PORT} in quotes."),
    "remoteIpBlocks": _ADDRESS_WORDS,
    "serviceAccounts": ("service-accounts", "Write `namespace/name` or `name`."),
    "trustDomains": ("trust-domain", "Write it as `cluster.local`, `*.local` or `*`."),
}
