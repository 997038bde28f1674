"""CoreDNS' configuration: server blocks and plugins, and what becomes of a name that is asked.

Source: https://coredns.io/manual/configuration, plugin pages of forward, rewrite and kubernetes;
AKS "Customize CoreDNS": `*.override` is imported into the default block, `*.server` beside it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final

__all__ = ["Block", "Outcome", "Plugin", "ask", "block_for", "parse_corefile", "upstreams"]

_CLASSES: Final = frozenset({"stop", "continue"})
_MATCHES: Final = ("exact", "prefix", "suffix", "substring", "regex")
_TOO_MANY: Final = 10_000


@dataclass(frozen=True, slots=True)
class Plugin:
    """One directive with its arguments and the lines of its own block."""

    name: str
    args: tuple[str, ...] = ()
    body: tuple[tuple[str, ...], ...] = ()
    key: str = ""
    """Key of the ConfigMap that it stands in."""


@dataclass(slots=True)
class Block:
    """One server block."""

    zones: tuple[str, ...]
    """Without port and trailing dot; `.` for everything."""
    plugins: list[Plugin] = field(default_factory=list)
    key: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of a name."""

    kind: str
    """`cluster` (looked up among the Services), `forward`, `other` or `nothing`."""
    name: str
    """After rewriting."""
    plugin: Plugin | None = None
    rewrites: tuple[Plugin, ...] = ()


def parse_corefile(text: str, key: str = "Corefile") -> tuple[list[Block], list[Plugin], str]:
    """Return the server blocks, the directives outside of any, and what is wrong with the text.

    >>> blocks, _, wrong = parse_corefile(".:53 { forward . 10.0.0.4 }")
    >>> blocks[0].zones, [plugin.name for plugin in blocks[0].plugins], wrong
    (('.',), ['forward'], '')
    """
    lines = [words for line in text.splitlines() for words in _split(line)]
    blocks: list[Block] = []
    loose: list[Plugin] = []
    depth, block = 0, None
    for words in lines[:_TOO_MANY]:
        opens, closes = words[-1] == "{", words == ["}"]
        if closes:
            depth -= 1
            if depth < 0:
                return blocks, loose, "a `}` stands where no block is open"
            block = block if depth else None
        elif depth == 0 and opens and _is_zones(words[:-1]):
            block = Block(tuple(map(_zone, words[:-1])), key=key)
            blocks.append(block)
            depth = 1
        else:
            own = depth - (1 if block else 0)
            place = block.plugins if block else loose
            if own <= 0:
                place.append(Plugin(words[0], tuple(words[1:-1] if opens else words[1:]), key=key))
            elif place:
                last = place[-1]
                place[-1] = Plugin(last.name, last.args, (*last.body, tuple(words)), last.key)
            depth += opens
    return blocks, loose, "a `{` is not closed" if depth else ""


def _split(line: str) -> Iterator[list[str]]:
    """Yield the statements of a line; braces may stand on the line of a directive."""
    words = line.split("#", 1)[0].split()
    if len(words) > 1 and "{" in words[:-1]:
        at = words.index("{")
        yield words[: at + 1]
        rest = words[at + 1 :]
        if rest and rest[-1] == "}":
            if rest[:-1]:
                yield rest[:-1]
            yield ["}"]
        elif rest:
            yield rest
    elif len(words) > 1 and words[-1] == "}":
        yield words[:-1]
        yield ["}"]
    elif words:
        yield words


def _is_zones(words: Sequence[str]) -> bool:
    """Say whether words before a brace are zones rather than a directive outside of a block."""
    return bool(words) and all("." in one or ":" in one for one in words)


def _zone(text: str) -> str:
    bare = re.sub(r"^\w+://", "", text.strip(","))
    return re.sub(r":\d+$", "", bare).rstrip(".").lower() or "."


def block_for(blocks: Sequence[Block], name: str) -> Block | None:
    """Return the block that answers for a name: that of the longest zone it ends with."""
    found = [(len(zone), block) for block in blocks for zone in block.zones if _ends(name, zone)]
    return max(found, key=lambda one: one[0])[1] if found else None


