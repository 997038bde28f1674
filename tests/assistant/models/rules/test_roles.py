"""Who sends and who receives; A is always the sender, B the receiver."""

import pytest

from assistant.models.rules.frame import Ref
from assistant.models.rules.roles import Sentence, assign_roles

A, B, WHO = Ref(text="a", names=("a",)), Ref(text="b", names=("b",)), Ref(text="who", kind="any")

ACTIVE = [
    "can A reach B ?",
    "does A talk to B ?",
    "is A able to connect to B ?",
    "why can not A call B ?",
    "A gets timeouts calling B",
    "A -> B",
    "A to B",
    "does A have access to B ?",
    "is A blocked from B ?",
    "is A blocked by B ?",
    "is A being blocked when calling B ?",
    "A gets connection refused from B",
    "can A fetch data from B ?",
    "what stops A from reaching B ?",
    "which rule lets A into B ?",
    "traffic from A to B",
    "if A is compromised, is B reachable ?",
    "an attacker in A - can he reach B ?",
    "from A can B be reached ?",
    "trace A to B",
]
PASSIVE = [
    "is B reachable from A ?",
    "does B accept traffic from A ?",
    "can B be called by A ?",
    "is B open to A ?",
    "is B exposed to A ?",
    "is B isolated from A ?",
    "does B let A in ?",
    "does B allow A to connect ?",
    "B <- A",
    "traffic to B from A",
    "access to B by A",
    "why does B reject A ?",
    "connections to B fail from A",
    "is B off limits for A ?",
    "B is up but A can not reach it",
    "which ports of B can A reach ?",
]


def sentence(text: str) -> Sentence:
    refs = {"A": A, "B": B, "WHO": WHO}
    order: list[Ref] = []
    words = []
    for word in text.split():
        if word.rstrip(",:") in refs:
            words.append(f"@{len(order)}@" + word[len(word.rstrip(",:")) :])
            order.append(refs[word.rstrip(",:")])
        else:
            words.append(word)
    return Sentence(" ".join(words), tuple((ref,) for ref in order))


@pytest.mark.parametrize("text", ACTIVE + PASSIVE)
def test_the_sender_is_told_from_the_receiver(text: str) -> None:
    roles = assign_roles(sentence(text))

    assert roles
    assert (roles.sources, roles.destinations) == ((A,), (B,))


@pytest.mark.parametrize(
    "text",
    [
        "WHO can reach B ?",
        "WHO has access to B ?",
        "by WHO can B be reached ?",
        "WHO is B reachable from ?",
        "to WHO is B exposed ?",
    ],
)
def test_a_question_word_may_stand_for_the_sender(text: str) -> None:
    roles = assign_roles(sentence(text))

    assert roles
    assert (roles.sources, roles.destinations) == ((WHO,), (B,))


@pytest.mark.parametrize(
    "text",
    ["WHO can A reach ?", "WHO does A talk to ?", "A can reach WHO", "list WHO A can reach"],
)
def test_a_question_word_may_stand_for_the_receiver(text: str) -> None:
    roles = assign_roles(sentence(text))

    assert roles
    assert (roles.sources, roles.destinations) == ((A,), (WHO,))


@pytest.mark.parametrize("text", ["is A bigger than B", "A B", "A and weather in B"])
def test_no_word_for_traffic_gives_no_roles(text: str) -> None:
    assert assign_roles(sentence(text)) is None


def test_each_other_goes_both_ways() -> None:
    roles = assign_roles(Sentence("can @0@ talk to each other", ((A, B),)))

    assert roles
    assert roles.both_ways
