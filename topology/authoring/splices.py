"""Changing a YAML document in place: only the lines that say something new are written anew.

A person's file holds comments, an order and a layout of its own. The text is taken apart into
nodes with their places, the old and the new value are walked side by side, and what differs is
cut out and put in; everything else stays as it was, byte for byte.
"""

import json
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

import yaml

__all__ = ["dump", "splice"]

_STEP = 2
_LINE = 90
"""Characters that a list written on one line may have."""
_WIDE = 10_000
"""Longer than any value, so that no line is folded."""


class _Dumper(yaml.SafeDumper):
    """Writes as kubectl's readers expect: no aliases, quoted numbers in double quotes."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write every value out."""
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    tag = "tag:yaml.org,2002:str"
    plain = dumper.resolve(yaml.ScalarNode, value, (True, False)) == tag  # type: ignore[no-untyped-call]
    style = None if plain and value not in ("y", "n", "Y", "N") else '"'
    if "\n" in value:
        style = "|"
    return dumper.represent_scalar(tag, value, style=style)


_Dumper.add_representer(str, _text)


def dump(value: Any, *, flow: bool = False) -> str:
    """Return a value as YAML in the order of its keys, ending with a newline.

    >>> print(dump({"port": "80", "from": [{"a": 1}]}), end="")
    port: "80"
    from:
    - a: 1
    """
    text: str = yaml.dump(
        value,
        Dumper=_Dumper,
        sort_keys=False,
        default_flow_style=flow,
        width=_WIDE,
        allow_unicode=True,
    )
    return text.removesuffix("...\n")


def splice(text: str, node: yaml.Node, old: Any, new: Any) -> str:
    """Return a text in which one of its nodes says something else.

    Args:
        text: The whole text.
        node: As `yaml.compose` gives it for this text.
        old: What the node says.
        new: What it shall say.
    """
    cuts = _Cuts(text)
    cuts.visit(node, old, new, flow=False)
    return cuts.applied()


