"""llama.cpp's server that speaks OpenAI's interface, asked by the real client.

A model of this size calls no tool by itself and would state anything; what counts is what is shown.
"""

import importlib.util
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import openai
import pytest

from assistant.agent import Assistant
from assistant.errors import ModelUnavailable
from assistant.settings import Settings

pytestmark = [
    pytest.mark.local,
    pytest.mark.skipif(
        importlib.util.find_spec("starlette_context") is None,
        reason="llama-cpp-python[server] is not installed; `make test-local` installs it",
    ),
]
BAZAAR = Path(__file__).resolve().parents[2] / "evals" / "cases" / "workspaces" / "bazaar"
PATIENCE = 120.0


@pytest.fixture
def server(small: Path, tmp_path: Path) -> Iterator[str]:
    """Start the server on a free port of loopback; return its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "llama_cpp.server", "--model", str(small)]
    command += ["--host", "127.0.0.1", "--port", str(port), "--n_ctx", "8192"]
    command += ["--model_alias", "small", "--n_threads", str(max(1, (os.cpu_count() or 2) - 1))]
    with (tmp_path / "server.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            _wait(f"http://127.0.0.1:{port}/v1/models", process, tmp_path / "server.log")
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()
            process.wait()


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if process.poll() is not None:
            pytest.fail(f"the server ended: {log.read_text()[-2000:]}")
        try:
            if httpx.get(url, timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    pytest.fail("the server did not start")


def test_the_real_client_is_answered(server: str) -> None:
    with openai.OpenAI(base_url=server, api_key="none") as client:
        said = client.chat.completions.create(
            model="small", messages=[{"role": "user", "content": "Say hello."}], max_tokens=8
        )
    assert said.choices[0].message.content
    assert said.usage is not None
    assert said.usage.completion_tokens <= 8


def test_a_model_that_would_state_anything_states_nothing_false(server: str) -> None:
    settings = Settings(
        openai_base_url=server, keep_sessions=False, max_tools=1, max_steps=3, request_timeout=300
    )
    asked = "Can prod/web reach prod/postgres?"
    try:
        answer = Assistant(BAZAAR, model="openai:small", settings=settings).ask(asked)
    except ModelUnavailable:
        return
    # It is denied; without a call of the tool nothing at all may be said of it.
    assert answer.verdict in (None, "deny")
    assert answer.tier == "hosted"
    assert " can reach " not in answer.text.replace("cannot reach", "")


def test_auto_goes_from_the_server_to_the_rules(server: str) -> None:
    settings = Settings(
        openai_base_url=server,
        openai_model="small",
        keep_sessions=False,
        max_tools=1,
        max_steps=3,
        request_timeout=300,
    )
    answer = Assistant(BAZAAR, settings=settings).ask("Can prod/web reach prod/postgres?")
    assert answer.verdict == "deny"
