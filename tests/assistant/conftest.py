"""A small network computed by real tools of the tests, and a model that answers from a list."""

import importlib.util
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import Field

from assistant.agent import Assistant
from assistant.settings import Settings
from tools.errors import ToolError
from tools.spec import Evidence, ToolResult, ToolSpec, tool
from tools.workspace import Workspace
from topology.model import Cluster, Namespace

ALLOWED = {("shop/frontend", "shop/redis"), ("shop/frontend", "shop/cart")}
KNOWN = {"frontend", "redis", "cart", "payment"}


class ReachResult(ToolResult):
    """The form of the real tool's result, as far as the assistant reads it."""

    source: str
    destination: str
    ports: tuple[dict[str, Any], ...] = ()
    layers: tuple[dict[str, Any], ...] = ()


class PassageRow(ToolResult):
    title: str
    text: str
    source: str
    url: str = ""
    date: str = ""


class DocsResult(ToolResult):
    passages: tuple[PassageRow, ...] = ()


@tool()
def can_reach(workspace: Workspace, source: str, destination: str, port: str = "") -> ReachResult:
    """Say whether a workload can reach another.

    Args:
        workspace: Not read.
        source: A workload of the shop.
        destination: A workload of the shop.
        port: A port; 6379 if none is given.
    """
    for name in (source, destination):
        if name.split("/")[-1] not in KNOWN:
            message = f"Nothing is named `{name}`."
            raise ToolError(message, hint="Did you mean `cart`?", candidates=("shop/cart",))
    ends = ("shop/" + source.split("/")[-1], "shop/" + destination.split("/")[-1])
    allowed = ends in ALLOWED
    policy, place = ("redis-access", "net.yaml:12") if allowed else ("deny-all", "net.yaml:40")
    verdict = "allow" if allowed else "deny"
    word = "can" if allowed else "cannot"
    number = int(port or 6379)
    return ReachResult(
        summary=f"`{ends[0]}` {word} reach `{ends[1]}` on {number}/TCP: policy `{policy}` decides.",
        verdict=verdict,
        evidence=(
            Evidence(
                claim=f"{ends[1]} ingress",
                source=f"NetworkPolicy/shop/{policy}",
                location=place,
            ),
        ),
        source=ends[0],
        destination=ends[1],
        ports=({"port": number, "protocol": "TCP", "verdict": verdict},),
        layers=(
            {
                "layer": "ingress-policy",
                "verdict": verdict,
                "policy": f"NetworkPolicy/shop/{policy}",
                "rule": "spec.ingress[0]",
                "location": place,
                "reason": f"`{policy}` decides.",
            },
        ),
    )


@tool()
def search_docs(workspace: Workspace, query: str) -> DocsResult:
    """Search the articles.

    Args:
        workspace: Not read.
        query: In plain words.
    """
    text = "Azure CNI Overlay gives each node a /24 from a private range. It allows 250 pods."
    row = PassageRow(
        summary="", title="Overlay", text=text, source="AKS docs", url="https://x.test", date="2026"
    )
    return DocsResult(summary=f"1 passage:\n> {text}", passages=(row,))


@tool()
def break_down(workspace: Workspace) -> ToolResult:
    """Fail as a bug would.

    Args:
        workspace: Not read.
    """
    message = "the secret inside"
    raise ZeroDivisionError(message)


SPECS: tuple[ToolSpec, ...] = (break_down, can_reach, search_docs)


class ScriptedModel(BaseChatModel):
    """Answers from a list, needs no network and no key, and keeps what it was told."""

    script: list[Any]
    seen: list[list[BaseMessage]] = Field(default_factory=list)
    model_name: str = "scripted"

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Sequence[Any], **_: Any) -> "ScriptedModel":  # type: ignore[override]
        return self

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **_: Any,
    ) -> ChatResult:
        self.seen.append(messages)
        step = self.script[len(self.seen) - 1]
        if isinstance(step, Exception):
            raise step
        return ChatResult(generations=[ChatGeneration(message=step.model_copy(deep=True))])


def call(name: str, call_id: str = "1", /, **arguments: Any) -> AIMessage:
    """Return a message that calls one tool."""
    made = {"name": name, "args": arguments, "id": call_id, "type": "tool_call"}
    return AIMessage("", tool_calls=[made])


def load_neighbour(path: str) -> ModuleType:
    """Import a module that stands beside tests of another folder."""
    place = Path(__file__).resolve().parents[1] / path
    name = f"neighbour_{place.stem}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, place)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.fixture
def double() -> ModuleType:
    """Return the module of the server that speaks OpenAI's protocol."""
    return load_neighbour("surfaces/openai_double.py")


@pytest.fixture
def specs() -> tuple[ToolSpec, ...]:
    return SPECS


@pytest.fixture(name="call")
def call_fixture() -> Callable[..., AIMessage]:
    return call


@pytest.fixture
def workspace() -> Workspace:
    return Workspace(
        cluster=Cluster(namespaces={name: Namespace(name=name) for name in ("shop", *KNOWN)})
    )


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state_dir=tmp_path / "state", max_steps=6)


Make = Callable[..., Assistant]


@pytest.fixture
def make(workspace: Workspace, settings: Settings) -> Make:
    """Return a function that makes an assistant of a script of messages."""

    def build(*script: AIMessage | Exception | str, **options: Any) -> Assistant:
        steps = [AIMessage(step) if isinstance(step, str) else step for step in script]
        return Assistant(
            workspace,
            model=ScriptedModel(script=steps),
            settings=options.pop("settings", settings),
            specs=SPECS,
        )

    return build
