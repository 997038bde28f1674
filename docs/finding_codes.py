"""The codes of findings and causes, as the source makes them: read from the syntax, not by hand."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_TEXTS = ("why", "message", "summary")
_GAP = "…"
_LONGEST = 220


@dataclass(frozen=True)
class Code:
    """A code, and what is said with it."""

    name: str
    severity: str
    text: str


def codes(folder: str, severity: str = "") -> list[Code]:
    """Return the codes that the modules of a folder make, sorted; the first text of each.

    Args:
        folder: Below the checkout, such as `topology/azure`; folders in it do not count.
        severity: Of those that name none.
    """
    paths = sorted((ROOT / folder).glob("*.py"))
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in paths]
    shared = {name: one for tree in trees for name, one in _makers(tree).items()}
    found: dict[str, Code] = {}
    for tree in trees:
        for code in _codes_of(tree, shared | _makers(tree)):
            kept = found.setdefault(code.name, code)
            if not kept.text and code.text:
                found[code.name] = code
    return [
        replace(found[name], severity=found[name].severity or severity) for name in sorted(found)
    ]


def _makers(tree: ast.AST) -> dict[str, list[str]]:
    """Return the functions that take a code, each with the names of its parameters."""
    return {
        one.name: [argument.arg for argument in (*one.args.args, *one.args.kwonlyargs)]
        for one in ast.walk(tree)
        if isinstance(one, ast.FunctionDef)
        and "code" in [argument.arg for argument in (*one.args.args, *one.args.kwonlyargs)]
    }


def _codes_of(tree: ast.Module, makers: Mapping[str, list[str]]) -> Iterator[Code]:
    constants = {
        target.id: value
        for one in tree.body
        for target, value in _assigned(one)
        if isinstance(target, ast.Name)
    }
    for function in (one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)):
        local = {
            target.id: value
            for one in ast.walk(function)
            for target, value in _assigned(one)
            if isinstance(target, ast.Name)
        }
        about = (ast.get_docstring(function) or "").split("\n\n")[0]
        for call in (one for one in ast.walk(function) if isinstance(one, ast.Call)):
            given = _arguments(call, makers)
            if "code" not in given:
                continue
            severity = " or ".join(_texts(given.get("severity"), constants))
            text = next(
                (text for key in _TEXTS for text in _texts(given.get(key), local | constants)), ""
            )
            for name in _texts(given["code"], constants):
                yield Code(name, severity, _shorten(text or about))


def _assigned(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    if isinstance(node, ast.Assign):
        yield node.targets[0], node.value
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        yield node.target, node.value


def _arguments(call: ast.Call, makers: Mapping[str, list[str]]) -> dict[str, ast.expr]:
    """Return the arguments of a call by name, of our own functions the positional ones as well."""
    given = {one.arg: one.value for one in call.keywords if one.arg}
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    if name in makers:
        given |= dict(zip(makers[name], call.args, strict=False))
    return given


def _texts(node: ast.expr | None, names: Mapping[str, ast.expr]) -> list[str]:
    """Return the texts that an expression can be, with a gap for what is filled in."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.IfExp(body=body, orelse=other):
            return [*_texts(body, names), *_texts(other, names)]
        case ast.JoinedStr(values=parts):
            texts = (part.value if isinstance(part, ast.Constant) else _GAP for part in parts)
            return ["".join(map(str, texts))]
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            one, other = _texts(left, names), _texts(right, names)
            return [one[0] + other[0]] if one and other else one
        case ast.Call(func=ast.Attribute(attr="format", value=value)):
            return [text.replace("{}", _GAP) for text in _texts(value, names)]
        case ast.Subscript(value=ast.Name(id=name)) if isinstance(names.get(name), ast.Dict):
            table = names[name]
            assert isinstance(table, ast.Dict)
            return [text for value in table.values for text in _texts(value, names)]
        case ast.Name(id=name) if name in names and not isinstance(names[name], ast.Name):
            return _texts(names[name], {})
    return []


def _shorten(text: str) -> str:
    """Return a text in one line; gaps beside each other are one."""
    text = " ".join(text.split()).replace("|", "\\|")
    while _GAP * 2 in text:
        text = text.replace(_GAP * 2, _GAP)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rstrip()} {_GAP}"
