"""Write docs/reference from the code, and the list of decisions.

Run it by `make reference` after a change; tests/surfaces/test_reference.py fails until then.
"""

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
sys.path[:0] = [str(ROOT), str(DOCS)]

from finding_codes import Code, codes  # noqa: E402

MADE = "Made by `make reference` from the code; do not edit it here."


def pages() -> dict[str, str]:
    """Return the text of each page by its place below docs."""
    made = {
        "adr/README.md": decisions,
        "reference/commands.md": commands,
        "reference/findings.md": findings,
        "reference/settings.md": settings,
        "reference/tools.md": tools,
    }
    return {place: "\n".join(make()).rstrip() + "\n" for place, make in made.items()}


def decisions() -> Iterator[str]:
    """Yield the list of decisions."""
    yield (
        "# Decisions\n\nOne page for each choice that could have been another: what it was about, "
        "what was chosen, what follows from it.\n\n| | decision | date |\n|---|---|---|"
    )
    for path in sorted((DOCS / "adr").glob("[0-9]*.md")):
        text = path.read_text(encoding="utf-8")
        number, _, title = text.splitlines()[0].removeprefix("# ").partition(". ")
        date = re.search(r"^Date: ([\d-]+)", text, re.MULTILINE)
        yield f"| {number} | [{title}]({path.name}) | {date[1] if date else ''} |"


def commands() -> Iterator[str]:
    """Yield the help of every command; that of the tools stands in their own page."""
    import typer

    from assistant.cli import exit_codes
    from assistant.cli.app import app

    yield f"# Commands\n\n{MADE}\n\n## Exit codes\n\n| code | meaning |\n|---|---|"
    for name, text in constants(Path(exit_codes.__file__)):
        yield f"| {getattr(exit_codes, name)} | {text} |"
    yield "\n`netassist tools NAME` runs one [tool](tools.md) directly.\n"
    yield from _help(typer.main.get_command(app), None, "netassist")


def _help(command: Any, parent: Any, name: str) -> Iterator[str]:
    context = command.context_class(
        command, info_name=name, parent=parent, terminal_width=100, max_content_width=100,
        **({} if parent else {"help_option_names": ["-h", "--help"]}),
    )  # fmt: skip
    path = f"{context.command_path}"
    yield f"{'##' if parent is None or parent.parent is None else '###'} {path}\n"
    yield f"```text\n{command.get_help(context).rstrip()}\n```\n"
    for part in getattr(command, "commands", {}):
        yield from _help(command.commands[part], context, part)


def tools() -> Iterator[str]:
    """Yield every tool with its arguments."""
    from tools import registry

    specs = registry()
    yield f"# Tools\n\n{MADE}\n"
    yield (
        f"{len(specs)} tools, each defined once and offered to models, over MCP (those that write "
        "are not), from Python, and as `netassist tools NAME`, in which `_` becomes `-`. What a "
        "tool *proposes* changes nothing; what *writes* needs an approval of that very call.\n"
    )
    for spec in specs:
        yield f"## `{spec.name}`\n\n{spec.description}\n\nEffect: {spec.effect}.\n"
        fields = spec.args.model_json_schema().get("properties", {})
        if fields:
            yield "| argument | type | default | meaning |\n|---|---|---|---|"
        required = spec.args.model_json_schema().get("required", [])
        for name, field in fields.items():
            default = "required" if name in required else _code(field.get("default", []))
            meaning = _cell(field.get("description", ""))
            yield f"| `{name}` | {_type(field)} | {default} | {meaning} |"
        yield ""


