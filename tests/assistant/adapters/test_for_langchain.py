import json
from collections.abc import Sequence
from typing import Any

import pytest

from assistant.adapters.calling import read_error
from assistant.adapters.for_langchain import CONTENT_LIMIT, as_langchain
from tools import registry
from tools.errors import ToolError
from tools.spec import ToolResult, ToolSpec, tool
from tools.workspace import Workspace


def called(spec: ToolSpec, workspace: Workspace, **arguments: Any) -> Any:
    message = {"type": "tool_call", "id": "1", "name": spec.name, "args": arguments}
    return as_langchain(spec, workspace).invoke(message)


@pytest.mark.parametrize("spec", registry(), ids=lambda spec: spec.name)
def test_names_texts_and_arguments_are_those_of_the_tool(
    spec: ToolSpec, workspace: Workspace
) -> None:
    made = as_langchain(spec, workspace)
    assert made.name == spec.name
    assert spec.summary in made.description
    assert set(made.args) == set(spec.args.model_fields)
    schema = made.args_schema
    assert isinstance(schema, dict)
    required = {name for name, field in spec.args.model_fields.items() if field.is_required()}
    assert set(schema.get("required", ())) == required
    for name, field in spec.args.model_fields.items():
        assert schema["properties"][name]["description"] == field.description


def test_the_model_reads_json_and_the_typed_result_is_kept(
    specs: Sequence[ToolSpec], workspace: Workspace
) -> None:
    message = called(specs[1], workspace, source="frontend", destination="redis")
    assert json.loads(message.content)["verdict"] == "allow"
    assert isinstance(message.artifact, specs[1].result)


async def test_a_tool_runs_beside_the_event_loop_with_the_same_result(
    specs: Sequence[ToolSpec], workspace: Workspace
) -> None:
    arguments = {"source": "frontend", "destination": "redis"}
    made = as_langchain(specs[1], workspace)
    assert await made.ainvoke(arguments) == made.invoke(arguments)


def test_an_error_is_read_by_the_model_and_can_be_read_back(
    specs: Sequence[ToolSpec], workspace: Workspace
) -> None:
    message = called(specs[1], workspace, source="nobody", destination="redis")
    assert isinstance(message.artifact, ToolError)
    again = read_error(json.loads(message.content))
    assert str(again) == str(message.artifact)
    assert again.candidates == message.artifact.candidates


def test_a_long_result_is_cut_to_its_summary(workspace: Workspace) -> None:
    class Long(ToolResult):
        rows: tuple[str, ...] = ()

    @tool()
    def tell(workspace: Workspace) -> Long:
        """Tell much.

        Args:
            workspace: Not read.
        """
        return Long(summary="Much.", verdict="deny", rows=("x" * 99,) * 999)

    message = called(tell, workspace)
    data = json.loads(message.content)
    assert len(message.content) < CONTENT_LIMIT
    assert (data["summary"], data["verdict"]) == ("Much.", "deny")
    assert len(message.artifact.rows) == 999