class _Cuts:
    """Collects what is to be cut out and put in."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._found: list[tuple[int, int, str]] = []

    def applied(self) -> str:
        """Return the text with everything done; what is put in one place keeps its order."""
        parts, place = [], 0
        for start, end, put in sorted(self._found, key=lambda one: one[:2]):
            parts += [self._text[place:start], put]
            place = max(place, end)
        return "".join([*parts, self._text[place:]])

    def visit(
        self, node: yaml.Node, old: Any, new: Any, *, flow: bool, key: yaml.Node | None = None
    ) -> None:
        """Make one node say something else; `key` is the one that it stands behind."""
        if old == new and type(old) is type(new):
            return
        inside = flow or bool(getattr(node, "flow_style", False))
        if not inside and new:
            if isinstance(node, yaml.MappingNode) and isinstance(new, Mapping):
                self._mapping(node, old, new)
                return
            if isinstance(node, yaml.SequenceNode) and isinstance(new, list):
                self._sequence(node, old, new)
                return
        self._replace(node, new, flow=flow, key=key)

    def _mapping(self, node: yaml.MappingNode, old: Mapping[str, Any], new: Any) -> None:
        entries = {key.value: (key, value) for key, value in node.value}
        gone = [key for key in entries if key not in new]
        first = node.value[0][0]
        if first.value in gone and self._is_inline(first):
            self._replace(node, new, flow=False)
            return
        for key in gone:
            self._cut(entries[key][0], entries[key][1])
        last = ""
        pending: dict[str, list[str]] = {}
        for key, value in new.items():
            if key in entries:
                last = key
                self.visit(entries[key][1], old[key], value, flow=False, key=entries[key][0])
            else:
                pending.setdefault(last, []).append(key)
        column = first.start_mark.column
        for after, keys in pending.items():
            block = dump({key: new[key] for key in keys})
            anchor = entries.get(after) or entries[next(reversed(entries))]
            self._put_behind(anchor[1], _indented(block, column))

    def _sequence(self, node: yaml.SequenceNode, old: Sequence[Any], new: list[Any]) -> None:
        column = node.start_mark.column
        matcher = SequenceMatcher(
            a=[_key(item) for item in old], b=[_key(item) for item in new], autojunk=False
        )
        for tag, i1, i2, j1, j2 in matcher.get_opcodes():
            if tag == "equal":
                continue
            shared = min(i2 - i1, j2 - j1) if tag == "replace" else 0
            for step in range(shared):
                self.visit(node.value[i1 + step], old[i1 + step], new[j1 + step], flow=False)
            for item in node.value[i1 + shared : i2]:
                self._cut_item(item)
            if j2 > j1 + shared:
                block = _indented(dump(new[j1 + shared : j2]), column)
                place = i1 + shared
                if place:
                    self._put_behind(node.value[place - 1], block)
                else:
                    start = self._line_start(node.value[0].start_mark.index)
                    self._found.append((start, start, block))

    def _replace(
        self, node: yaml.Node, new: Any, *, flow: bool, key: yaml.Node | None = None
    ) -> None:
        """Write a value in the place of another."""
        start, end = node.start_mark.index, self._end(node)
        flow = flow or (bool(getattr(node, "flow_style", False)) and _is_short(new))
        if flow or not (isinstance(new, (Mapping, list)) and new):
            text = _as_before(node, new)
            if key is not None:
                # What stood in a block below its key now stands behind it.
                start = self._text.index(":", key.end_mark.index) + 1
            needs_space = start and self._text[start - 1] == ":"
            self._found.append((start, end, f" {text}" if needs_space else text))
            return
        line = self._text[self._line_start(start) : start]
        indent = len(line) - len(line.lstrip(" "))
        if line.strip().endswith("-") and set(line.strip()) <= {"-", " "}:
            # An item of a list: its first key stands behind the dash.
            block = _indented(dump(new), node.start_mark.column)
            self._found.append((start, end, block.strip(" \n")))
            return
        if not line.strip():
            block = _indented(dump(new), node.start_mark.column)
            self._found.append((start, end, block.lstrip(" ").rstrip("\n")))
            return
        # Behind a key: the block goes to the lines below, one step in from the key.
        text = line.lstrip(" ")
        while text.startswith("- "):
            indent += len(text) - len(text[2:].lstrip(" "))
            text = text[2:].lstrip(" ")
        indent += _STEP if isinstance(new, Mapping) else 0
        block = _indented(dump(new), indent).rstrip("\n")
        while start and self._text[start - 1] == " ":
            start -= 1
        self._found.append((start, end, f"\n{block}"))

    def _cut(self, key: yaml.Node, value: yaml.Node) -> None:
        start = self._line_start(key.start_mark.index)
        self._found.append((start, self._line_end(max(self._end(value), key.end_mark.index)), ""))

    def _cut_item(self, item: yaml.Node) -> None:
        start = self._line_start(item.start_mark.index)
        self._found.append((start, self._line_end(self._end(item)), ""))

    def _put_behind(self, node: yaml.Node, block: str) -> None:
        place = self._line_end(self._end(node))
        if place and self._text[place - 1] != "\n":
            block = f"\n{block}"
        self._found.append((place, place, block))

    def _is_inline(self, key: yaml.Node) -> bool:
        """Return whether something, such as a dash, stands before a key on its line."""
        start = key.start_mark.index
        return bool(self._text[self._line_start(start) : start].strip())

    def _end(self, node: yaml.Node) -> int:
        """Return where a node ends; a block ends where its last part does."""
        if isinstance(node, yaml.MappingNode) and node.value and not node.flow_style:
            key, value = node.value[-1]
            return max(self._end(value), int(key.end_mark.index))
        if isinstance(node, yaml.SequenceNode) and node.value and not node.flow_style:
            return self._end(node.value[-1])
        end = int(node.end_mark.index)
        if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
            while end > node.start_mark.index and self._text[end - 1] in "\n ":
                end -= 1
        return end

    def _line_start(self, index: int) -> int:
        return self._text.rfind("\n", 0, index) + 1

    def _line_end(self, index: int) -> int:
        end = self._text.find("\n", index)
        return len(self._text) if end < 0 else end + 1


def _is_short(value: Any) -> bool:
    """Return whether a value may stay on one line."""
    if not value or not isinstance(value, list) or len(_inline(value)) > _LINE:
        return False
    return not any(isinstance(item, (Mapping, list)) for item in value)


def _as_before(node: yaml.Node, new: Any) -> str:
    """Return a value on one line, with the quotes that stood there before."""
    if isinstance(node, yaml.ScalarNode):
        return json.dumps(new) if node.style == '"' and isinstance(new, str) else _inline(new)
    texts = isinstance(new, list) and all(isinstance(item, str) for item in new)
    items = node.value if texts and isinstance(node, yaml.SequenceNode) else ()
    if items and all(getattr(item, "style", None) == '"' for item in items):
        return f"[{', '.join(json.dumps(item) for item in new)}]"
    return _inline(new)


def _key(item: Any) -> str:
    return json.dumps(item, sort_keys=True, default=str)


def _inline(value: Any) -> str:
    return dump(value, flow=True).strip()


def _indented(block: str, column: int) -> str:
    lead = " " * column
    return "".join(f"{lead}{line}" if line.strip() else line for line in block.splitlines(True))
