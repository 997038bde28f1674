import pytest

from assistant.models.rules.frame import Frame, Ref
from assistant.models.rules.plan import Call
from assistant.models.rules.vocabulary import Vocabulary
from assistant.models.rules.wording import compose, decline, help_text
from tools.errors import ToolError
from tools.spec import Evidence, ToolResult

WEB, DB = Ref(text="web", names=("web",)), Ref(text="db", names=("db",))
CALL = Call("can_reach", {"source": "web", "destination": "db"})


def reach(**more: object) -> Frame:
    return Frame(intent="reach", sources=(WEB,), destinations=(DB,), **more)  # type: ignore[arg-type]


def test_the_answer_is_what_the_tool_computed() -> None:
    reply = compose([(reach(), [CALL], [ToolResult(summary="No: `web` cannot reach `db`.")])])

    assert reply.text == "No: `web` cannot reach `db`."
    assert reply.needs == ()


@pytest.mark.parametrize(
    ("summary", "said"),
    [
        ("No: `web` cannot reach `db`.", "`web` cannot reach `db`."),
        ("Yes, on some ports: it can.", "On some ports: it can."),
        ("`web` cannot reach `db`.", "`web` cannot reach `db`."),
    ],
)
def test_a_negated_question_is_answered_by_the_fact_alone(summary: str, said: str) -> None:
    reply = compose([(reach(negated=True), [CALL], [ToolResult(summary=summary)])])

    assert reply.text == said


def test_evidence_is_left_to_the_answer_and_not_told_twice() -> None:
    evidence = Evidence(claim="denied", source="NetworkPolicy/a/b", location="p.yaml:3")
    result = ToolResult(summary="No: (p.yaml:4).", verdict="deny", evidence=(evidence,))

    reply = compose([(reach(), [CALL], [result])])

    assert reply.text == "No: (p.yaml:4)."


def test_a_name_that_a_tool_could_not_settle_is_asked_back() -> None:
    error = ToolError("`web` has two meanings.", hint="Say which.", candidates=("a/web", "b/web"))

    reply = compose([(reach(), [CALL], [error])])

    assert reply.needs == ("`web` has two meanings. Say which.",)


def test_two_readings_with_different_verdicts_are_both_told_and_asked_about() -> None:
    other = Call("can_reach", {"source": "db", "destination": "web"})
    results = [
        ToolResult(summary="Yes: one.", verdict="allow"),
        ToolResult(summary="No: other.", verdict="deny"),
    ]

    reply = compose([(reach(alternative=reach()), [CALL, other], results)])

    assert "Yes: one." in reply.text
    assert "No: other." in reply.text
    assert len(reply.needs) == 1


def test_declining_says_what_can_be_asked_with_names_from_here(vocabulary: Vocabulary) -> None:
    reply = decline("write", vocabulary)

    assert reply.declined
    assert "no other manifests" in reply.text
    assert "Who can reach prod/postgres?" in reply.text
    assert "prod/postgres" in help_text(vocabulary).text


def test_a_sentence_that_begins_with_no_keeps_its_no() -> None:
    result = ToolResult(summary="No policy selects `web`.")

    reply = compose(
        [(Frame(intent="policies", destinations=(WEB,), negated=True), [CALL], [result])]
    )

    assert reply.text == "No policy selects `web`."
