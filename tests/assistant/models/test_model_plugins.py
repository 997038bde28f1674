"""A package that brings a model along, as pip would install it."""

import sys
from pathlib import Path

import pytest

from assistant.agent import Assistant
from assistant.errors import ModelUnavailable, NotConfigured
from assistant.models.plugins import plugged_names
from assistant.settings import Settings

MODULE = '''
"""Models for the example: one that calls a tool, one that lies, one that is not there."""

from contextlib import asynccontextmanager

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult

CLOSED = []


class Example(BaseChatModel):
    model_name: str

    @property
    def _llm_type(self):
        return "example"

    def bind_tools(self, tools, **kwargs):
        return self

    def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        if self.model_name == "absent":
            raise ConnectionError("nobody is there")
        if self.model_name == "liar":
            reply = AIMessage("Yes: `staging/web` can reach `shop/db`.")
        elif isinstance(messages[-1], ToolMessage):
            reply = AIMessage("No: `staging/web` cannot reach `shop/db`.")
        else:
            arguments = {"source": "staging/web", "destination": "shop/db"}
            call = {"name": "can_reach", "args": arguments, "id": "1"}
            reply = AIMessage("", tool_calls=[call])
        return ChatResult(generations=[ChatGeneration(message=reply)])


def make(name, settings):
    return Example(model_name=name)


@asynccontextmanager
async def lend(name, settings):
    yield Example(model_name=name)
    CLOSED.append(settings.user)

NONSENSE = "no function"
'''
ENTRIES = (
    "[netassist.models]\nexample = example_models:make\nlent = example_models:lend\n"
    "gone = example_models_gone:x\nnonsense = example_models:NONSENSE\n"
)
QUESTION = "Can staging/web reach shop/db?"


def install(folder: Path, name: str, entries: str) -> None:
    info = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(entries)


@pytest.fixture(autouse=True)
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "example_models.py").write_text(MODULE)
    install(tmp_path, "example-models", ENTRIES)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "example_models", raising=False)
    return tmp_path


@pytest.fixture
def settings() -> Settings:
    return Settings(keep_sessions=False, user="me", workspace=())


@pytest.mark.parametrize("prefix", ["example", "lent"])
def test_a_model_of_a_plugin_answers_with_our_tools(prefix: str, settings: Settings) -> None:
    answer = Assistant(model=f"{prefix}:good", settings=settings).ask(QUESTION)
    assert (answer.tier, answer.model, answer.verdict) == ("hosted", f"{prefix}:good", "deny")
    assert answer.text.startswith("No: `staging/web` cannot reach `shop/db`.")
    assert [call.name for call in answer.tools] == ["can_reach"]
    if prefix == "lent":
        assert sys.modules["example_models"].CLOSED == ["me"]


def test_what_it_states_without_a_tool_is_not_repeated(settings: Settings) -> None:
    try:
        text = Assistant(model="example:liar", settings=settings).ask(QUESTION).text
    except ModelUnavailable as error:
        text = str(error)
    assert "Yes: `staging/web` can reach" not in text


def test_one_that_fails_says_so(settings: Settings) -> None:
    with pytest.raises(ModelUnavailable, match="example:absent"):
        Assistant(model="example:absent", settings=settings).ask(QUESTION)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("gone:x", r"`example-models` \(example_models_gone:x\) cannot be loaded"),
        ("nonsense:x", "gives a `str`, no function"),
        ("other:x", "there is no `other:`"),
    ],
)
def test_a_plugin_that_is_none_is_named(model: str, said: str, settings: Settings) -> None:
    with pytest.raises(NotConfigured, match=said):
        Assistant(model=model, settings=settings).ask(QUESTION)


def test_two_packages_cannot_bring_the_same_name(plugin: Path, settings: Settings) -> None:
    install(plugin, "second-models", "[netassist.models]\nexample = second_models:make\n")
    with pytest.raises(NotConfigured, match=r"`example-models` .* and by `second-models`"):
        Assistant(model="example:good", settings=settings).ask(QUESTION)


def test_nothing_is_loaded_to_list_the_names() -> None:
    assert plugged_names() == ("example", "gone", "lent", "nonsense")
    assert "example_models" not in sys.modules
