"""Start-up is felt: what a quick command must not import."""

import subprocess
import sys

import pytest

HEAVY = (
    "chromadb", "kubernetes", "langchain", "langchain_core", "langgraph", "networkx", "numpy",
    "onnxruntime", "openai", "psycopg", "sqlalchemy", "textual", "tokenizers",
)  # fmt: skip


def loaded_after(code: str) -> set[str]:
    program = f"import sys\n{code}\nprint('LOADED', *sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    line = next(line for line in done.stdout.splitlines() if line.startswith("LOADED"))
    return {name.partition(".")[0] for name in line.split()[1:]}


@pytest.mark.parametrize(
    "module",
    ["assistant", "assistant.cli.app", "knowledge", "tools", "tools.reach", "topology",
     "topology.paths", "topology.policy"],
)  # fmt: skip
def test_importing_it_leaves_heavy_packages_alone(module: str) -> None:
    assert not loaded_after(f"import {module}").intersection(HEAVY)


@pytest.mark.parametrize("arguments", [["--help"], ["reach", "web", "cart", "--json"]])
def test_a_quick_command_leaves_heavy_packages_alone(arguments: list[str]) -> None:
    code = (
        f"sys.argv = ['netassist', *{arguments!r}]\n"
        "from assistant.cli.app import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass"
    )
    assert not loaded_after(code).intersection(HEAVY)


def test_the_help_of_the_command_waits_for_no_schema_library() -> None:
    assert "pydantic" not in loaded_after("import assistant.cli.app")
