"""Passages that share words with a question and do not answer it."""

from assistant.models.rules.articles import misses_question
from assistant.models.rules.frame import Frame
from tools.docs import DocsResult, PassageRow


def found(score: float, text: str = "The application gateway needs a subnet.") -> DocsResult:
    row = PassageRow(
        title="Subnets", heading="", text=text, source="s", url="", date="2026", location="a:1",
        score=score,
    )  # fmt: skip
    return DocsResult(summary=text, passages=(row,))


def asked(query: str) -> Frame:
    return Frame(intent="docs", kind="search_docs", arguments={"query": query})


def test_a_weak_passage_is_no_answer() -> None:
    assert misses_question(asked("suggest a network"), [found(0.3)])
    assert not misses_question(asked("application gateway subnet"), [found(0.6)])


def test_a_comparison_needs_passages_about_both_sides() -> None:
    query = "What is the difference between Application Gateway and Front Door?"

    assert misses_question(asked(query), [found(0.6)])
    both = "The application gateway is regional, the front door is global."
    assert not misses_question(asked(query), [found(0.6, both)])


def test_other_answers_are_not_judged() -> None:
    assert not misses_question(Frame(intent="reach"), [])
    assert not misses_question(asked("x"), [DocsResult(summary="No article")])
