"""The faces that need an extra, started from the wheel with it."""

import socket
import subprocess
import time

import httpx
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from .conftest import Installed

pytestmark = pytest.mark.wheel


async def test_the_mcp_server_greets_and_answers(installed: Installed) -> None:
    parameters = StdioServerParameters(
        command=installed.command, args=["mcp"], env=installed.environment, cwd=str(installed.home)
    )
    async with Client(stdio_client(parameters)) as client:
        listed = await client.list_tools()
        assert "can_reach" in {tool.name for tool in listed.tools}
        asked = {"source": "staging/web", "destination": "shop/db"}
        result = await client.call_tool("can_reach", asked)
    assert not result.is_error
    assert result.structured_content is not None
    assert result.structured_content["verdict"] == "deny"


def test_slack_says_which_setting_is_missing(installed: Installed) -> None:
    done = installed.run("slack")
    assert done.returncode == 3
    assert len(done.stderr.splitlines()) == 1
    assert "NETASSIST_SLACK_BOT_TOKEN" in done.stderr
    done = installed.run("slack", NETASSIST_SLACK_BOT_TOKEN="xoxb-1")
    assert done.returncode == 3
    assert len(done.stderr.splitlines()) == 1
    assert "NETASSIST_SLACK_APP_TOKEN" in done.stderr


def test_slack_is_healthy_over_http_and_refuses_what_is_not_signed(installed: Installed) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = {"NETASSIST_SLACK_BOT_TOKEN": "xoxb-1", "NETASSIST_SLACK_SIGNING_SECRET": "secret"}
    bot = subprocess.Popen(
        [installed.command, "slack", "--model", "rules", "--port", str(port)],
        env=installed.environment | settings, cwd=installed.home, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    place = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                health = httpx.get(f"{place}/healthz")
                break
            except httpx.ConnectError:
                assert bot.poll() is None, bot.communicate()[1]
                time.sleep(0.1)
        else:
            pytest.fail("the bot did not listen")
        assert health.status_code == 200
        event = {"type": "url_verification", "challenge": "c"}
        assert httpx.post(f"{place}/slack/events", json=event).status_code == 401
    finally:
        bot.terminate()
        bot.communicate(timeout=30)
