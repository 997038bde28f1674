"""Objects in files, as `kubectl get KIND -A -o json` and `-o yaml` print them."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import orjson

__all__ = ["Form", "write", "yaml_lines"]

Form = Literal["json", "yaml"]

_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./-]*(?::[A-Za-z0-9_./-]+)*")
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


def write(
    objects: Mapping[str, Sequence[Mapping[str, Any]]], folder: Path, form: Form
) -> list[Path]:
    """Write one file per entry, each a `List`, and return the files; the folder is made."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, items in sorted(objects.items()):
        # kubectl sorts the keys of a mapping.
        document = {
            "apiVersion": "v1",
            "items": items,
            "kind": "List",
            "metadata": {"resourceVersion": ""},
        }
        path = folder / f"{name}.{form}"
        if form == "json":
            options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
            path.write_bytes(orjson.dumps(document, option=options))
        else:
            with path.open("w", encoding="utf-8") as file:
                file.writelines(f"{line}\n" for line in yaml_lines(document))
        written.append(path)
    return written


def yaml_lines(value: Mapping[str, Any] | Sequence[Any], indent: str = "") -> Iterator[str]:
    """Yield the lines of a mapping or list in the block style of kubectl.

    >>> list(yaml_lines({"ports": [{"port": "53"}], "spec": {}}))
    ['ports:', '- port: "53"', 'spec: {}']
    """
    if isinstance(value, Mapping):
        for key in sorted(value):
            item = value[key]
            if not isinstance(item, Mapping | list) or not item:
                yield f"{indent}{_scalar(key)}: {_scalar(item)}"
                continue
            yield f"{indent}{_scalar(key)}:"
            # kubectl does not indent lists below their key.
            yield from yaml_lines(item, indent if isinstance(item, list) else f"{indent}  ")
        return
    for item in value:
        if not isinstance(item, Mapping | list) or not item:
            yield f"{indent}- {_scalar(item)}"
            continue
        lines = yaml_lines(item, f"{indent}  ")
        yield f"{indent}- {next(lines)[len(indent) + 2 :]}"
        yield from lines


def _scalar(value: Any) -> str:
    """Return a scalar, or an empty mapping or list, with quotes where YAML needs them."""
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return json.dumps(value)