def _type(schema: dict[str, Any]) -> str:
    """Return the type of an argument in a word or two."""
    if "enum" in schema:
        return " ".join(f"`{one}`" for one in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return str(schema.get("type", schema.get("$ref", "object").rpartition("/")[2]))


def findings() -> Iterator[str]:
    """Yield every code of a finding, with what is said."""
    from topology.flows.drop_reasons import NUMBERS, meaning_of
    from topology.flows.drops import Drop

    yield f"# Findings\n\n{MADE} `{chr(0x2026)}` stands for what is filled in.\n"
    yield "What `netassist review` looks for has [pages of its own](../review/README.md).\n"
    yield "## Causes that `netassist diagnose` names\n"
    yield from _table(codes("topology/diagnosis"), severities=False)
    yield "\n## `netassist azure check`\n"
    yield "Beside these, ranges are held against the checks of addresses, as `range-…`.\n"
    yield from _table(codes("topology/azure"))
    yield "\n## `netassist service check`\n"
    yield from _table(codes("topology/service_path"))
    yield "\n## `netassist policy validate`\n"
    yield (
        "Beside these, everything that Cilium's own parser, the schemas of its kinds, Kubernetes "
        "and Istio's webhook refuse is an error, in words as near to theirs as can be.\n"
    )
    yield from _table(codes("topology/policy/validation", "warning"))
    yield "\n## `netassist ipam check`\n"
    yield from _table(codes("topology/ipam", "error"))
    yield "\n## `netassist ipam import`\n"
    yield from _table(codes("topology/ipam/book/importing", "error"))
    yield "\n## Reading files\n"
    yield from _table(codes("topology/load"))
    yield "\n## Drops in flows\n\n`cause` says what the policies make of a drop:\n"
    told = documented(ROOT / "topology" / "flows" / "drops.py", "Drop")["cause"]
    yield from (f"- {part.strip().rstrip('.')}." for part in told.split(";"))
    assert all(f"`{one}`" in told for one in get_args(Drop.__annotations__["cause"]))
    yield "\n`reason` is Cilium's:\n\n| number | name | meaning |\n|---|---|---|"
    yield from (
        f"| {number} | `{name}` | {_cell(meaning_of(number))} |" for name, number in NUMBERS.items()
    )


def _table(found: Iterable[Code], *, severities: bool = True) -> Iterator[str]:
    yield (
        "| code | severity | what |\n|---|---|---|" if severities else "| code | what |\n|---|---|"
    )
    for one in found:
        severity = f" {one.severity} |" if severities else ""
        yield f"| `{one.name}` |{severity} {one.text} |"


def settings() -> Iterator[str]:
    """Yield every setting."""
    from assistant.settings import Settings

    told = documented(ROOT / "assistant" / "settings.py", "Settings")
    yield f"# Settings\n\n{MADE}\n"
    yield (
        "An argument comes before the environment, the environment before the configuration file, "
        "that before the default. The file is the one that `NETASSIST_CONFIG` names, else "
        "`config.toml`, `config.yaml` or `config.yml` in the user's configuration folder; it holds "
        "settings by their names. Lists and mappings are JSON in the environment. Secrets belong "
        "in the environment, never into flags.\n"
    )
    yield "| setting | environment | default | meaning |\n|---|---|---|---|"
    for name, field in Settings.model_fields.items():
        choices = getattr(field.validation_alias, "choices", [f"NETASSIST_{name.upper()}"])
        variables = ", ".join(f"`{one}`" for one in choices if str(one).isupper())
        default = _code(field.default)
        if field.default_factory is not None:
            default = "`{}`" if field.default_factory is dict else "of the system"
        yield f"| `{name}` | {variables} | {default} | {_cell(told[name])} |"


def documented(path: Path, name: str) -> dict[str, str]:
    """Return the texts below the fields of a class."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    body = next(
        one.body for one in ast.walk(tree) if isinstance(one, ast.ClassDef) and one.name == name
    )
    return dict(_texts(body))


def constants(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the constants of a module with the texts below them."""
    yield from _texts(ast.parse(path.read_text(encoding="utf-8")).body)


def _texts(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for one, after in pairwise(body):
        target = one.targets[0] if isinstance(one, ast.Assign) else getattr(one, "target", None)
        if isinstance(target, ast.Name) and isinstance(after, ast.Expr):
            yield target.id, " ".join(str(ast.literal_eval(after.value)).split())


def _code(value: object) -> str:
    """Return a default as people write it."""
    if value in (None, "", (), []):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def main(folder: Path = DOCS) -> None:
    """Write every page below a folder."""
    for place, text in pages().items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
