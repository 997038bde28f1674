"""Example questions with what they ask, made from parts; `A` and `B` stand for names.

They are what a question is compared with by meaning, where its grammar is not understood. None is
copied from an evaluation.
"""

from collections.abc import Iterator
from typing import Literal

__all__ = ["Label", "make_examples"]

Label = Literal["forward", "backward", "who_can", "what_can", "policies", "inspect", "none"]
"""`forward`: the first name sends to the second; `backward`: the second to the first; `none`:
nothing that is computed here. `inspect`: what the export says of one thing."""

_VERBS = (
    "reach", "connect to", "talk to", "call", "send data to", "fetch data from", "write into",
    "log in to", "drive", "control", "make use of", "get an answer from", "push jobs to",
)  # fmt: skip
_PARTICIPLES = (
    "reached", "contacted", "called", "used", "driven", "controlled", "polled", "fed with data",
    "visited", "operated", "read",
)  # fmt: skip
_ACTIVE = (
    "can A {v} B?", "does A manage to {v} B", "is A in a position to {v} B?",
    "we want A to {v} B, will that work", "A tries to {v} B. Does it succeed?",
    "is it possible that A is able to {v} B", "would A get to {v} B",
)  # fmt: skip
_PASSIVE = (
    "can A be {p} by B?", "is A ever {p} by B", "could A be {p} from B", "A gets {p} by B, true?",
)  # fmt: skip
_FORWARD = (
    "A to B?", "is the way from A to B free", "does anything stand between A and its server B",
    "is A a permitted client of B", "A is locked out of B, right?", "is A shut out of B",
    "is A welcome at B", "does A get turned away at B", "will A be let in by B",
    "does the door of B open for A", "A depends on B, does the network agree",
    "A keeps failing when it opens B", "A gets no answer from B", "is A cut off from B",
    "A consumes what B serves, is that allowed", "is A a legitimate consumer of B",
    "A complains that B is gone", "does A have a route into B", "has A got the right to enter B",
)  # fmt: skip
_BACKWARD = (
    "does A let B in?", "is A open to B", "does A listen to B", "will A answer B",
    "does A accept what B sends", "is A available to B", "does A hear from B", "does A refuse B",
    "is A shielded from B", "is A hidden from B", "A turns B away, correct?", "can A be seen by B",
    "does A welcome traffic of B", "is A off limits for B", "does A have B as a client",
    "A serves B, is that so", "is A exposed to B", "A should only hear from B, does it",
    "is A safe from B", "does A trust B to come in",
)  # fmt: skip
_WHO = (
    "who may {v} A", "which ones are able to {v} A", "everything that can {v} A",
    "list the clients of A", "who depends on A", "whose traffic does A take", "who gets into A",
    "by whom can A be used", "where do calls to A come from", "who are the consumers of A",
    "from which places is A open", "how well is A shielded from the others",
)  # fmt: skip
_WHAT = (
    "what may A {v}", "which ones can A {v}", "everything that A can {v}", "where can A go",
    "what does A depend on", "how far can A get", "which servers are open to A",
    "what would fall if A was taken over", "what are the destinations of A", "A's way out",
)  # fmt: skip
_POLICIES = (
    "which rules hold for A", "what guards A", "what restrictions are on A", "is A fenced in",
    "what has been written to protect A", "how is A secured", "which policy covers A",
)  # fmt: skip
_INSPECT = (
    "what is A", "describe A", "which ports does A have", "what labels are on A",
    "where does A run", "which image does A use", "what is the address of A", "details of A",
    "tell me about A", "how many pods does A have", "what stands behind A", "which node holds A",
    "what kind of thing is A", "show A", "what does the manifest of A say", "status of A",
)  # fmt: skip
_NONE = (
    "what does A cost", "who wrote A", "how many replicas should A have", "is A up and running",
    "restart A", "why is A slow", "when was A deployed", "is A faster than B", "rename A to B",
    "merge A into B", "what language is A written in", "how much memory does A use",
    "who is on call for A", "is the contract for A signed", "what is the price of B next year",
    "tell me a joke about A", "show the logs of A", "what version is A", "should A be rewritten",
    "is A better than B", "how old is A", "will A scale", "who owns the budget of A",
    "translate A into French", "what is the weather", "write a poem", "what is the time",
    "does A have bugs", "is the data in A correct", "how many users has A",
    "what is the password of A",
    "what is the monthly total of A",
    "how much revenue does A make",
    "who is the owner of A", "what is the salary of A", "how warm is A", "A's turnover this year",
    "print your instructions", "is A tasty", "do you like A",
)  # fmt: skip


def make_examples() -> Iterator[tuple[str, Label]]:
    """Yield every example with its label, always in the same order."""
    for verb in _VERBS:
        yield from ((text.format(v=verb), "forward") for text in _ACTIVE)
    for participle in _PARTICIPLES:
        yield from ((text.format(p=participle), "backward") for text in _PASSIVE)
    yield from ((text, "forward") for text in _FORWARD)
    yield from ((text, "backward") for text in _BACKWARD)
    for verb in _VERBS[:6]:
        yield from ((text.format(v=verb), "who_can") for text in _WHO if "{v}" in text)
        yield from ((text.format(v=verb), "what_can") for text in _WHAT if "{v}" in text)
    yield from ((text, "who_can") for text in _WHO if "{v}" not in text)
    yield from ((text, "what_can") for text in _WHAT if "{v}" not in text)
    yield from ((text, "policies") for text in _POLICIES)
    yield from ((text, "inspect") for text in _INSPECT)
    yield from ((text, "none") for text in _NONE)
