from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from assistant.settings import Settings
from evals.bench.slack_double import SlackDouble, serve_double


@pytest.fixture
def slack() -> Iterator[SlackDouble]:
    with serve_double() as double:
        yield double


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        state_dir=tmp_path / "state", book=str(tmp_path / "book.db"), user="bot", workspace=(),
        slack_bot_token=SecretStr("xoxb-test"), slack_signing_secret=SecretStr("secret"),
    )  # fmt: skip
