"""The commands that README.md and docs/how-to show: run for real, compared, put in anew.

A block of ```` ```console ```` holds `$ netassist ...` with what it prints on stdout; `| head -N`
behind a command shows its first lines. Four backticks fence what holds three. The commands of one
page run in one process and one empty home, in their order, so that a page can tell a story. `make
readme` puts fresh output into every page; tests/surfaces/test_pages.py fails until then.
"""

import io
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs" / "how-to").glob("*.md")))
_BLOCK = re.compile(r"^(`{3,})console\n(.*?)^\1$", re.DOTALL | re.MULTILINE)
_PROMPT = re.compile(r"^\$ ", re.MULTILINE)
_HEAD = re.compile(r" \| head -(\d+)$")
_OURS = "netassist "


def examples(text: str) -> Iterator[tuple[str, str]]:
    """Yield each of our commands with the output that stands below it."""
    for _, block in _BLOCK.findall(text):
        for part in _PROMPT.split(block)[1:]:
            command, _, output = part.partition("\n")
            if command.startswith(_OURS):
                yield command, output.strip()


def outputs(commands: Sequence[str], home: Path, environment: Mapping[str, str]) -> list[str]:
    """Return what each command prints, all in one process and one home.

    Raises:
        SystemExit: One of them failed; the message is its own.
    """
    hidden = ("NETASSIST_", "OPENAI_", "AZURE_", "XDG_")
    kept = {key: value for key, value in environment.items() if not key.startswith(hidden)}
    kept |= {"HOME": str(home), "NO_COLOR": "1", "COLUMNS": "100"}
    done = subprocess.run(
        [sys.executable, __file__, "--run", json.dumps(commands)],
        capture_output=True, text=True, cwd=ROOT, env=kept, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stderr)
    return list(json.loads(done.stdout))


def refreshed(text: str, fresh: list[str]) -> str:
    """Return a page with other outputs below its commands."""
    left = iter(fresh)

    def block(match: re.Match[str]) -> str:
        first, *parts = _PROMPT.split(match[2])
        told = [first]
        for part in parts:
            command, _, output = part.partition("\n")
            if command.startswith(_OURS):
                output = f"{next(left)}\n\n"
            told.append(f"$ {command}\n{output}")
        body = "".join(told).rstrip()
        fence = "````" if "```" in body else "```"
        return f"{fence}console\n{body}\n{fence}"

    return _BLOCK.sub(block, text)


def _run(command: str) -> str:
    """Run one command in this process and return what it prints."""
    from assistant.cli.app import main

    head = _HEAD.search(command)
    sys.argv = ["netassist", *shlex.split(_HEAD.sub("", command))[1:]]
    out = io.StringIO()
    code: object = 0
    with redirect_stdout(out):
        try:
            main()
        except SystemExit as end:
            code = end.code
    if code not in (0, 1, None):
        message = f"`{command}` exits with {code}"
        raise SystemExit(message)
    lines = out.getvalue().strip().splitlines()
    if head and len(lines) > int(head[1]):
        lines = lines[: int(head[1])]
    return "\n".join(line.rstrip() for line in lines).rstrip()


def main(arguments: list[str]) -> int:
    """Run commands for `outputs`, or put fresh output into pages: those that are named, or all."""
    if arguments[:1] == ["--run"]:
        told = [_run(command) for command in json.loads(arguments[1])]
        sys.stdout.write(json.dumps(told))
        return 0
    for page in map(Path, arguments) if arguments else PAGES:
        text = page.read_text(encoding="utf-8")
        commands = [command for command, _ in examples(text)]
        with tempfile.TemporaryDirectory() as home:
            page.write_text(refreshed(text, outputs(commands, Path(home), os.environ)), "utf-8")
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main(sys.argv[1:]))
