"""Contracts of the tools: what every one of them promises to models and people."""

import inspect
import re
from collections.abc import Sequence
from typing import Literal

import pytest
from pydantic import BaseModel

from tools import FAMILIES, registry
from tools.errors import ToolError
from tools.spec import Evidence, ToolResult, ToolSpec, WriteResult, tool
from tools.workspace import Workspace
from topology.errors import AmbiguousName, InvalidQuery, UnknownName
from topology.model import Cluster

EMPTY = Workspace(cluster=Cluster())
EVERY = pytest.mark.parametrize("spec", registry(), ids=lambda spec: spec.name)


class Greeting(ToolResult):
    names: tuple[str, ...] = ()


@tool()
def greet(
    workspace: Workspace,
    name: str,
    tone: Literal["warm", "cold"] = "warm",
    times: int = 1,
    others: Sequence[str] = (),
) -> Greeting:
    """Greet somebody.

    Use it often.

    Args:
        workspace: Bound by the adapter.
        name: Whom to greet, which may take
            two lines to say.
        tone: How.
        times: How often: once, or
            more.

            Even after a blank line.
        others: Who else.

    Returns:
        The greeting.
    """
    if name == "nobody":
        raise UnknownName("Nobody is called `nobody`.", nearest=("somebody",))
    if name == "both":
        raise AmbiguousName("`both` may mean two.", candidates=("a", "b"))
    if name == "bad":
        raise InvalidQuery("`bad` is bad.", hint="Be good.")
    return Greeting(summary=f"{tone} {times}", names=(name, *others))


def test_a_tool_is_derived_from_its_function() -> None:
    assert (greet.name, greet.summary, greet.effect) == ("greet", "Greet somebody.", "read")
    assert greet.description == "Greet somebody.\n\nUse it often."
    assert greet.result is Greeting


def test_the_schema_shows_choices_defaults_and_whole_descriptions() -> None:
    schema = greet.args.model_json_schema()
    assert schema["required"] == ["name"]
    assert schema["additionalProperties"] is False
    fields = schema["properties"]
    assert fields["name"]["description"] == "Whom to greet, which may take two lines to say."
    assert fields["times"]["description"] == "How often: once, or more. Even after a blank line."
    assert fields["tone"]["enum"] == ["warm", "cold"]
    assert fields["others"]["type"] == "array"
    assert "workspace" not in fields


def test_arguments_are_converted_and_defaults_filled_in() -> None:
    result = greet.call(EMPTY, {"name": "x", "times": "3", "others": ["y"]})
    assert isinstance(result, Greeting)
    assert (result.summary, result.names) == ("warm 3", ("x", "y"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "`name` is missing"),
        ({"name": "x", "volume": 3}, "there is no argument `volume`"),
        ({"name": "x", "tone": "loud"}, "`tone`: Input should be 'warm' or 'cold' (got `loud`)"),
        ({"name": "x", "times": "often"}, "(got `often`)"),
    ],
)
def test_a_wrong_call_says_what_is_wrong_and_what_it_takes(
    arguments: dict[str, object], said: str
) -> None:
    with pytest.raises(ToolError) as caught:
        greet.call(EMPTY, arguments)
    assert said in caught.value.message
    assert caught.value.hint == "It takes `name`, [`tone`], [`times`], [`others`]."


def test_a_huge_wrong_value_is_not_repeated_in_full() -> None:
    with pytest.raises(ToolError) as caught:
        greet.call(EMPTY, {"name": "x", "times": "9" * 10_000 + "x"})
    assert len(caught.value.message) < 400


def test_errors_about_the_network_reach_the_caller_of_a_tool() -> None:
    with pytest.raises(ToolError) as unknown:
        greet.run(EMPTY, "nobody")
    assert (unknown.value.candidates, unknown.value.ambiguous) == (("somebody",), False)
    assert "somebody" in unknown.value.hint
    with pytest.raises(ToolError) as several:
        greet.call(EMPTY, {"name": "both"})
    assert (several.value.candidates, several.value.ambiguous) == (("a", "b"), True)
    with pytest.raises(ToolError, match=r"^`bad` is bad\. Be good\.$"):
        greet.run(EMPTY, "bad")


def test_an_undocumented_argument_is_refused_when_the_tool_is_defined() -> None:
    def silent(workspace: Workspace, name: str) -> Greeting:
        """Greet."""
        return Greeting(summary=name)

    with pytest.raises(TypeError, match="does not document `name`"):
        tool()(silent)


def test_a_documented_argument_that_is_not_taken_is_refused() -> None:
    def talkative(workspace: Workspace) -> Greeting:
        """Greet.

        Args:
            name: Nobody takes it.
        """
        return Greeting(summary="")

    with pytest.raises(TypeError, match="documents `name`"):
        tool()(talkative)


def test_a_tool_without_docstring_or_result_is_refused() -> None:
    def bare(workspace: Workspace) -> str:
        return ""

    with pytest.raises(TypeError, match="does not return a ToolResult, has no docstring"):
        tool()(bare)  # type: ignore[arg-type]


def test_the_registry_is_sorted_and_holds_the_tools_that_are_promised() -> None:
    names = [spec.name for spec in registry()]
    assert names == sorted(names)
    assert {
        "can_reach",
        "draft_least_privilege",
        "draft_policy",
        "check_ranges",
        "compare_max_pods",
        "compare_modes",
        "inspect_object",
        "list_objects",
        "list_policies",
        "plan_addresses",
        "plan_mode_change",
        "search_docs",
        "size_subnets",
        "test_contract",
        "allocate_range",
        "show_address_book",
        "validate_policy",
        "what_can_reach",
        "who_can_reach",
    } <= set(names)
    # A model chooses worse among many; each further one needs a question that no other answers.
    assert len(FAMILIES) <= len(names) <= 55


@EVERY
def test_every_tool_is_a_verb_with_a_sentence(spec: ToolSpec) -> None:
    # What is diagnosed is always a symptom, so that verb stands alone.
    assert re.fullmatch(r"[a-z]+(_[a-z]+)+", spec.name) or spec.name == "diagnose"
    assert spec.summary.endswith(".")
    assert len(spec.summary) <= 100
    assert "Args:" not in spec.description


@EVERY
def test_every_argument_is_described_and_typed(spec: ToolSpec) -> None:
    schema = spec.args.model_json_schema()
    for name, field in schema.get("properties", {}).items():
        assert len(field["description"]) > 10, name
        assert field["description"].endswith("."), name
        assert "type" in field or "enum" in field, name


@EVERY
def test_only_the_tools_of_the_address_book_write(spec: ToolSpec) -> None:
    writes = {"allocate_range", "import_ranges", "release_range", "undo_address_change"}
    assert (spec.effect == "write") == (spec.name in writes)
    assert issubclass(spec.result, WriteResult) == (spec.name in writes)


@EVERY
def test_every_result_can_be_written_as_json_schema(spec: ToolSpec) -> None:
    assert issubclass(spec.result, ToolResult)
    assert "summary" in spec.result.model_json_schema()["properties"]


@EVERY
def test_the_function_behind_a_tool_keeps_its_signature(spec: ToolSpec) -> None:
    first, *others = inspect.signature(spec.run).parameters
    assert first == "workspace"
    if spec.effect == "write":
        assert others.pop() == "basis"
    assert others == list(spec.args.model_fields)


def test_results_cannot_be_changed() -> None:
    result = ToolResult(summary="x", evidence=(Evidence(claim="a", source="b"),))
    with pytest.raises(ValueError, match="frozen"):
        result.summary = "y"
    assert isinstance(result, BaseModel)
