"""What a model in process may decide, with a stand-in that chooses among what it is offered."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assistant.agent import Assistant
from assistant.events import Event, Finished, Notice
from assistant.models.ladder import Rung
from assistant.models.local.model import LocalModel
from assistant.models.local.reader import choose, offer
from assistant.models.local.routes import NONE, ROUTES
from assistant.models.local.routing import mask, rank
from assistant.models.rules.ports import port_names
from assistant.models.rules.reading import Reading, read
from assistant.models.rules.vocabulary import Vocabulary
from assistant.settings import Settings
from tools import registry
from tools.workspace import Workspace

Ask = Callable[..., Assistant]


@pytest.fixture
def ask_with(shop: Workspace, tmp_path: Path) -> Ask:
    def build(generator: Any) -> Assistant:
        model = LocalModel(
            workspace=shop, specs=registry(), generator=generator, model_name="local:some"
        )
        return Assistant(shop, model=model, settings=Settings(state_dir=tmp_path / "state"))

    return build


def reading_of(text: str, workspace: Workspace) -> Reading:
    cluster = workspace.cluster
    return read(text, Vocabulary(cluster), port_names(cluster))


def test_what_the_rules_read_is_asked_of_no_model(ask_with: Ask, chooser: Any) -> None:
    generator = chooser(None)
    answer = ask_with(generator).ask("Can web reach ledger?")
    assert answer.verdict == "deny"
    assert (answer.tier, answer.model) == ("local", "local:some")
    assert not generator.prompts
    assert "Read by" not in answer.text


def test_unfamiliar_wording_is_read_and_the_reading_told(
    ask_with: Ask, chooser: Any, first_of: Any
) -> None:
    generator = chooser(first_of("describe"))
    answer = ask_with(generator).ask("give me the lowdown on ledger")
    assert [call.name for call in answer.tools] == ["inspect_object"]
    assert answer.tools[0].arguments == {"name": "shop/ledger"}
    assert "_Read by `local:some` as: `What is ledger?`" in answer.text


def test_the_model_can_say_nothing_but_commands_and_names_of_the_question(
    shop: Workspace, chooser: Any
) -> None:
    reading = reading_of("web phoning ledger: any objections?", shop)
    near = offer(reading, has_flows=False)
    generator = chooser(lambda lines: lines[0])
    chosen = choose(reading, near, generator)
    assert generator.offered == [["connect web ledger", "connect ledger web"]]
    assert chosen is not None
    assert [ref.text for ref in chosen.names] == ["web", "ledger"]


@pytest.mark.parametrize("order", ["connect web ledger", "connect ledger web"])
def test_a_swap_of_source_and_destination_cannot_give_a_false_verdict(
    ask_with: Ask, chooser: Any, first_of: Any, order: str
) -> None:
    answer = ask_with(chooser(first_of(order))).ask("web phoning ledger: any objections?")
    ends = {(call.arguments["source"], call.arguments["destination"]) for call in answer.tools}
    assert ends == {("shop/web", "shop/ledger"), ("shop/ledger", "shop/web")}
    assert answer.verdict is None
    assert answer.needs
    assert "from `shop/web` to `shop/ledger`" in answer.needs[0]


def test_an_answer_to_which_way_completes_the_question(
    ask_with: Ask, chooser: Any, first_of: Any
) -> None:
    assistant = ask_with(chooser(first_of("connect")))
    asked = assistant.ask("web phoning ledger: any objections?")
    answer = assistant.ask("from web to ledger", session=asked.session)
    assert answer.verdict == "deny"


def test_a_choice_that_is_not_the_nearest_is_asked_back(
    ask_with: Ask, chooser: Any, first_of: Any
) -> None:
    answer = ask_with(chooser(first_of("targets-of"))).ask("give me the lowdown on ledger")
    assert not answer.tools
    assert answer.needs == (
        "Which is meant: `What can ledger open connections to?` or `What is ledger?`?",
    )


@pytest.mark.parametrize(
    "question",
    [
        "translate ledger into French",
        "how much RAM does web burn?",
        "tell me a joke",
        "asdf qwer",
        "who won the world cup?",
    ],
)
def test_what_is_outside_is_declined_without_asking_a_model(
    ask_with: Ask, chooser: Any, question: str
) -> None:
    generator = chooser(lambda lines: lines[0])
    answer = ask_with(generator).ask(question)
    assert answer.declined
    assert not answer.tools
    assert not generator.prompts


async def test_a_reading_that_was_cut_falls_to_the_rules_which_say_so(
    shop: Workspace, tmp_path: Path, chooser: Any, ask_with: Ask
) -> None:
    assistant = ask_with(chooser(None))
    local = assistant.model
    rules = Assistant(shop, model="rules", settings=assistant.settings)
    await rules.aask("Can web reach ledger?")
    assert rules._rungs is not None

    from contextlib import asynccontextmanager

    @asynccontextmanager
    async def give() -> Any:
        yield local

    first = Rung(tier="local", model="local:some", open=give)
    assistant._rungs = (first, *rules._rungs)
    events: list[Event] = [
        event async for event in assistant.stream("give me the lowdown on ledger")
    ]
    assert isinstance(events[-1], Finished)
    answer = events[-1].answer
    assert answer.tier == "rules"
    assert "took longer than 1 seconds and was cut; `rules` answered instead" in answer.text
    assert any(isinstance(event, Notice) and "was cut" in event.text for event in events)


def test_the_same_message_is_read_once(ask_with: Ask, chooser: Any, first_of: Any) -> None:
    generator = chooser(first_of("describe"))
    assistant = ask_with(generator)
    first = assistant.ask("give me the lowdown on ledger")
    assistant.ask("and its labels?", session=first.session)
    assert generator.prompts[0].count("ledger") == 1
    assert len([one for one in generator.prompts if "lowdown" in one]) == 1


def test_a_question_about_one_thing_is_never_read_as_one_about_all(
    shop: Workspace,
) -> None:
    near = offer(reading_of("is ledger rotten?", shop), has_flows=False)
    assert all(item.route is NONE or item.route.names for item in near)


def test_flows_are_only_offered_where_there_are_some(shop: Workspace) -> None:
    reading = reading_of("which packets got lost on the way", shop)
    without = {item.route.command for item in offer(reading, has_flows=False)}
    assert "drops" not in without
    assert offer(reading, has_flows=True)[0].route.command == "drops"


def test_names_are_masked_and_wild_ones_kept(shop: Workspace) -> None:
    assert mask(reading_of("Whose packets end up at ledger?", shop)) == "whose packets end up at X"


@pytest.mark.parametrize("route", [*ROUTES, NONE], ids=lambda route: route.command)
def test_the_meaning_of_every_command_comes_nearest_to_itself(route: Any) -> None:
    assert rank(route.meaning)[0].route is route


def test_every_command_names_a_tool_that_only_reads() -> None:
    effects = {spec.name: spec.effect for spec in registry()}
    assert {effects[route.tool] for route in ROUTES} == {"read"}


def test_bare_names_are_asked_about_by_the_rules(ask_with: Ask, chooser: Any) -> None:
    generator = chooser(None)
    answer = ask_with(generator).ask("shop/web shop/ledger")
    assert answer.needs[0].startswith("Which way")
    assert not generator.prompts


async def test_leaving_a_question_cuts_the_reading(
    ask_with: Ask, chooser: Any, first_of: Any
) -> None:
    begun, stopped = threading.Event(), threading.Event()

    def wait(lines: list[str]) -> str:
        begun.set()
        stopped.wait(30)
        return lines[0]

    generator = chooser(wait)
    generator.stop = stopped.set
    asked = asyncio.create_task(ask_with(generator).aask("give me the lowdown on ledger"))
    await asyncio.to_thread(begun.wait, 30)
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)
    assert stopped.is_set()


def test_a_pronoun_stands_for_what_was_asked_about_before(
    ask_with: Ask, chooser: Any, first_of: Any
) -> None:
    generator = chooser(first_of("describe"))
    assistant = ask_with(generator)
    first = assistant.ask("Who can reach ledger?")
    answer = assistant.ask("give me the lowdown on it", session=first.session)
    assert answer.tools[0].name == "inspect_object"
    assert answer.tools[0].arguments["name"].endswith("shop/ledger")
    assert "_Read by `local:some`" in answer.text
