"""The MCP server, through the client of the protocol's own SDK."""

import asyncio
import importlib.util
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult, PromptReference, TextContent, Tool

from assistant.agent import Assistant
from assistant.cli.app import main
from assistant.mcp import make_server
from tools import registry
from tools.workspace import Workspace
from topology.samples import sample_path

GOLDEN = Path(__file__).with_name("golden") / "mcp_tools.txt"
FLOW = (
    '{"flow":{"time":"2026-11-01T10:00:00Z","verdict":"DROPPED","drop_reason_desc":"POLICY_DENIED",'
    '"IP":{"source":"10.244.0.9","destination":"10.244.0.7"},"l4":{"TCP":{"source_port":40000,'
    '"destination_port":5432,"flags":{"SYN":true}}},"source":{"namespace":"staging","pod_name":"web"},'
    '"destination":{"namespace":"shop","pod_name":"db-0"},"traffic_direction":"INGRESS"}}\n'
)
POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db-in, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  policyTypes: [Ingress]
  ingress: [{from: [{podSelector: {matchLabels: {app: orders}}}]}]
"""
CONTRACT = "must_allow: []\nmust_deny: [{src: staging/web, dst: shop/db, port: 5432, proto: TCP}]\n"
LACKING = {
    "check_azure": "Nothing of Azure",
    "find_free_range": "address book is empty",
    "forecast_addresses": "address book is empty",
    "plan_renumbering": "address book is empty",
    "read_flow_metrics": "no metrics",
    "show_address_book": "address book is empty",
}
"""Tools that say what they lack: the sample has no exports of Azure, no metrics, no book."""
ARGUMENTS: dict[str, dict[str, Any]] = {
    "can_reach": {"source": "staging/web", "destination": "shop/db"},
    "check_ranges": {"pod_cidrs": ["10.244.0.0/16"], "vnets": ["10.60.0.0/16"]},
    "compare_max_pods": {"mode": "overlay", "nodes": 20},
    "convert_policies": {"to": "CiliumNetworkPolicy"},
    "describe_prefix": {"prefix": "10.0.0.0/24"},
    "diagnose": {"symptom": "shop/web cannot resolve names"},
    "draft_policy": {"request": "only shop/web may reach shop/catalog on port 8080"},
    "explain_policy": {"policy": "shop/no-staging-in-data"},
    "find_free_range": {"size": "/24"},
    "fix_connection": {"source": "staging/web", "destination": "shop/db"},
    "inspect_object": {"name": "shop/web"},
    "list_policies": {"workload": "shop/db"},
    "plan_addresses": {"spaces": ["10.60.0.0/16"], "nodes": 20},
    "plan_renumbering": {"size": "/20"},
    "plan_mode_change": {"start": "kubenet", "goal": "overlay"},
    "prove_policy": {"text": POLICY},
    "simulate_policies": {"add": POLICY},
    "size_outbound": {"nodes": 20},
    "size_subnets": {"mode": "overlay", "nodes": 20},
    "search_docs": {"query": "overlay pod cidr"},
    "split_policy": {"policy": "shop/no-staging-in-data"},
    "test_contract": {"contract": CONTRACT},
    "trace_service_path": {"target": "shop/db"},
    "what_can_reach": {"source": "shop/web"},
    "who_can_reach": {"destination": "shop/db"},
}
"""What tools are called with that need something said; the others need nothing."""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    flows = tmp_path_factory.mktemp("flows") / "flows.jsonl"
    flows.write_text(FLOW)
    return Workspace.load([sample_path(), flows])


@pytest.fixture
def server(workspace: Workspace) -> Server[Any]:
    return make_server(Assistant(workspace, model="rules"), registry())


def text_of(result: CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


def line_of(tool: Tool) -> str:
    schema = tool.input_schema
    required = schema.get("required", [])
    names = [name + ("*" if name in required else "") for name in schema["properties"]]
    hints = tool.annotations
    assert hints is not None
    kind = "read-only" if hints.read_only_hint else "writes"
    return f"{tool.name}({', '.join(names)}) {kind}"


async def test_the_list_of_tools_is_the_one_that_was_agreed_on(server: Server[Any]) -> None:
    async with Client(server) as client:
        lines = [line_of(tool) for tool in (await client.list_tools()).tools]
        if os.environ.get("UPDATE_GOLDENS"):
            GOLDEN.write_text("\n".join(lines) + "\n")
        assert lines == GOLDEN.read_text().splitlines(), "agreed? Then run it with UPDATE_GOLDENS=1"


async def test_every_tool_says_what_it_takes_and_gives_and_changes_nothing(
    server: Server[Any],
) -> None:
    async with Client(server) as client:
        for tool in (await client.list_tools()).tools:
            hints = tool.annotations
            assert hints is not None, tool.name
            assert (hints.read_only_hint, hints.destructive_hint, hints.open_world_hint) == (
                True, False, False,
            ), tool.name  # fmt: skip
            assert tool.title
            assert tool.description
            assert tool.output_schema, tool.name
            for name, field in tool.input_schema["properties"].items():
                assert field.get("description"), (tool.name, name)


async def test_no_tool_that_writes_is_offered(server: Server[Any]) -> None:
    async with Client(server) as client:
        offered = {tool.name for tool in (await client.list_tools()).tools}
        assert offered.isdisjoint(spec.name for spec in registry() if spec.effect == "write")


@pytest.mark.parametrize("name", [one.name for one in registry() if one.effect != "write"])
async def test_every_tool_answers_with_structure_and_the_same_as_text(
    server: Server[Any], name: str
) -> None:
    async with Client(server) as client:
        result = await client.call_tool(name, ARGUMENTS.get(name, {}))
        if name in LACKING:
            assert result.is_error
            assert LACKING[name] in text_of(result)
            assert "cannot be called like this" not in text_of(result)
            return
        assert not result.is_error, text_of(result)
        assert result.structured_content["summary"]
        assert result.structured_content["summary"].splitlines()[0][:40] in text_of(result).replace(
            '\\"', '"'
        )


async def test_the_answer_of_a_tool_is_that_of_the_command_line(
    server: Server[Any], workspace: Workspace
) -> None:
    async with Client(server) as client:
        arguments = {"source": "staging/web", "destination": "shop/db"}
        result = await client.call_tool("can_reach", arguments)
        (spec,) = (one for one in registry() if one.name == "can_reach")
        assert result.structured_content == spec.call(workspace, dict(arguments)).model_dump(
            mode="json"
        )


async def test_a_wrong_call_says_how_to_call_it_and_the_next_one_works(server: Server[Any]) -> None:
    async with Client(server) as client:
        wrong = await client.call_tool("can_reach", {"src": "staging/web"})
        assert wrong.is_error
        assert "`source` is missing" in text_of(wrong)
        assert "It takes `source`, `destination`" in text_of(wrong)
        misspelt = await client.call_tool(
            "can_reach", {"source": "staging/wob", "destination": "db"}
        )
        assert misspelt.is_error
        assert "`staging/web`" in text_of(misspelt)
        right = await client.call_tool("can_reach", {"source": "staging/web", "destination": "db"})
        assert not right.is_error
        assert right.structured_content["verdict"] == "deny"


async def test_an_unknown_tool_is_a_fault_of_the_protocol(server: Server[Any]) -> None:
    async with Client(server) as client:
        with pytest.raises(MCPError, match="`allocate_range`"):
            await client.call_tool("allocate_range", {"name": "x", "size": "/24"})


async def test_a_question_is_answered_and_the_conversation_goes_on(server: Server[Any]) -> None:
    async with Client(server) as client:
        first = await client.call_tool("ask", {"question": "Can staging/web reach the db?"})
        assert first.structured_content["verdict"] == "deny"
        session = first.structured_content["session"]
        then = await client.call_tool(
            "ask", {"question": "and from shop/orders?", "session": session}
        )
        assert "shop/orders" in then.structured_content["text"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "`question` is missing"),
        ({"question": " "}, "`question` is missing"),
        ({"question": 3}, "`question` is no text"),
        ({"query": "x"}, "no argument `query`"),
        ({"question": "x" * 30_000}, "30000 characters"),
    ],
)
async def test_a_question_that_is_none_says_why(
    server: Server[Any], arguments: dict[str, Any], said: str
) -> None:
    async with Client(server) as client:
        result = await client.call_tool("ask", arguments)
        assert result.is_error
        assert said in text_of(result)


async def test_policies_and_articles_can_be_read(server: Server[Any]) -> None:
    async with Client(server) as client:
        listed = {str(one.uri) for one in (await client.list_resources()).resources}
        address = "policy://CiliumNetworkPolicy/shop/no-staging-in-data"
        assert address in listed
        (policy,) = (await client.read_resource(address)).contents
        assert "shop-cilium.yaml" in getattr(policy, "text", "").splitlines()[0]
        assert "ingressDeny" in getattr(policy, "text", "")
        article = next(one for one in sorted(listed) if one.startswith("article://"))
        (content,) = (await client.read_resource(article)).contents
        assert "## Sources" in getattr(content, "text", "")
        (summary,) = (await client.read_resource("network://summary")).contents
        assert "11 workloads" in getattr(summary, "text", "")
        (workloads,) = (await client.read_resource("network://workloads")).contents
        assert "shop/web (Deployment)" in getattr(workloads, "text", "")
        templates = (await client.list_resource_templates()).resource_templates
        assert {one.name for one in templates} == {"policy", "article"}


@pytest.mark.parametrize("address", ["policy://x/y/z", "article://nothing", "file:///etc/passwd"])
async def test_what_is_no_resource_is_refused(server: Server[Any], address: str) -> None:
    async with Client(server) as client:
        with pytest.raises(MCPError, match=r"no (policy|article|resource)"):
            await client.read_resource(address)


async def test_prompts_are_filled_and_complete_the_names_of_the_network(
    server: Server[Any],
) -> None:
    async with Client(server) as client:
        listed = (await client.list_prompts()).prompts
        for prompt in listed:
            values = {one.name: f"<{one.name}>" for one in prompt.arguments or []}
            (message,) = (await client.get_prompt(prompt.name, values)).messages
            content = message.content
            assert isinstance(content, TextContent)
            assert all(value in content.text for value in values.values())
        reference = PromptReference(name="explain_connection")
        found = await client.complete(reference, {"name": "source", "value": "stag"})
        assert found.completion.values == ["staging/web"]
        with pytest.raises(MCPError, match="needs `destination`"):
            await client.get_prompt("explain_connection", {"source": "a"})
        with pytest.raises(MCPError, match="no prompt `other`"):
            await client.get_prompt("other", {})


async def test_it_serves_a_client_over_stdin_and_stdout(private_home: Path) -> None:
    server = StdioServerParameters(
        command=sys.executable,
        args=["-c", "from assistant.cli.app import main; main()", "mcp", "-w", str(sample_path())],
        env={**os.environ, "HOME": str(private_home)},
    )
    async with asyncio.timeout(60), Client(stdio_client(server)) as client:
        assert "11 workloads" in (client.instructions or "")
        result = await client.call_tool(
            "can_reach", {"source": "staging/web", "destination": "shop/db"}
        )
        assert result.structured_content["verdict"] == "deny"


@pytest.fixture
def address(private_home: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    code = "from assistant.cli.app import main; main()"
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            code,
            "mcp",
            "-w",
            str(sample_path()),
            "--http",
            "--port",
            str(port),
        ],
        stderr=subprocess.PIPE,
    )
    try:
        wait_for(port, process)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        process.terminate()
        process.communicate(timeout=20)


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.1)
    pytest.fail("the server did not listen")


async def test_it_serves_this_machine_over_http_and_no_foreign_page(address: str) -> None:
    async with asyncio.timeout(60), Client(address) as client:
        assert len((await client.list_tools()).tools) > 10
    body = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    headers = {"accept": "application/json, text/event-stream"}
    async with httpx.AsyncClient() as web:
        foreign = await web.post(
            address, json=body, headers={**headers, "origin": "https://evil.example"}
        )
        rebound = await web.post(address, json=body, headers={**headers, "host": "evil.example"})
    assert foreign.status_code == 403
    assert rebound.status_code == 421


def test_without_the_package_one_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "mcp" else find(name)
    )
    monkeypatch.setattr(sys, "argv", ["netassist", "mcp"])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 3
    assert "pip install 'netassist[mcp]'" in capsys.readouterr().err
