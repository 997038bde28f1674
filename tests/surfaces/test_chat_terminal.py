"""The chat in a real terminal: asked, opened, copied, left and resumed, by keys alone."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

TMUX = shutil.which("tmux")
PROGRAM = f"{sys.executable} -c 'from assistant.cli.app import main; main()'"


class Terminal:
    """One tmux server of this test alone, with one window of 80x24."""

    def __init__(self, socket: Path, environment: dict[str, str]) -> None:
        assert TMUX is not None
        self._command = [TMUX, "-S", str(socket), "-f", os.devnull]
        self._environment = environment

    def start(self, command: str) -> None:
        self._call("new-session", "-d", "-x", "80", "-y", "24", "-s", "chat", command)

    def keys(self, *keys: str) -> None:
        self._call("send-keys", "-t", "chat", *keys)

    def text(self, text: str) -> None:
        self._call("send-keys", "-t", "chat", "-l", text)

    def screen(self) -> str:
        return self._call("capture-pane", "-p", "-t", "chat", check=False)

    def see(self, *parts: str) -> str:
        for _ in range(600):
            screen = self.screen()
            if all(part in screen for part in parts):
                return screen
            time.sleep(0.1)
        pytest.fail(f"{parts} did not come up; the screen was:\n{self.screen()}")

    def is_alive(self) -> bool:
        return "chat" in self._call("list-sessions", check=False)

    def end(self) -> None:
        self._call("kill-server", check=False)

    def _call(self, *arguments: str, check: bool = True) -> str:
        done = subprocess.run(
            [*self._command, *arguments],
            capture_output=True, text=True, check=check, env=self._environment, timeout=30,
        )  # fmt: skip
        return done.stdout


@pytest.fixture
def terminal(tmp_path: Path, private_home: Path) -> Iterator[Terminal]:
    if TMUX is None:
        pytest.skip("needs tmux: apt-get install tmux")
    environment = {**os.environ, "HOME": str(private_home), "TERM": "xterm-256color"}
    environment |= {"LC_ALL": "C.UTF-8"}
    made = Terminal(tmp_path / "tmux", environment)
    try:
        yield made
    finally:
        made.end()


def test_a_conversation_from_the_first_screen_to_its_resumption(terminal: Terminal) -> None:
    terminal.start(f"{PROGRAM} chat --model rules")
    terminal.see("Can shop/cart reach shop/db?", "Ask")
    terminal.text("Only shop/web may reach shop/cart on port 8080")
    terminal.keys("Enter")
    terminal.see("\u2713 draft_policy", "Must be allowed: shop/web", "more below")
    terminal.text("/copy yaml")
    terminal.keys("Enter")
    terminal.see("Copied shop-cart-ingress-cnp.yaml")
    terminal.text("/new")
    terminal.keys("Enter")
    terminal.see("Who can reach shop/db?")
    terminal.text("Can staging/web reach the db?")
    terminal.keys("Enter")
    terminal.see("x DENIED", "No: staging/web cannot reach shop/db", "shop-cilium.yaml:135")
    terminal.text("/tools")
    terminal.keys("Enter")
    terminal.see("\u2713 can_reach", "asked:", "destination: shop/db")
    terminal.keys("C-q")
    for _ in range(300):
        if not terminal.is_alive():
            break
        time.sleep(0.1)
    assert not terminal.is_alive()

    terminal.start(f"{PROGRAM} chat --model rules --continue")
    terminal.see("No: staging/web cannot reach shop/db", "session")
    terminal.text("and from shop/orders?")
    terminal.keys("Enter")
    terminal.see("Yes: shop/orders can reach shop/db")


def test_without_colours_signs_and_words_say_everything(terminal: Terminal) -> None:
    terminal.start(f"env NO_COLOR=1 {PROGRAM} chat --model rules")
    terminal.see("Can shop/cart reach shop/db?")
    terminal.text("Can staging/web reach the db?")
    terminal.keys("Enter")
    terminal.see("x DENIED", "+ egress policy")


def test_without_a_terminal_the_chat_says_what_to_do_instead(private_home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from assistant.cli.app import main; main()", "chat"],
        capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "netassist ask" in done.stderr
