"""The command line as a person and a script use it: real processes, real pipes."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant.adapters.for_cli import make_tools_command

NETASSIST = str(Path(sys.executable).parent / "netassist")
ASK = (NETASSIST, "ask", "--model", "rules")

WEB_AND_DB = """
apiVersion: v1
kind: List
items:
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web, namespace: shop}
  spec:
    selector: {matchLabels: {app: web}}
    template:
      metadata: {labels: {app: web}}
      spec: {containers: [{name: web, ports: [{containerPort: 8080}]}]}
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: db, namespace: shop}
  spec:
    selector: {matchLabels: {app: db}}
    template:
      metadata: {labels: {app: db}}
      spec: {containers: [{name: db, ports: [{containerPort: 5432}]}]}
"""
DENY_ALL = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: deny-all
  namespace: shop
spec:
  podSelector: {}
  policyTypes: [Ingress]
"""


def run(*arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    source = {"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}
    return subprocess.run(
        [NETASSIST, *arguments], capture_output=True, text=True, check=False, **source
    )


@pytest.fixture
def cluster(tmp_path: Path) -> Path:
    path = tmp_path / "cluster.yaml"
    path.write_text(WEB_AND_DB)
    return path


@pytest.fixture
def denied(cluster: Path) -> Path:
    path = cluster.parent / "deny.yaml"
    path.write_text(DENY_ALL)
    return path


def test_help_starts_with_what_it_is_for_and_shows_examples() -> None:
    done = run("--help")
    assert done.returncode == 0
    assert "netassist ask" in done.stdout
    for command in ("ask", "reach", "who-can-reach", "what-can", "tools", "doctor"):
        assert command in done.stdout


def test_reach_without_policies_is_allowed_and_exits_with_0(cluster: Path) -> None:
    done = run("reach", "-w", str(cluster), "web", "db", "--json")
    assert done.returncode == 0
    document = json.loads(done.stdout)
    assert document["schema_version"] == 1
    assert document["allowed"] is True
    assert document["verdict"] == "allow"


def test_reach_under_default_deny_exits_with_1_and_names_file_and_line(
    cluster: Path, denied: Path
) -> None:
    done = run(
        "reach", "-w", str(cluster), "-w", str(denied), "web", "db", "--port", "5432", "--json"
    )
    assert done.returncode == 1
    document = json.loads(done.stdout)
    assert document["allowed"] is False
    fields = {"layer", "direction", "enforced", "verdict", "policy", "rule", "location", "reason"}
    assert all(fields <= set(layer) for layer in document["layers"])
    assert f"{denied}:" in done.stdout


def test_a_workspace_may_come_from_stdin() -> None:
    done = run("reach", "-w", "-", "web", "db", "--json", stdin=WEB_AND_DB)
    assert json.loads(done.stdout)["verdict"] == "allow"


def test_a_question_may_come_from_stdin(cluster: Path) -> None:
    done = run("ask", "--model", "rules", "-w", str(cluster), "--json", stdin="can web reach db?\n")
    assert json.loads(done.stdout)["verdict"] == "allow"


def test_a_file_on_stdin_is_added_to_the_workspace(cluster: Path, denied: Path) -> None:
    with denied.open() as policy:
        done = subprocess.run(
            [*ASK, "-w", str(cluster), "can web reach db?", "--json"],
            stdin=policy, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["verdict"] == "deny"


def test_the_policy_on_stdin_is_what_this_policy_means(denied: Path) -> None:
    policy = denied.read_text(encoding="utf-8")
    done = run("ask", "--model", "rules", "what does this policy allow?", "--json", stdin=policy)
    document = json.loads(done.stdout)
    assert not document["declined"]
    assert document["tools"][0]["name"] == "inspect_object"


def test_a_silent_pipe_on_stdin_is_not_waited_for(cluster: Path) -> None:
    reader, writer = os.pipe()
    try:
        done = subprocess.run(
            [*ASK, "-w", str(cluster), "can web reach db?", "--json"],
            stdin=reader, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
    finally:
        os.close(reader)
        os.close(writer)
    assert json.loads(done.stdout)["verdict"] == "allow"


@pytest.mark.parametrize("silence", ["", "\n"])
def test_a_pipe_that_ends_without_a_word_is_no_workspace(cluster: Path, silence: str) -> None:
    question = "can web reach db?"
    done = run("ask", "--model", "rules", "-w", str(cluster), question, "--json", stdin=silence)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["verdict"] == "allow"


def test_the_ask_document_has_every_field_of_the_contract(cluster: Path) -> None:
    done = run("ask", "--model", "rules", "-w", str(cluster), "can web reach db?", "--json")
    assert set(json.loads(done.stdout)) == {
        "schema_version", "question", "text", "tier", "model", "session", "verdict", "tools",
        "artifacts", "evidence", "citations", "needs", "declined", "usage", "seconds",
    }  # fmt: skip


def test_jsonl_streams_events_and_ends_with_the_answer(cluster: Path) -> None:
    done = run("ask", "--model", "rules", "-w", str(cluster), "can web reach db?", "--jsonl")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    names = [event["event"] for event in events]
    assert names.index("ToolStarted") < names.index("ToolFinished") < names.index("Finished")
    assert events[-1]["answer"]["verdict"] == "allow"


def test_a_session_is_resumed_by_another_process(cluster: Path) -> None:
    ask = ("ask", "--model", "rules", "-w", str(cluster), "--json")
    first = json.loads(run(*ask, "can web reach db?").stdout)
    second = json.loads(run(*ask, "--session", first["session"], "and the other way round?").stdout)
    assert second["session"] == first["session"]
    arguments = next(call["arguments"] for call in second["tools"])
    assert "db" in arguments["source"]
    assert "web" in arguments["destination"]


def test_without_a_workspace_the_sample_is_used_and_said_on_stderr() -> None:
    done = run("what-can", "web")
    assert "bundled sample" in done.stderr
    assert "bundled sample" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["reach", "cart", "no-such-thing"], 2, "no-such-thing"),
        (["reach", "cart", "db", "--port", "70000"], 2, "70000"),
        (["reach", "cart"], 2, "DST"),
        (["no-such-command"], 2, "no-such-command"),
        (["reach", "-w", "no/such/folder", "a", "b"], 5, "no/such/folder"),
        (["ask", "--model", "martian:9", "can web reach db?"], 3, "martian"),
    ],
)
def test_a_fault_has_its_own_exit_code_and_quotes_what_was_wrong(
    arguments: list[str], code: int, said: str
) -> None:
    done = run(*arguments)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_a_reader_that_goes_away_is_no_error(cluster: Path) -> None:
    done = subprocess.run(
        f"{NETASSIST} tools --json | head -c 1",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


def test_an_interrupt_exits_with_130_and_no_traceback(cluster: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as endpoint:
        port = endpoint.getsockname()[1]
        environment = {
            **os.environ,
            "OPENAI_API_KEY": "unused",
            "OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1",
        }
        with subprocess.Popen(
            [NETASSIST, "ask", "--model", "openai:any", "-w", str(cluster), "can web reach db?"],
            env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
            # A shell that runs the tests in the background lets them ignore interrupts.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        ) as process:  # fmt: skip
            connection, _ = endpoint.accept()
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=60)
            connection.close()
    assert process.returncode == 130
    assert "Traceback" not in errors


def test_every_tool_is_a_command() -> None:
    names = [tool["name"] for tool in json.loads(run("tools", "--json").stdout)["tools"]]
    assert "can_reach" in names
    group = make_tools_command()
    for name in names:
        done = CliRunner().invoke(group, [name.replace("_", "-"), "--help"])
        assert done.exit_code == 0, done.output
        assert "Usage:" in done.output


def test_doctor_finds_nothing_to_fix_in_a_good_workspace(cluster: Path) -> None:
    done = run("doctor", "-w", str(cluster), "--json")
    assert done.returncode == 0
    assert {finding["state"] for finding in json.loads(done.stdout)["findings"]} <= {
        "ok",
        "optional",
    }


def test_doctor_names_the_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text(WEB_AND_DB)
    (tmp_path / "bad.yaml").write_text("kind: [unclosed\n")
    done = run("doctor", "-w", str(tmp_path), "--json")
    assert done.returncode == 1
    assert "bad.yaml" in done.stdout
