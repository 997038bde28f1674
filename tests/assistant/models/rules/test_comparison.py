"""Workloads held against each other."""

from assistant.agent import Assistant
from assistant.models.rules.comparison import describe_comparison
from assistant.models.rules.frame import Frame
from assistant.settings import Settings
from tests.assistant.models.rules.conftest import WORKSPACES, make_reader


def test_more_reach_lists_what_each_one_reaches() -> None:
    plans = make_reader(WORKSPACES / "telecom")(
        "Which reaches more, tenant-red/sms-gw or tenant-blue/sms-gw?"
    )

    assert [(call.name, call.arguments) for plan in plans for call in plan.calls] == [
        ("what_can_reach", {"source": "tenant-red/sms-gw"}),
        ("what_can_reach", {"source": "tenant-blue/sms-gw"}),
    ]


def test_more_exposure_lists_who_reaches_each_one_and_says_which_leads() -> None:
    assistant = Assistant(
        WORKSPACES / "telecom", model="rules", settings=Settings(keep_sessions=False)
    )

    answer = assistant.ask("is tenant-red/portal or ops-console more exposed?")

    assert answer.text.startswith("Workloads that get in: ")
    assert "the most for `tenant-red/portal`" in answer.text.splitlines()[0]
    assert [call.name for call in answer.tools] == ["who_can_reach", "who_can_reach"]


def test_lists_that_nobody_compares_get_no_sentence() -> None:
    assert describe_comparison(Frame(intent="who_can"), []) == ""