def _ends(name: str, zone: str) -> bool:
    if zone in (".", ""):
        return True
    return name == zone or name.endswith(f".{zone}")


def ask(blocks: Sequence[Block], name: str) -> Outcome:
    """Return what becomes of a name: rewritten first, then looked up or forwarded."""
    block = block_for(blocks, name)
    if block is None:
        return Outcome("nothing", name)
    name, used = _rewritten(block, name)
    for plugin in block.plugins:
        if plugin.name == "kubernetes" and any(_ends(name, _zone(one)) for one in plugin.args):
            return Outcome("cluster", name, plugin, used)
    for plugin in block.plugins:
        if plugin.name in ("hosts", "file", "template", "auto", "etcd", "azure", "erratic"):
            return Outcome("other", name, plugin, used)
    for plugin in block.plugins:
        if plugin.name in ("forward", "proxy", "grpc") and plugin.args and (
            _ends(name, _zone(plugin.args[0]))
        ):  # fmt: skip
            return Outcome("forward", name, plugin, used)
    return Outcome("nothing", name, None, used)


def _rewritten(block: Block, name: str) -> tuple[str, tuple[Plugin, ...]]:
    used: list[Plugin] = []
    for plugin in block.plugins:
        if plugin.name != "rewrite":
            continue
        args = list(plugin.args)
        stops = args[:1] != ["continue"]
        args = args[1:] if args[:1] and args[0] in _CLASSES else args
        # In a block, the first line is the rule; `answer` lines only change what comes back.
        args = args or list(plugin.body[0] if plugin.body else ())
        if args[:1] != ["name"]:
            continue
        changed = _rewrite(args[1:], name)
        if changed is not None and changed != name:
            used.append(plugin)
            name = changed
            if stops:
                break
    return name, tuple(used)


def _rewrite(args: Sequence[str], name: str) -> str | None:
    """Return a name after one rule; None where the rule does not match."""
    how, rest = (args[0], args[1:]) if args and args[0] in _MATCHES else ("exact", args)
    if len(rest) < 2:
        return None
    old, new = rest[0].rstrip("."), rest[1].rstrip(".")
    if how == "exact":
        return new if name == old else None
    if how == "prefix":
        return new + name[len(old) :] if name.startswith(old) else None
    if how == "suffix":
        return name[: len(name) - len(old)] + new if name.endswith(old) else None
    if how == "substring":
        return name.replace(old, new) if old in name else None
    return _by_regex(rest[0], new, name)


def _by_regex(pattern: str, new: str, name: str) -> str | None:
    # Names that are asked end with a dot, which rules usually write, too.
    if len(pattern) > 200:
        return None
    try:
        found = next(
            (match for text in (name, f"{name}.") if (match := re.fullmatch(pattern, text))),
            None,
        )
    except re.error:
        return None
    if found is None:
        return None
    return re.sub(r"\{(\d+)\}", lambda one: _group(found, int(one[1])), new).rstrip(".")


def _group(found: re.Match[str], number: int) -> str:
    return (found[number] or "") if number <= (found.re.groups or 0) else ""


def upstreams(plugin: Plugin) -> Iterator[tuple[str, str]]:
    """Yield each upstream of a `forward`, with its address; empty for a file, `?` for no address.

    >>> list(upstreams(Plugin("forward", (".", "10.0.0.4:53", "/etc/resolv.conf", "dns1"))))
    [('10.0.0.4:53', '10.0.0.4'), ('/etc/resolv.conf', ''), ('dns1', '?')]
    """
    for text in plugin.args[1:]:
        bare = re.sub(r"^(?:dns|tls|grpc|quic|https)://", "", text).split("%", 1)[0]
        if bare.startswith("/"):
            yield text, ""
            continue
        host = re.sub(r"^\[([^\]]+)\](?::\d+)?$", r"\1", bare)
        host = re.sub(r":\d+$", "", host) if host.count(":") == 1 else host
        try:
            yield text, str(ip_address(host))
        except ValueError:
            yield text, "?"
