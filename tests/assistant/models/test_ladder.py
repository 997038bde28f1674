from collections.abc import Callable, Sequence
from contextlib import nullcontext
from types import ModuleType
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage

from assistant.agent import Assistant
from assistant.errors import NotConfigured
from assistant.events import Finished, Notice
from assistant.models import ladder
from assistant.models.ladder import Rung, climb
from assistant.settings import Settings
from tools.spec import ToolSpec
from tools.workspace import Workspace

QUESTION = "Can frontend reach redis?"


def names(model: str, **options: Any) -> list[str]:
    return [rung.model for rung in climb(model, Settings(**options), None, ())]  # type: ignore[arg-type]


def test_auto_is_rules_alone_where_nothing_is_configured() -> None:
    assert names("auto") == ["rules"]


def test_auto_begins_with_what_is_configured_and_ends_with_rules() -> None:
    assert names("auto", openai_api_key="k", openai_model="m") == ["openai:m", "rules"]
    assert names("auto", openai_base_url="http://localhost/v1") == ["openai:gpt-4.1-mini", "rules"]
    azure = {"azure_openai_api_key": "k", "azure_openai_endpoint": "https://a.test"}
    assert names("auto", **azure) == ["rules"]
    assert names("auto", **azure, azure_openai_deployment="d") == ["azure:d", "rules"]


def test_a_model_asked_for_by_name_stands_alone() -> None:
    assert names("rules", openai_api_key="k") == ["rules"]
    assert names("openai:x", openai_api_key="k") == ["openai:x"]


@pytest.mark.parametrize("model", ["", "auto:", "Rules", "openai", "local:", "grpc:x"])
def test_other_strings_are_refused(model: str) -> None:
    with pytest.raises(NotConfigured, match="is no model"):
        names(model)


@pytest.fixture
def fallback(monkeypatch: pytest.MonkeyPatch, make: Callable[..., Assistant]) -> list[AIMessage]:
    """Put a scripted model on the rung of the rules; the list is its script."""
    script: list[AIMessage] = []

    def rules(workspace: Workspace, specs: Sequence[ToolSpec]) -> Rung:
        model = make(*script).model
        assert isinstance(model, BaseChatModel)
        return Rung(tier="rules", model="rules", open=lambda: nullcontext(model))

    monkeypatch.setattr(ladder, "_rules", rules)
    return script


FAILURES = [
    "Status(500)",
    "Status(429)",
    "Status(401)",
    "Garbage('nothing')",
    "CutOff('No, frontend cannot reach')",
    "Hang()",
    "Say('Yes, frontend can reach redis.')",
    "Say('')",
]


@pytest.mark.parametrize("failure", FAILURES)
async def test_auto_falls_to_the_next_model_and_says_so(
    double: ModuleType,
    workspace: Workspace,
    specs: Sequence[ToolSpec],
    settings: Settings,
    fallback: list[AIMessage],
    call: Callable[..., AIMessage],
    failure: str,
) -> None:
    said = "Yes, frontend can reach redis on port 6379."
    fallback += [call("can_reach", source="frontend", destination="redis"), AIMessage(said)]
    with double.OpenAIDouble(eval(failure, vars(double))) as server:
        configured = Settings(
            **settings.model_dump()
            | {
                "openai_base_url": server.url,
                "openai_api_key": "sk-secret",
                "max_retries": 0,
                "request_timeout": 0.3,
            }
        )
        assistant = Assistant(workspace, settings=configured, specs=specs)
        events = [event async for event in assistant.stream(QUESTION)]
    (notice,) = [event for event in events if isinstance(event, Notice)]
    assert notice.text.startswith("`openai:gpt-4.1-mini` did not answer: ")
    assert notice.text.endswith("Starting over with `rules`.")
    finished = events[-1]
    assert isinstance(finished, Finished)
    answer = finished.answer
    assert answer.text.startswith(said)
    assert "`rules` answered instead" in answer.text
    assert (answer.tier, answer.model, answer.verdict) == ("rules", "rules", "allow")
    assert "sk-secret" not in repr(events)
