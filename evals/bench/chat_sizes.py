"""How the terminal chat fares with very long answers and conversations, and how it starts."""

import asyncio
import os
import pty
import select
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from textual.pilot import Pilot

from assistant.agent import Assistant
from assistant.answer import Answer
from assistant.events import Finished, TextDelta
from assistant.settings import Settings
from assistant.tui import ChatApp
from assistant.tui.turn_view import TurnView
from evals.bench.measures import Measure

if TYPE_CHECKING:
    from assistant.approval import Approve

__all__ = ["measure_chat"]

_QUESTION = "Can staging/web reach shop/db?"
_KEYS = 40
_STARTS = 5


def measure_chat(turns: int = 500, lines: int = 10_000) -> Iterator[Measure]:
    """Measure the chat, driven without a terminal but for its start.

    Args:
        turns: Of the long conversation.
        lines: Of the long answer.
    """
    with TemporaryDirectory() as folder:
        settings = Settings(state_dir=Path(folder), workspace=())
        yield from asyncio.run(_measure_answer(settings, lines))
        yield from asyncio.run(_measure_turns(settings, turns))
        yield from asyncio.run(_measure_resumption(settings, turns))
        yield _measure_start(Path(folder))


async def _measure_answer(settings: Settings, lines: int) -> list[Measure]:
    text = "\n".join(f"- `shop/web-{number}` can reach `shop/db`" for number in range(lines))
    answer = Answer(question="q", text=text, tier="rules", model="rules")
    async with _chat(settings) as (app, pilot):
        view = TurnView("q")
        await app.query_one("#log").mount(view)
        begun = time.perf_counter()
        await view.show(TextDelta(text))
        await view.show(Finished(answer))
        await pilot.pause()
        taken = time.perf_counter() - begun
        note = f"an answer of {lines:,} lines: its beginning is laid out, the rest opens on Enter"
        return [
            Measure(name="chat_long_answer", value=taken, unit="s", note=note),
            await _press(pilot, "chat_key_after_long_answer", "with that answer on the screen"),
        ]


async def _measure_turns(settings: Settings, turns: int) -> list[Measure]:
    async with _chat(settings) as (app, pilot):
        taken = []
        for _ in range(turns):
            begun = time.perf_counter()
            await app.ask(_QUESTION)
            while app.is_answering:
                await pilot.pause(0.005)
            await pilot.pause()
            taken.append(time.perf_counter() - begun)
        tenth = max(1, turns // 10)
        early, late = sorted(taken[1 : tenth + 1]), sorted(taken[-tenth:])
        note = f"one conversation of {turns} turns, each asked, answered and shown"
        return [
            Measure(name="chat_turn_first_tenth", value=early[len(early) // 2], unit="s",
                    note=f"median; {note}"),
            Measure(name="chat_turn_last_tenth", value=late[len(late) // 2], unit="s",
                    note=f"median; {note}"),
            await _press(pilot, "chat_key_after_turns", "after the last of them"),
        ]  # fmt: skip


async def _measure_resumption(settings: Settings, turns: int) -> list[Measure]:
    begun = time.perf_counter()
    async with _chat(settings, resume=True) as (app, pilot):
        while not app.query(TurnView):
            await pilot.pause(0.005)
        await pilot.pause()
        taken = time.perf_counter() - begun
    note = f"from the call to a conversation of {turns} turns on the screen"
    return [Measure(name="chat_resume", value=taken, unit="s", note=note)]


@asynccontextmanager
async def _chat(
    settings: Settings, *, resume: bool = False
) -> "AsyncIterator[tuple[ChatApp, Pilot[None]]]":
    def open_assistant(approve: "Approve") -> Assistant:
        return Assistant(model="rules", settings=settings, approve=approve)

    session = Assistant(settings=settings).sessions.latest().id if resume else ""
    app = ChatApp(open_assistant, session=session)
    async with app.run_test(size=(100, 32)) as pilot:
        while app.assistant is None:
            await pilot.pause(0.005)
        yield app, pilot


async def _press(pilot: "Pilot[None]", name: str, note: str) -> Measure:
    """Return how long a key takes until the screen has come to rest."""
    pilot.app.query_one("#prompt").focus()
    taken = []
    for _ in range(_KEYS):
        begun = time.perf_counter()
        await pilot.press("a")
        taken.append(time.perf_counter() - begun)
    value = quantiles(taken, n=100, method="inclusive")[94] * 1e3
    return Measure(name=name, value=value, unit="ms", note=f"p95 of {_KEYS} keys, {note}")


def _measure_start(folder: Path) -> Measure:
    """Return the least time from a new process to its first screen, in a terminal of its own."""
    taken = []
    for _ in range(_STARTS):
        begun = time.perf_counter()
        process, terminal = pty.fork()
        if process == 0:
            os.chdir(Path(__file__).resolve().parents[2])
            program = "from assistant.cli.app import main; main()"
            places = ("TERM=xterm-256color", f"XDG_STATE_HOME={folder}")
            words = (sys.executable, "-c", program, "chat", "--model", "rules")
            os.execvp("env", ("env", *places, *words))
        shown = b""
        while b"Ask" not in shown and time.perf_counter() - begun < 60:
            if select.select([terminal], [], [], 0.1)[0]:
                shown += os.read(terminal, 65_536)
        taken.append(time.perf_counter() - begun)
        os.kill(process, 9)
        os.waitpid(process, 0)
        os.close(terminal)
    note = f"a new process until its prompt is on the terminal; best of {_STARTS}"
    return Measure(name="chat_start", value=min(taken), unit="s", target=1.0, note=note)
