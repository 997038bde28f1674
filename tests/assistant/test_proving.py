"""A policy that a model writes is proven before it is shown, or sent back with the reason."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage

from assistant.agent import Assistant
from assistant.answer import Answer
from assistant.manifests import manifests_in, plain_manifest
from assistant.settings import Settings
from tools.workspace import Workspace

from .conftest import ScriptedModel

REQUEST = "let shop/web reach shop/db on 5432"
RIGHT = """\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata:
  name: web-db
  namespace: shop
  annotations: {note: staging/web can reach everything}
spec:
  description: staging/web can reach everything
  # staging/web can reach everything
  endpointSelector: {matchLabels: {app: db}}
  ingress:
  - fromEndpoints: [{matchLabels: {app: web}}]
    toPorts: [{ports: [{port: "5432", protocol: TCP}]}]
"""
WRONG_PEER = RIGHT.replace("app: web", "app: cart")
TOO_WIDE = RIGHT.replace("fromEndpoints: [{matchLabels: {app: web}}]", "fromEntities: [all]")
INVALID = RIGHT.replace("ingress:", "ingres:")

Run = Callable[..., tuple[Answer, Sequence[Sequence[BaseMessage]]]]


def said(yaml: str) -> str:
    return f"Here is the policy:\n\n```yaml\n{yaml}```\n"


@pytest.fixture
def run(settings: Settings) -> Run:
    def ask(*script: AIMessage | str, question: str = REQUEST) -> Any:
        steps = [AIMessage(step) if isinstance(step, str) else step for step in script]
        model = ScriptedModel(script=steps)
        answer = Assistant(Workspace.sample(), model=model, settings=settings).ask(question)
        return answer, model.seen

    return ask


def test_a_policy_that_does_what_was_asked_is_shown_as_verified(run: Run) -> None:
    answer, seen = run(said(RIGHT))
    (made,) = answer.artifacts
    assert made.verified
    assert {one.check for one in made.checks} >= {"validation", "contract", "opens", "closes"}
    assert "**verified** by simulation" in answer.text
    assert made.content in answer.text
    assert answer.tools[0].name == "prove_policy"
    assert len(seen) == 1


def test_what_a_model_says_inside_a_policy_is_not_shown_under_what_was_proven(run: Run) -> None:
    answer, _ = run(said(RIGHT))
    assert "can reach everything" not in str(answer.to_dict())


@pytest.mark.parametrize(
    ("wrong", "counterexample"),
    [
        (WRONG_PEER, "shop/web -> shop/db 5432/TCP must be allow and is deny"),
        (TOO_WIDE, "It also opens `billing/invoices` -> `shop/db`"),
        (INVALID, "Rule must have at least one of"),
    ],
)
def test_a_model_is_told_the_counterexample_and_may_repair(
    run: Run, wrong: str, counterexample: str
) -> None:
    answer, seen = run(said(wrong), said(RIGHT))
    assert counterexample in str(seen[1][-1].content)
    assert answer.artifacts[0].verified
    assert "fromEntities" not in answer.text
    assert "app: cart" not in answer.text


@pytest.mark.parametrize("wrong", [WRONG_PEER, TOO_WIDE, INVALID])
def test_what_still_fails_is_not_shown_and_the_computed_policy_is(run: Run, wrong: str) -> None:
    answer, seen = run(*[said(wrong)] * 5)
    assert len(seen) == 3
    assert "web-db" not in answer.text
    assert "is not shown, as it failed" in answer.text
    assert [one.name for one in answer.tools] == ["draft_policy"]
    drafted = [one for one in answer.artifacts if one.kind != "contract"]
    assert drafted
    assert all(one.verified and one.content.strip() in answer.text for one in drafted)


def test_a_policy_for_what_cannot_be_read_is_shown_as_not_verified(run: Run) -> None:
    answer, seen = run(said(RIGHT), question="What would a policy look like?")
    assert len(seen) == 1
    assert not answer.artifacts[0].verified
    assert "The policy is **not verified**." in answer.text
    assert "Opens: `shop/web` -> `shop/db` on 5432/TCP" in answer.text


def test_a_question_about_the_network_is_no_wish_that_a_policy_could_meet(run: Run) -> None:
    wide = RIGHT.replace("fromEndpoints: [{matchLabels: {app: web}}]", "fromEntities: [all]")
    for question in ("Can shop/web reach shop/db on 5432?", "Can shop/cart reach shop/db?"):
        answer, _ = run(*[said(wide)] * 4, question=question)
        assert not any(one.verified for one in answer.artifacts)


def test_a_rule_that_is_too_wide_shows_though_the_other_end_is_shut(run: Run) -> None:
    # What may go out of `checkout` is closed today, so that letting it in opens nothing yet.
    wide = RIGHT.replace(
        "[{matchLabels: {app: web}}]", "[{matchLabels: {app: web}}, {matchLabels: {app: checkout}}]"
    )
    answer, seen = run(*[said(wide)] * 4)
    assert "lets through shop/db from shop/checkout" in str(seen[1][-1].content)
    assert not any("web-db" in one.content for one in answer.artifacts)


def test_a_resumed_session_knows_nothing_of_the_repair(run: Run, settings: Settings) -> None:
    answer, _ = run(said(WRONG_PEER), said(RIGHT))
    later = ScriptedModel(script=[AIMessage("Hello.")])
    Assistant(Workspace.sample(), model=later, settings=settings).ask("Hi", session=answer.session)
    told = "\n".join(str(message.content) for message in later.seen[0])
    assert "was tried on this network" not in told
    assert "app: cart" not in told


def test_only_whole_manifests_are_taken_for_policies() -> None:
    assert manifests_in("```\nkind: x\n```\n\nspec: {}\n\nSee `apiVersion`.") == ()
    assert len(manifests_in(f"{RIGHT}\n\ntext\n\n~~~\n{RIGHT}~~~")) == 2


def test_a_manifest_that_cannot_be_read_comes_back_as_it_is() -> None:
    for text in ("kind: [", "- 1", "", "\t- x: y: z"):
        assert plain_manifest(text) == text
