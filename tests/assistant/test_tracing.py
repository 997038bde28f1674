"""Spans of a question, its model calls and its tool calls, read from the SDK's own exporter."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from assistant.agent import Assistant
from assistant.errors import ModelUnavailable
from assistant.models import hosted

Make = Callable[..., Assistant]
QUESTION = "Can frontend reach redis?"


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[ReadableSpan]]]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    yield lambda: list(exporter.get_finished_spans())
    provider.shutdown()


async def test_a_question_is_a_tree_of_spans(
    make: Make, call: Callable[..., AIMessage], spans: Callable[[], list[ReadableSpan]]
) -> None:
    calls = call("can_reach", source="frontend", destination="redis")
    calls.usage_metadata = {"input_tokens": 7, "output_tokens": 3, "total_tokens": 10}
    await make(calls, "It is allowed.").aask(QUESTION, session="s1")
    found = {span.name: span for span in spans()}
    assert set(found) == {"invoke_agent netassist", "chat scripted", "execute_tool can_reach"}
    root = found["invoke_agent netassist"]
    assert root.parent is None
    assert root.context is not None
    for span in spans():
        assert span.context is not None
        assert span.context.trace_id == root.context.trace_id
        attributes = dict(span.attributes or {})
        assert attributes["gen_ai.operation.name"] == span.name.split()[0]
    assert dict(root.attributes or {})["gen_ai.conversation.id"] == "s1"
    assert dict(root.attributes or {})["netassist.verdict"] == "allow"
    first = next(span for span in spans() if span.name == "chat scripted")
    assert dict(first.attributes or {})["gen_ai.usage.input_tokens"] == 7
    assert dict(found["execute_tool can_reach"].attributes or {})["gen_ai.tool.name"] == "can_reach"


async def test_no_word_of_a_question_or_result_is_in_a_span(
    make: Make, call: Callable[..., AIMessage], spans: Callable[[], list[ReadableSpan]]
) -> None:
    calls = call("can_reach", source="frontend", destination="redis")
    await make(calls, "It is allowed.").aask(QUESTION)
    text = " ".join(span.to_json() for span in spans())
    assert "frontend" not in text
    assert "redis" not in text


async def test_a_failure_is_told_by_its_kind_alone(
    make: Make, spans: Callable[[], list[ReadableSpan]]
) -> None:
    assert hosted.FAILURES
    with pytest.raises(ModelUnavailable):
        await make(TimeoutError("the secret reason")).aask(QUESTION)
    text = " ".join(span.to_json() for span in spans())
    assert "secret reason" not in text
    kinds: set[Any] = {dict(span.attributes or {}).get("error.type") for span in spans()}
    assert {"TierFailure", "ModelUnavailable"} <= kinds


def test_nothing_of_it_is_imported_unless_somebody_wants_it() -> None:
    program = (
        "import sys\nfrom assistant.tracing import span\nwith span('chat', 'm') as one: pass\n"
        "print(one, 'opentelemetry' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "None False\n"
