"""Workspaces of the evaluations, read once, and what the rules make of a question."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from assistant.models.rules.dialogue import Interpreter
from assistant.models.rules.plan import Plan, make_plan
from assistant.models.rules.ports import port_names
from assistant.models.rules.said import Said
from assistant.models.rules.vocabulary import Vocabulary
from topology.load import load
from topology.model import Cluster

WORKSPACES = Path(__file__).resolve().parents[4] / "evals" / "cases" / "workspaces"

Reader = Callable[..., tuple[Plan, ...]]


@cache
def read_cluster(path: Path) -> Cluster:
    return load([path])


@cache
def interpreter_of(path: Path) -> Interpreter:
    cluster = read_cluster(path)
    return Interpreter(Vocabulary(cluster), port_names(cluster))


def make_reader(path: Path) -> Reader:
    """Return a function from messages to the plans of the last of them."""

    def read(*messages: str) -> tuple[Plan, ...]:
        frames = interpreter_of(path).interpret([Said(message) for message in messages])
        return tuple(make_plan(frame, read_cluster(path)) for frame in frames)

    return read


@pytest.fixture
def bazaar() -> Reader:
    """Two environments with the same names, Kubernetes policies."""
    return make_reader(WORKSPACES / "bazaar")


@pytest.fixture
def quirks() -> Reader:
    """Names like everyday words, versions of one app, a label that gives orders."""
    return make_reader(WORKSPACES / "quirks")


@pytest.fixture
def clinic() -> Reader:
    """HTTP rules and a database."""
    return make_reader(WORKSPACES / "clinic")


@pytest.fixture
def boutique(shared: Path) -> Reader:
    """Google's Online Boutique with its policies."""
    return make_reader(shared / "cases" / "external" / "clusters" / "online-boutique")


@pytest.fixture
def vocabulary() -> Vocabulary:
    """The names of the bazaar."""
    return interpreter_of(WORKSPACES / "bazaar").vocabulary
