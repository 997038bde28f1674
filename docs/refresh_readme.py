"""Put the real output of every `$ netassist ...` command into README.md.

Run it by `make readme` after a change of wording; tests/surfaces/test_readme.py fails until then.
"""

import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NETASSIST = Path(sys.executable).parent / "netassist"


def refresh(block: re.Match[str]) -> str:
    """Return a console block with fresh output below each of our commands."""
    parts = re.split(r"^\$ ", block[1], flags=re.MULTILINE)
    fresh = [parts[0]]
    for part in parts[1:]:
        command, _, output = part.partition("\n")
        if command.startswith("netassist "):
            output = run(command)
        fresh.append(f"$ {command}\n{output}")
    return f"```console\n{''.join(fresh)}```"


def run(command: str) -> str:
    """Return what a command prints on stdout."""
    done = subprocess.run(
        [str(NETASSIST), *shlex.split(command)[1:]],
        capture_output=True,
        text=True,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode > 1:
        message = f"`{command}` failed: {done.stderr}"
        raise SystemExit(message)
    return done.stdout


if __name__ == "__main__":
    readme = ROOT / "README.md"
    readme.write_text(re.sub(r"```console\n(.*?)```", refresh, readme.read_text(), flags=re.DOTALL))
