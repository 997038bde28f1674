"""Changes of a request that was drafted."""

from pathlib import Path

import pytest

from tools.intents import amend, is_undo
from tools.workspace import Workspace

WORKSPACES = Path(__file__).resolve().parents[3] / "evals" / "cases" / "intents" / "workspaces"
ONLY = "only kiosk may call seats on 8080"


@pytest.fixture(scope="module")
def theatre() -> Workspace:
    return Workspace.load([WORKSPACES / "theatre"])


@pytest.mark.parametrize(
    ("request_", "said", "meant"),
    [
        (
            ONLY,
            "and from signage?",
            "Only `foyer/kiosk` and `foyer/signage` may reach `boxoffice/seats` on port 8080/TCP.",
        ),
        (
            ONLY,
            "also on 9100",
            "Only `foyer/kiosk` may reach `boxoffice/seats` on ports 8080/TCP and 9100/TCP.",
        ),
        (
            ONLY,
            "no, only on 9100",
            "Only `foyer/kiosk` may reach `boxoffice/seats` on port 9100/TCP.",
        ),
        (
            "kiosk may GET /seats on seats on 8080",
            "make it DELETE too",
            "`foyer/kiosk` may reach `boxoffice/seats` on port 8080/TCP with `GET` or `DELETE` "
            "requests on path `/seats`.",
        ),
        (
            "kiosk may GET and POST /seats on seats on 8080",
            "no, only GET",
            "`foyer/kiosk` may reach `boxoffice/seats` on port 8080/TCP with `GET` requests on "
            "path `/seats`.",
        ),
        (
            "kiosk may reach seats on 8080 and tickets on 9000",
            "drop the second one",
            "`foyer/kiosk` may reach `boxoffice/seats` on port 8080/TCP.",
        ),
        (
            "only kiosk and signage may call seats on 8080",
            "without signage",
            "Only `foyer/kiosk` may reach `boxoffice/seats` on port 8080/TCP.",
        ),
    ],
)
def test_a_change_is_made_to_what_was_understood(
    theatre: Workspace, request_: str, said: str, meant: str
) -> None:
    changed = amend(theatre, request_, said)
    assert changed
    assert (changed.request, changed.question) == (meant, "")


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ("let kiosk call seats on 8080", "and vouchers"),
        (ONLY, "make it tickets instead"),
        (ONLY, "drop the third one"),
        ("kiosk may reach seats on 8080 and tickets on 9000", "also on 9100"),
    ],
)
def test_a_change_that_may_mean_several_things_is_asked_about(
    theatre: Workspace, request_: str, said: str
) -> None:
    changed = amend(theatre, request_, said)
    assert changed
    assert changed.question
    assert not changed.request


@pytest.mark.parametrize(
    "said", ["who can reach seats?", "block signage from vouchers", "thanks!", "and from fooz"]
)
def test_other_messages_are_no_change(theatre: Workspace, said: str) -> None:
    assert amend(theatre, ONLY, said) is None


def test_what_takes_back_a_change_is_told_from_other_words() -> None:
    assert all(map(is_undo, ("undo that", "Undo", "go back", "revert the last change")))
    assert not is_undo("undo the policy of seats")
