"""Make the pictures of the chat: `make shots` drives the real app on the bundled sample.

Whatever differs from run to run (times, names of sessions) is put to fixed words, so that a
picture changes only when the chat does; the tests hold the files against the app.
"""

import asyncio
import re
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from html import unescape
from pathlib import Path

from textual.pilot import Pilot

from assistant.agent import Assistant
from assistant.approval import Approve
from assistant.settings import Settings
from assistant.tui import ChatApp

_LETTER = 12.2
"""Width of a letter in the pictures, in pixels."""
_RIGHT = 250
"""What begins right of this is set against the right edge."""
IMAGES = Path(__file__).with_name("img")
Steps = Callable[[Pilot[None]], Awaitable[None]]


@dataclass(frozen=True)
class Shot:
    """One picture: what is done before it is taken, and on how large a terminal."""

    steps: Steps
    size: tuple[int, int] = (100, 32)


def chat_of(pilot: Pilot[None]) -> ChatApp:
    assert isinstance(pilot.app, ChatApp)
    return pilot.app


async def wait_until(pilot: Pilot[None], holds: Callable[[], bool]) -> None:
    for _ in range(1200):
        if holds():
            await pilot.pause(0.1)
            return
        await pilot.pause(0.05)
    message = "the chat did not come to where the picture is taken"
    raise TimeoutError(message)


async def ask(pilot: Pilot[None], question: str) -> None:
    app = chat_of(pilot)
    number = len(app.answers)
    app.query_one("#prompt").put(question)  # type: ignore[attr-defined]
    await pilot.press("enter")
    await wait_until(pilot, lambda: len(app.answers) > number and not app.is_answering)


async def welcome(pilot: Pilot[None]) -> None:
    await pilot.pause()


async def verdict(pilot: Pilot[None]) -> None:
    await ask(pilot, "Can staging/web reach the db?")


async def policy(pilot: Pilot[None]) -> None:
    await ask(pilot, "Only shop/web may reach shop/cart on port 8080")
    pilot.app.query(".artifact").first().scroll_visible(animate=False, top=True)
    await pilot.pause(0.2)


async def tool(pilot: Pilot[None]) -> None:
    await ask(pilot, "Can staging/web reach the db?")
    pilot.app.query(".tool").first().focus()
    await pilot.press("enter")
    pilot.app.query(".tool").first().scroll_visible(animate=False, top=True)
    await pilot.pause(0.2)


async def evidence(pilot: Pilot[None]) -> None:
    await ask(pilot, "Can staging/web reach the db?")
    await ask_command(pilot, "/evidence 1")


async def ask_command(pilot: Pilot[None], command: str) -> None:
    pilot.app.query_one("#prompt").put(command)  # type: ignore[attr-defined]
    await pilot.press("enter")
    await pilot.pause(0.3)


async def commands(pilot: Pilot[None]) -> None:
    await pilot.press("slash", "e")
    await pilot.pause(0.2)


async def network(pilot: Pilot[None]) -> None:
    await pilot.press("ctrl+b")
    await pilot.pause(0.2)
    find = pilot.app.query_one("#find")
    find.focus()
    await pilot.press(*"pay")
    await pilot.pause(0.3)


async def heat_map(pilot: Pilot[None]) -> None:
    await pilot.press("ctrl+b")
    pilot.app.query_one("#network-tabs").active = "tab-map"  # type: ignore[attr-defined]
    grid = pilot.app.query_one("#map")
    await wait_until(pilot, lambda: grid.virtual_size.height > 10)


async def shown_help(pilot: Pilot[None]) -> None:
    await pilot.press("f1")
    await pilot.pause(0.3)


SHOTS = {
    "welcome": Shot(welcome),
    "verdict": Shot(verdict),
    "verdict-60": Shot(verdict, (60, 30)),
    "verdict-80x24": Shot(verdict, (80, 24)),
    "policy": Shot(policy, (100, 36)),
    "tool": Shot(tool),
    "evidence": Shot(evidence),
    "commands": Shot(commands),
    "network": Shot(network),
    "map": Shot(heat_map, (110, 28)),
    "help": Shot(shown_help, (100, 44)),
}


async def take(shot: Shot, state: Path) -> str:
    """Return the picture as SVG.

    Args:
        shot: What is done.
        state: A folder for the sessions, new and empty.
    """

    def open_assistant(approve: Approve) -> Assistant:
        settings = Settings(state_dir=state, book=str(state / "book.db"), user="you", workspace=())
        return Assistant(model="rules", settings=settings, approve=approve)

    app = ChatApp(open_assistant)
    async with app.run_test(size=shot.size) as pilot:
        await wait_until(pilot, lambda: app.assistant is not None)
        await shot.steps(pilot)
        for area in app.screen.query("TextArea"):
            area.cursor_blink = False  # type: ignore[attr-defined]
        shown, before = "", "none yet"
        while shown != before:
            await pilot.pause(0.3)
            shown, before = settle(app.export_screenshot(title="netassist")), shown
        return shown


def settle(svg: str) -> str:
    """Put to fixed words what differs from run to run."""
    svg = re.sub(r"terminal-\d+", "terminal-0", svg)
    svg = re.sub(r"session(&#160;| )[0-9a-f]{12}", r"session\g<1>0123456789ab", svg)
    return re.sub(r"<text[^>]*>[^<]*</text>", lambda found: _settle_times(found[0]), svg)


def _settle_times(text: str) -> str:
    """Put a time to 0 in one piece of text, which then ends where it ended before."""
    settled = re.sub(r"\d[\d,.]*(&#160;| )(m?s)(?=[<&\s])", r"0\g<1>\g<2>", text)
    if settled == text:
        return text
    place = re.search(r' x="([\d.]+)".* textLength="([\d.]+)"', text)
    assert place is not None
    letters = len(unescape(settled.partition(">")[2].partition("<")[0]))
    width = letters * _LETTER
    left = float(place[1])
    if left > _RIGHT:
        left += float(place[2]) - width
    head, _, rest = settled.partition(">")
    head = re.sub(r' x="[\d.]+"', f' x="{left:.1f}"', head)
    head = re.sub(r' textLength="[\d.]+"', f' textLength="{width:.1f}"', head)
    return f"{head}>{rest}"


def main() -> int:
    """Write every picture, or those that are named."""
    IMAGES.mkdir(exist_ok=True)
    for name in sys.argv[1:] or SHOTS:
        with tempfile.TemporaryDirectory() as folder:
            text = asyncio.run(take(SHOTS[name], Path(folder)))
        (IMAGES / f"{name}.svg").write_text(text, encoding="utf-8")
        sys.stderr.write(f"{name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
