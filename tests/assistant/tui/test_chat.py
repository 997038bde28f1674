"""The real chat on the bundled sample, driven by keys."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from textual.pilot import Pilot
from textual.widgets import Markdown, Static, TextArea, Tree

from assistant.agent import Assistant
from assistant.approval import Approve
from assistant.events import Event, Notice, TextDelta
from assistant.settings import Settings
from assistant.tui import ChatApp
from assistant.tui.artifact import ArtifactBlock
from assistant.tui.dialogs import ApprovalDialog, HelpDialog, SessionsDialog
from assistant.tui.evidence import EvidenceList, FileScreen
from assistant.tui.frames import in_frames
from assistant.tui.long_text import LongText, TextScreen
from assistant.tui.network_panel import NetworkPanel
from assistant.tui.prompt import Prompt
from assistant.tui.reach_map import ReachMap
from assistant.tui.tool_line import ToolLine
from assistant.tui.turn_view import TurnView
from assistant.tui.verdict_card import VerdictCard
from topology.ipam.book import AddressBook, Draft

Chat = Callable[..., AbstractAsyncContextManager[tuple[ChatApp, Pilot[None]]]]


async def wait_until(pilot: Pilot[None], holds: Callable[[], bool]) -> None:
    for _ in range(1200):
        if holds():
            await pilot.pause(0.1)
            return
        await pilot.pause(0.05)
    pytest.fail("the chat did not come to what was waited for")


async def send(pilot: Pilot[None], text: str) -> None:
    prompt: Any = pilot.app.query_one("#prompt")
    prompt.focus()
    prompt.put(text)
    await pilot.press("enter")


async def ask(pilot: Pilot[None], question: str) -> None:
    app = pilot.app
    assert isinstance(app, ChatApp)
    number = len(app.answers)
    await send(pilot, question)
    await wait_until(pilot, lambda: len(app.answers) > number and not app.is_answering)


def notes(app: ChatApp) -> str:
    return " ".join(str(one.message) for one in app._notifications)


@pytest.fixture
def chat(tmp_path: Path) -> Chat:
    """Return a function that opens a chat; all of one test share sessions and address book."""

    @asynccontextmanager
    async def run(
        *, model: Any = "rules", session: str = "", size: tuple[int, int] = (100, 32), **given: Any
    ) -> AsyncIterator[tuple[ChatApp, Pilot[None]]]:
        settings = Settings(
            state_dir=tmp_path / "state", book=str(tmp_path / "book.db"), user="me", workspace=()
        )

        def open_assistant(approve: Approve) -> Assistant:
            return Assistant(model=model, settings=settings, approve=approve, **given)

        app = ChatApp(open_assistant, session=session)
        async with app.run_test(size=size) as pilot:
            await wait_until(pilot, lambda: app.assistant is not None and not app._waiting)
            yield app, pilot

    return run


POLICY = "Only shop/web may reach shop/cart on port 8080"


class Slow(BaseChatModel):
    """A model that never comes to an end by itself."""

    @property
    def _llm_type(self) -> str:
        return "slow"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        raise NotImplementedError

    async def _agenerate(
        self, messages: list[BaseMessage], *args: Any, **kwargs: Any
    ) -> ChatResult:
        await asyncio.sleep(600)
        return ChatResult(generations=[ChatGeneration(message=AIMessage("late"))])


async def test_the_first_screen_offers_questions_that_can_be_asked(chat: Chat) -> None:
    async with chat() as (app, pilot):
        assert "11 workloads" in str(app.query_one(".welcome", Static).content)
        app.query(".suggestion").first().focus()
        await pilot.press("enter")
        await wait_until(pilot, lambda: bool(app.answers))
        assert app.answers[0].question == "Can shop/cart reach shop/db?"
        assert app.answers[0].verdict == "allow"
        assert not app.query(".suggestion")


async def test_an_answer_shows_tool_verdict_layers_and_evidence(chat: Chat) -> None:
    async with chat() as (app, pilot):
        await ask(pilot, "Can staging/web reach the db?")
        line = app.query_one(ToolLine)
        assert (line.tool, line.state) == ("can_reach", "done")
        card = app.query_one(VerdictCard)
        assert card.has_class("deny")
        text = "\n".join(str(one.content) for one in card.query(Static))
        assert "x DENIED" in text
        assert "CiliumNetworkPolicy/shop/no-staging-in-data spec.ingressDeny[0]" in text
        assert "shop-cilium.yaml:135" in text
        assert app.query_one("Markdown.answer", Markdown).source.startswith("No: `staging/web`")
        assert [item.location for item in app.query_one(EvidenceList).items] == [
            app.answers[0].evidence[1].location
        ]


async def test_a_tool_line_opens_to_arguments_and_result(chat: Chat) -> None:
    async with chat() as (app, pilot):
        await ask(pilot, "Can staging/web reach the db?")
        app.query_one(ToolLine).focus()
        await pilot.press("enter")
        details = str(app.query_one(".tool-details", Static).content)
        assert "destination: shop/db" in details
        assert "verdict: deny" in details
        assert "\\n" not in details
        await pilot.press("space")
        assert not app.query(".tool-details")
        await send(pilot, "/tools")
        await pilot.pause()
        assert app.query(".tool-details")


async def test_an_answer_longer_than_the_screen_is_shown_from_its_verdict(chat: Chat) -> None:
    async with chat(size=(80, 24)) as (app, pilot):
        await ask(pilot, "Can staging/web reach the db?")
        log = app.query_one("#log")

        def begins_at_the_top() -> bool:
            return 0 <= app.query(TurnView).last().region.y - log.region.y <= 2

        await wait_until(pilot, begins_at_the_top)
        await wait_until(pilot, lambda: app.query_one("#below").has_class("shown"))
        await ask(pilot, "And from shop/orders?")
        await wait_until(pilot, begins_at_the_top)


@pytest.mark.parametrize(
    ("question", "tool"),
    [
        ("DNS does not work in shop/web", "diagnose"),
        ("who can reach shop/db?", "who_can_reach"),
        ("which subnet do I need for 50 nodes with overlay?", "size_subnets"),
        ("what is Azure CNI Overlay?", "search_docs"),
    ],
)
async def test_every_kind_of_answer_is_shown_with_its_text_once(
    chat: Chat, question: str, tool: str
) -> None:
    async with chat() as (app, pilot):
        await ask(pilot, question)
        assert tool in {line.tool for line in app.query(ToolLine)}
        assert all(line.state == "done" for line in app.query(ToolLine))
        (shown,) = app.query("Markdown.answer").results(Markdown)
        assert shown.source.strip() == app.answers[0].text.strip()
        assert not app.query(".draft")


async def test_pieces_of_text_that_come_at_once_are_shown_as_one() -> None:
    async def speak() -> AsyncIterator[Event]:
        for word in ("a ", "b ", "c"):
            yield TextDelta(word)
        yield Notice("n")
        yield TextDelta("d")

    assert [event async for event in in_frames(speak())] == [
        TextDelta("a b c"), Notice("n"), TextDelta("d"),
    ]  # fmt: skip


async def test_evidence_opens_its_file_at_its_line(chat: Chat) -> None:
    async with chat() as (app, pilot):
        await ask(pilot, "Can staging/web reach the db?")
        app.query_one(".evidence").focus()
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, FileScreen)
        area = app.screen.query_one("#file", TextArea)
        assert area.cursor_location[0] == 134
        assert "fromEndpoints" in area.document.get_line(134)
        await pilot.press("escape")
        await pilot.pause()
        await send(pilot, "/evidence 9")
        assert "1 pieces" in notes(app)


async def test_yaml_is_copied_and_saved_and_no_file_is_overwritten(
    chat: Chat, tmp_path: Path
) -> None:
    async with chat() as (app, pilot):
        await ask(pilot, POLICY)
        block = app.query(ArtifactBlock).first()
        block.focus()
        await pilot.press("y")
        await pilot.pause()
        assert app.clipboard == block.artifact.content
        target = tmp_path / "mine.yaml"
        for _ in range(2):
            await send(pilot, f"/save {target}")
            await pilot.pause()
        assert target.read_text() in {one.artifact.content for one in app.query(ArtifactBlock)}
        assert f"{target} exists" in notes(app)
        await send(pilot, "/copy")
        await pilot.pause()
        assert app.clipboard == app.answers[-1].text


async def test_escape_stops_the_answer_and_the_chat_goes_on(chat: Chat) -> None:
    async with chat(model=Slow()) as (app, pilot):
        await send(pilot, "Can web reach db?")
        await wait_until(pilot, lambda: app.is_answering)
        await pilot.press("escape")
        await wait_until(pilot, lambda: not app.is_answering)
        assert "Stopped." in " ".join(
            str(one.content) for one in app.query(".notice").results(Static)
        )
        await send(pilot, "/model rules")
        await ask(pilot, "Can staging/web reach the db?")
        assert app.answers[-1].tier == "rules"


async def test_typing_goes_on_while_an_answer_is_made(chat: Chat) -> None:
    async with chat(model=Slow()) as (app, pilot):
        await send(pilot, "Can web reach db?")
        await wait_until(pilot, lambda: app.is_answering)
        await pilot.press(*"next one")
        assert app.query_one(Prompt).text == "next one"
        assert app.is_answering


async def test_a_conversation_is_resumed_with_what_was_said(chat: Chat) -> None:
    async with chat() as (app, pilot):
        await ask(pilot, "Can staging/web reach the db?")
        session = app.session
    async with chat(session=session) as (app, pilot):
        await wait_until(pilot, lambda: bool(app.query(TurnView)))
        assert app.query_one(VerdictCard).has_class("deny")
        await ask(pilot, "and from shop/orders?")
        assert app.answers[-1].verdict == "allow"
        assert app.session == session
    async with chat() as (app, pilot):
        await pilot.press("ctrl+r")
        await wait_until(pilot, lambda: isinstance(app.screen, SessionsDialog))
        await pilot.press("enter")
        await wait_until(pilot, lambda: len(app.query(TurnView)) == 2)
        await pilot.press("ctrl+n")
        await wait_until(pilot, lambda: not app.query(TurnView) and app.session == "")


async def test_an_unknown_session_or_command_is_said_to_be_one(chat: Chat) -> None:
    async with chat() as (app, pilot):
        await send(pilot, "/resume nothing")
        await pilot.pause()
        await send(pilot, "/dance")
        await pilot.pause()
        assert "no session `nothing`" in notes(app)
        assert "no command /dance" in notes(app)


@pytest.mark.parametrize("suffix", ["md", "json"])
async def test_the_conversation_is_exported(chat: Chat, tmp_path: Path, suffix: str) -> None:
    async with chat() as (_, pilot):
        await ask(pilot, "Can staging/web reach the db?")
        target = tmp_path / f"talk.{suffix}"
        await send(pilot, f"/export {target}")
        await wait_until(pilot, target.exists)
        text = target.read_text()
        if suffix == "json":
            assert json.loads(text)["turns"][0]["verdict"] == "deny"
        else:
            assert "## 1. Can staging/web reach the db?" in text


@pytest.mark.parametrize(("key", "made"), [("y", True), ("n", False), ("escape", False)])
async def test_a_change_is_made_only_after_a_yes(
    chat: Chat, tmp_path: Path, key: str, made: bool
) -> None:
    with AddressBook(str(tmp_path / "book.db"), actor="me") as book:
        book.add_block(Draft(name="corp", network=ip_network("10.60.0.0/16"), role="block"))
    async with chat() as (app, pilot):
        await send(pilot, "allocate a /26 for aks-new in corp")
        await wait_until(pilot, lambda: isinstance(app.screen, ApprovalDialog))
        await pilot.press(key)
        await wait_until(pilot, lambda: not app.is_answering)
        written = [call.result.get("applied") for call in app.answers[-1].tools]
        assert (True in written) is made


async def test_slash_completion_opens_fills_and_closes(chat: Chat) -> None:
    async with chat() as (app, pilot):
        await pilot.press("slash", "e", "x")
        await pilot.pause()
        assert app.query_one("#completion").has_class("shown")
        await pilot.press("tab")
        await pilot.pause()
        assert app.query_one(Prompt).text == "/export "
        app.query_one(Prompt).text = ""
        await pilot.press("slash")
        await pilot.pause()
        await pilot.press("down", "escape")
        await pilot.pause()
        assert not app.query_one("#completion").has_class("shown")


async def test_the_prompt_holds_lines_and_remembers_questions(chat: Chat) -> None:
    async with chat() as (app, pilot):
        prompt = app.query_one(Prompt)
        await send(pilot, "/theme")
        await send(pilot, "/tools")
        await pilot.press(*"draft", "up")
        assert prompt.text == "/tools"
        await pilot.press("up")
        assert prompt.text == "/theme"
        await pilot.press("down", "down")
        assert prompt.text == "draft"
        await pilot.press("ctrl+j", "x")
        assert prompt.text == "draft\nx"


async def test_the_network_is_searched_and_a_name_goes_into_the_prompt(chat: Chat) -> None:
    async with chat() as (app, pilot):
        await pilot.press("ctrl+b")
        assert app.query_one(NetworkPanel).has_class("shown")
        find = app.query_one("#find")
        find.focus()
        await pilot.press(*"paym")
        await pilot.pause(0.2)
        tree: Tree[str] = app.query_one("#tree", Tree)
        (space,) = tree.root.children
        assert [leaf.data for leaf in space.children] == [
            "shop/payments", "service:shop/payments", "CiliumNetworkPolicy/shop/payments",
        ]  # fmt: skip
        tree.focus()
        await pilot.press("down", "down", "enter")
        await pilot.pause()
        assert app.query_one(Prompt).text == "shop/payments "


async def test_the_map_shows_each_pair_and_asks_about_one(chat: Chat) -> None:
    async with chat(size=(130, 40)) as (app, pilot):
        await pilot.press("ctrl+b")
        tabs: Any = app.query_one("#network-tabs")
        tabs.active = "tab-map"
        grid = app.query_one(ReachMap)
        await wait_until(pilot, lambda: grid.virtual_size.height > 10)
        rows = ["".join(part.text for part in grid.render_line(y)) for y in range(13)]
        web = next(row for row in rows if "staging/web" in row)
        assert web.split()[2:4] == ["\u00b7", "+"]
        await pilot.click(ReachMap, offset=(grid._label + 4 + 3, 1))
        await wait_until(pilot, lambda: bool(app.answers))
        assert app.answers[0].question == "Can billing/invoices reach kube-system/coredns?"


async def test_help_shows_keys_and_commands(chat: Chat) -> None:
    async with chat() as (app, pilot):
        await pilot.press("f1")
        await wait_until(pilot, lambda: isinstance(app.screen, HelpDialog))
        source = app.screen.query_one(Markdown).source
        assert "Ctrl+R" in source
        assert "/export [PATH]" in source


async def test_every_command_is_in_the_palette(chat: Chat) -> None:
    async with chat() as (app, _):
        titles = {one.title for one in app.get_system_commands(app.screen)}
        assert {"/new", "/resume [ID]", "/export [PATH]", "/network"} <= titles


async def test_the_theme_is_kept(chat: Chat) -> None:
    async with chat() as (app, pilot):
        await send(pilot, "/theme nord")
        await pilot.pause()
    async with chat() as (app, _):
        assert app.theme == "nord"


async def test_a_very_long_answer_is_cut_and_all_of_it_can_be_read(chat: Chat) -> None:
    text = "\n\n".join(f"line {number}" for number in range(10_000))
    async with chat() as (app, pilot):
        view = TurnView("long?")
        await app.query_one("#log").mount(view)
        await view.restore({"text": text})
        block = view.query_one(LongText)
        block.focus()
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, TextScreen)
        area = app.screen.query_one("#file", TextArea)
        assert area.document.get_line(area.document.line_count - 1) == "line 9999"


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (200, 60)])
async def test_nothing_is_wider_than_the_terminal(chat: Chat, size: tuple[int, int]) -> None:
    async with chat(size=size) as (app, pilot):
        await ask(pilot, "Can staging/web reach the db?")
        assert all(one.region.right <= size[0] for one in app.query("#chat *") if one.display)
        assert app.query_one(Prompt).region.height >= 3


async def test_names_cannot_colour_the_screen(chat: Chat) -> None:
    async with chat() as (app, pilot):
        await ask(pilot, "Can [bold red]web[/] reach the db?")
        assert "[bold red]web[/]" in str(app.query(".question").first(Static).content)
