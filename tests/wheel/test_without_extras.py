"""What `pip install netassist` alone can do, and what it says where an extra is missing."""

import os
import shutil
import subprocess
import time
from pathlib import Path
from zipfile import ZipFile

import pytest

from .conftest import Installed

pytestmark = pytest.mark.wheel
ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("assistant", "tools", "topology", "knowledge", "evals")
DATA = (
    "assistant/models/rules/examples.npy",
    "assistant/slack/manifest.json",
    "assistant/tui/chat.tcss",
    "knowledge/corpus/kubenet-to-overlay.md",
    "knowledge/vectors.npz",
    "tools/pictures/page.html",
    "topology/samples/shop/objects.yaml",
)
AZURE = {
    "NETASSIST_AZURE_OPENAI_ENTRA": "true",
    "NETASSIST_AZURE_OPENAI_ENDPOINT": "https://name.openai.azure.com",
}


def test_every_file_of_the_packages_is_in_the_wheel(wheel: Path) -> None:
    held = set(ZipFile(wheel).namelist())
    assert held.issuperset(DATA)
    listed = subprocess.run(
        ["git", "ls-files", "-z", *PACKAGES], capture_output=True, text=True, cwd=ROOT, check=False
    )
    kept = {name for name in listed.stdout.split("\0") if (ROOT / name).is_file()}
    assert kept <= held, sorted(kept - held)[:10]


def test_nothing_but_the_packages_is_in_the_wheel(wheel: Path) -> None:
    tops = {name.partition("/")[0] for name in ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)


def test_the_environment_holds_the_wheel_and_not_the_checkout(installed: Installed) -> None:
    done = installed.python("import assistant, topology; print(assistant.__file__)")
    assert done.stdout.startswith(str(installed.folder)), done.stderr


def test_a_question_is_answered(installed: Installed) -> None:
    done = installed.run("ask", "--model", "rules", "Can staging/web reach the db?")
    assert done.returncode == 1, done.stderr
    assert "`CiliumNetworkPolicy/shop/no-staging-in-data`" in done.stdout
    assert "shop-cilium.yaml:135" in done.stdout


def test_a_question_is_answered_from_python(installed: Installed) -> None:
    done = installed.python(
        "from assistant import ask\n"
        "answer = ask('Can staging/web reach the db?', model='rules')\n"
        "print(answer.verdict, len(answer.evidence))"
    )
    assert done.stdout.split()[0] == "deny", done.stderr
    assert int(done.stdout.split()[1]) > 0


def test_the_articles_are_found_by_meaning(installed: Installed) -> None:
    done = installed.run("knowledge", "search", "Can I migrate kubenet to Overlay?")
    assert done.returncode == 0, done.stderr
    assert "kubenet" in done.stdout


def test_the_page_is_drawn(installed: Installed) -> None:
    done = installed.run("matrix", "--format", "html")
    assert done.stdout.startswith("<!doctype html>"), done.stderr
    assert "shop/payments" in done.stdout


def test_addresses_are_kept(installed: Installed) -> None:
    assert installed.run("ipam", "add-block", "10.60.0.0/16").returncode == 0
    done = installed.run("ipam", "free", "/24")
    assert done.returncode == 0
    assert "10.60.0.0/24" in done.stdout


def test_the_evals_measure_with_the_cases_that_come_along(installed: Installed) -> None:
    done = installed.start(str(installed.folder / "bin" / "python"), "-m", "evals", "ipam")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_chat_opens_in_a_terminal(installed: Installed, tmp_path: Path) -> None:
    tmux = shutil.which("tmux")
    if tmux is None:
        pytest.skip("needs tmux: apt-get install tmux")
    call = [tmux, "-S", str(tmp_path / "tmux"), "-f", os.devnull]
    environment = installed.environment | {"TERM": "xterm-256color"}
    chat = f"{installed.command} chat --model rules"
    subprocess.run([*call, "new-session", "-d", "-x", "80", "-y", "24", chat],
                   check=True, env=environment, cwd=tmp_path)  # fmt: skip
    try:
        screen = ""
        for _ in range(600):
            done = subprocess.run([*call, "capture-pane", "-p"], capture_output=True, text=True,
                                  check=False, env=environment)  # fmt: skip
            screen = done.stdout
            if "Can shop/cart reach shop/db?" in screen:
                return
            time.sleep(0.1)
        pytest.fail(f"the first screen did not come up:\n{screen}")
    finally:
        subprocess.run([*call, "kill-server"], check=False, capture_output=True, env=environment)


@pytest.mark.parametrize(
    ("arguments", "settings", "extra"),
    [
        (("slack",), {}, "slack"),
        (("mcp",), {}, "mcp"),
        (("ask", "--model", "local:weights.gguf", "who can reach db?"), {}, "local"),
        (("models", "check", "weights.gguf"), {}, "local"),
        (("ask", "--model", "azure:some", "who can reach db?"), AZURE, "entra"),
        (("ipam", "show", "--db", "postgresql://me@localhost/book"), {}, "postgres"),
        (("sessions", "list"), {"NETASSIST_SESSIONS": "postgresql://me@localhost/s"}, "postgres"),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, tuple) else None,
)
def test_a_missing_extra_is_one_line_that_says_what_to_install(
    installed: Installed, arguments: tuple[str, ...], settings: dict[str, str], extra: str
) -> None:
    (installed.home / "weights.gguf").write_bytes(b"GGUF" + bytes(60))
    done = installed.run(*arguments, **settings)
    said = [line for line in done.stderr.splitlines() if "bundled sample" not in line]
    assert done.returncode == 3
    assert done.stdout == ""
    assert len(said) == 1, done.stderr
    assert f"pip install 'netassist[{extra}]'" in said[0]


def test_the_doctor_names_the_extras_that_are_missing(installed: Installed) -> None:
    done = installed.run("doctor")
    assert done.returncode == 0, done.stdout
    for extra in ("slack", "mcp", "local", "entra", "postgres"):
        assert f"pip install 'netassist[{extra}]'" in done.stdout
