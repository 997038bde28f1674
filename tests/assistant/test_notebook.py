import pytest

from assistant import ask
from assistant.answer import Answer
from tools import registry
from tools.matrix import MatrixResult
from tools.planning import PlanResult
from tools.reach_results import ReachResult
from tools.workspace import Workspace


@pytest.fixture(scope="module")
def workspace() -> Workspace:
    return Workspace.sample()


def call(workspace: Workspace, name: str, **arguments: object) -> object:
    (spec,) = (one for one in registry() if one.name == name)
    return spec.call(workspace, dict(arguments))


def test_an_answer_shows_its_verdict_text_and_evidence(workspace: Workspace) -> None:
    shown = ask("Can staging/web reach the db?", workspace=workspace, model="rules")._repr_html_()
    assert "x denied" in shown
    assert "<code>staging/web</code> cannot reach" in shown
    assert "shop-cilium.yaml:135" in shown


def test_no_text_of_an_answer_can_become_a_tag() -> None:
    answer = Answer(question="q", text="<script>alert(1)</script>", tier="rules", model="rules")
    assert "<script>" not in answer._repr_html_()
    assert answer._repr_markdown_() == answer.text


def test_a_verdict_and_a_matrix_are_drawn(workspace: Workspace) -> None:
    reach = call(workspace, "can_reach", source="staging/web", destination="shop/db")
    assert isinstance(reach, ReachResult)
    assert reach._repr_html_().startswith("<svg ")
    assert reach.to_mermaid().startswith("flowchart TD")
    matrix = call(workspace, "show_matrix")
    assert isinstance(matrix, MatrixResult)
    assert matrix._repr_html_().startswith("<svg ")
    assert matrix.to_mermaid().startswith("flowchart LR")


def test_a_plan_is_drawn_with_every_range(workspace: Workspace) -> None:
    plan = call(workspace, "plan_addresses", spaces=["10.60.0.0/16"], nodes=20)
    assert isinstance(plan, PlanResult)
    shown = plan._repr_html_()
    assert shown.startswith("<svg ")
    for vnet in plan.plan.vnets:
        assert all(subnet.cidr in shown for subnet in vnet.subnets)
    assert plan.plan.clusters[0].pod_cidr in shown  # type: ignore[operator]
    assert plan.to_mermaid().startswith("flowchart LR")


def test_a_result_without_a_picture_is_shown_as_its_summary(workspace: Workspace) -> None:
    plan = call(workspace, "size_subnets", mode="overlay", nodes=20)
    assert plan._repr_markdown_().startswith("**Azure CNI Overlay**")  # type: ignore[attr-defined]


def test_an_answer_is_drawn_as_what_it_rests_on(workspace: Workspace) -> None:
    answer = ask("Can staging/web reach the db?", workspace=workspace, model="rules")
    assert answer.to_mermaid().startswith("flowchart TD")
    assert "no-staging-in-data" in answer.to_mermaid()
    assert ask("hello", workspace=workspace, model="rules").to_mermaid() == ""
