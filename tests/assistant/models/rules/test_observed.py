"""Questions about what was observed, with flows in the workspace and without."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from assistant.models.rules.dialogue import Interpreter
from assistant.models.rules.model import RulesModel
from assistant.models.rules.plan import make_plan
from assistant.models.rules.ports import port_names
from assistant.models.rules.said import Said
from assistant.models.rules.vocabulary import Vocabulary
from evals.bench.flow_objects import envelope, make_flow
from tools import registry
from tools.workspace import Workspace
from topology.load import load

BAZAAR = Path(__file__).resolve().parents[4] / "evals" / "cases" / "workspaces" / "bazaar"


@cache
def bazaar() -> Interpreter:
    cluster = load([BAZAAR])
    return Interpreter(Vocabulary(cluster), port_names(cluster))


def calls(question: str, *, has_flows: bool = True) -> list[tuple[str, dict[str, Any]]]:
    interpreter = replace(bazaar(), has_flows=has_flows)
    frames = interpreter.interpret([Said(question)])
    plans = [make_plan(frame, interpreter.vocabulary.cluster) for frame in frames]
    return [(call.name, call.arguments) for plan in plans for call in plan.calls]


@pytest.mark.parametrize(
    ("question", "tool", "filters"),
    [
        ("what was dropped?", "flow_drops", ""),
        ("What is being dropped in prod?", "flow_drops", "--namespace prod"),
        ("explain the drops of prod/api", "flow_drops", "--pod prod/api"),
        ("show me all dropped packets", "flow_drops", ""),
        ("can you list the drops?", "flow_drops", ""),
        ("which DNS names fail?", "flow_dns", ""),
        ("what lookups are failing in prod", "flow_dns", "--namespace prod"),
        ("any NXDOMAINs?", "flow_dns", ""),
        ("which names does prod/web look up?", "flow_dns", "--pod prod/web"),
        ("who talks most?", "flow_top", ""),
        ("who are the top talkers in prod?", "flow_top", "--namespace prod"),
        ("what gets the most traffic", "flow_top", ""),
        ("is traffic to prod/api balanced?", "flow_imbalance", "--to-pod prod/api"),
        ("is the load spread evenly?", "flow_imbalance", ""),
        ("do we have a hot pod?", "flow_imbalance", ""),
        ("what flows were seen to prod/api", "explain_flows", "--to-pod prod/api"),
    ],
)
def test_what_was_observed_is_asked_of_the_flows(question: str, tool: str, filters: str) -> None:
    assert calls(question) == [(tool, {"filters": filters} if filters else {})]
    assert calls(question, has_flows=False) == []


@pytest.mark.parametrize(
    "question",
    [
        "is traffic from prod/web to prod/api dropped?",
        "why can't prod/web reach prod/api?",
        "would packets from prod/web to prod/redis be dropped?",
        "can prod/web resolve names?",
        "who can reach prod/api?",
        "which pods may talk to prod/redis?",
    ],
)
def test_what_policies_allow_is_not_asked_of_the_flows(question: str) -> None:
    with_flows = calls(question)
    assert with_flows == calls(question, has_flows=False)
    assert with_flows
    assert not any(name.startswith("flow") or name == "explain_flows" for name, _ in with_flows)


def test_least_privilege_is_written_from_flows_where_they_are_meant() -> None:
    for question, arguments in (
        ("write least-privilege policies for prod", {"namespace": "prod"}),
        (
            "write least-privilege policies for prod from the observed flows",
            {"namespace": "prod", "from_flows": True},
        ),
    ):
        assert calls(question) == [("draft_least_privilege", arguments)]


def test_the_model_answers_from_the_flows_of_its_workspace_or_says_what_to_add(
    tmp_path: Path,
) -> None:
    flows = tmp_path / "flows.jsonl"
    drop = make_flow("prod/web-0", "prod/redis-0", ports=(40000, 6379), verdict="DROPPED",
                     drop_reason_desc="POLICY_DENIED", is_reply=None, flags=["SYN"])  # fmt: skip
    flows.write_text(envelope(drop) + "\n", encoding="utf-8")
    held = RulesModel(workspace=Workspace.load([BAZAAR, flows]), specs=registry())
    message = held.invoke("what was dropped?")
    assert [call["name"] for call in message.tool_calls] == ["flow_drops"]  # type: ignore[attr-defined]
    bare = RulesModel(workspace=Workspace.load([BAZAAR]), specs=registry())
    said = bare.invoke("what was dropped?")
    assert "-w flows.jsonl" in str(said.content)
    assert said.response_metadata["netassist"]["declined"]
