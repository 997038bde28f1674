"""A live cluster is read like an export, and whatever is missing of it is said."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from topology.errors import UnreadableInput
from topology.load import load
from topology.load.live import LiveUnavailable, connect, load_live
from topology.load.live.connection import Connection

from .api_server import TOKEN, ApiServer, lists_of, serving

pytest.importorskip("kubernetes", reason="the extra `live` is not installed: pip install '.[live]'")

PODS = "/api/v1/pods"
NODES = "/api/v1/nodes"
POLICIES = "/apis/cilium.io/v2/ciliumnetworkpolicies"


def objects() -> list[dict[str, Any]]:
    def thing(kind: str, name: str, space: str = "", api: str = "v1", **more: Any) -> Any:
        meta = {
            "name": name,
            **({"namespace": space} if space else {}),
            "managedFields": [{"x": 1}],
        }
        return {"apiVersion": api, "kind": kind, "metadata": meta, **more}

    container = {"name": "c", "ports": [{"containerPort": 80}]}
    pods = []
    for number in range(7):
        one = thing("Pod", f"web-{number}", "shop", spec={"containers": [container]},
                    status={"phase": "Running", "podIP": f"10.2.0.{number + 1}",
                            "conditions": [{"type": "Ready", "status": "True"}]})  # fmt: skip
        one["metadata"]["labels"] = {"app": "web", "n": str(number)}
        pods.append(one)
    policy = {"endpointSelector": {}, "ingress": [{}]}
    return [
        thing("Namespace", "shop"), thing("Node", "n1"), *pods,
        thing("CiliumNetworkPolicy", "open", "shop", "cilium.io/v2", spec=policy),
        thing("ConfigMap", "coredns", "kube-system", data={"Corefile": ".:53 {\n}\n"}),
        thing("ConfigMap", "app-settings", "kube-system", data={"password": "hunter2"}),
        thing("Event", "e1", "shop", type="Warning", reason="Unhealthy", message="m",
              involvedObject={"kind": "Pod", "namespace": "shop", "name": "web-0"}),
        thing("Event", "e2", "shop", type="Normal", reason="Pulled", message="m"),
    ]  # fmt: skip


@pytest.fixture
def server() -> Iterator[ApiServer]:
    with serving(ApiServer(lists=lists_of(objects()))) as one:
        yield one


def connection(server: ApiServer, folder: Path, **settings: Any) -> Connection:
    found = connect("test", kubeconfig=str(server.kubeconfig(folder)))
    return replace(found, page=3, wait=lambda _: None, **settings)


def test_a_live_cluster_is_what_its_export_is(server: ApiServer, tmp_path: Path) -> None:
    said: list[str] = []
    found = load_live(connection(server, tmp_path), "test", progress=said.append)
    export = tmp_path / "export.json"
    kept = [one for one in objects() if one["metadata"]["name"] not in ("app-settings", "e2")]
    export.write_text(json.dumps({"kind": "List", "apiVersion": "v1", "items": kept}))
    read = load([export])
    assert [pod.full_name for pod in found.pods] == [pod.full_name for pod in read.pods]
    assert found.kinds == read.kinds
    assert [one.key for one in found.reports] == [one.key for one in read.reports]
    assert found.problems == ()
    assert {"Pod: 1", "Pod: 4", "Pod: 7"} <= set(said)
    assert str(found.pods[0].location) == "context:test/Pod/shop/web-0"


def test_nothing_but_lists_is_asked_for_and_never_a_secret(
    server: ApiServer, tmp_path: Path
) -> None:
    load_live(connection(server, tmp_path), "test")
    assert {method for method, _, _ in server.asked} == {"GET"}
    assert not [path for _, path, _ in server.asked if "secret" in path]
    assert all("watch" not in query for _, _, query in server.asked)
    assert [query.get("continue") for _, path, query in server.asked if path == PODS] == [
        None, "3", "6",
    ]  # fmt: skip


@pytest.mark.parametrize("gives_token", [True, False])
def test_a_page_that_expired_is_gone_on_from_and_nothing_counts_twice(
    server: ApiServer, tmp_path: Path, gives_token: bool
) -> None:
    server.expires.add(PODS)
    server.gives_token = gives_token
    found = load_live(connection(server, tmp_path), "test")
    assert len(found.pods) == 7
    assert found.problems == ()


def test_a_kind_that_may_not_be_listed_is_named_and_the_rest_is_read(
    server: ApiServer, tmp_path: Path
) -> None:
    server.codes[POLICIES] = 403
    found = load_live(connection(server, tmp_path), "test")
    assert len(found.pods) == 7
    (problem,) = found.problems
    assert "`CiliumNetworkPolicy` objects are missing" in problem.message
    assert "403" in problem.message
    assert "ciliumnetworkpolicies" in problem.hint
    assert problem.severity == "error"


def test_a_busy_server_is_asked_again(server: ApiServer, tmp_path: Path) -> None:
    server.busy[NODES] = 2
    assert len(load_live(connection(server, tmp_path), "test").nodes) == 1


def test_a_slow_list_is_given_up_and_named(server: ApiServer, tmp_path: Path) -> None:
    server.slow[NODES] = 0.6
    found = load_live(connection(server, tmp_path, timeout=0.1), "test")
    assert found.nodes == ()
    assert len(found.pods) == 7
    assert any("no answer within 0.1 s" in one.message for one in found.problems)


@pytest.mark.parametrize(
    "body", [b"<html>proxy</html>", b'{"kind": "Pod"}', b'{"items": 7}', b"[]"]
)
def test_an_answer_that_is_no_list_is_named(server: ApiServer, tmp_path: Path, body: bytes) -> None:
    server.broken[PODS] = body
    found = load_live(connection(server, tmp_path), "test")
    assert found.pods == ()
    assert any(one.message.startswith("`Pod` objects are missing") for one in found.problems)


def test_files_are_added_to_a_live_cluster(server: ApiServer, tmp_path: Path) -> None:
    draft = tmp_path / "draft.yaml"
    draft.write_text(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
        "metadata: {name: shut, namespace: shop}\nspec: {podSelector: {}}\n"
    )
    found = load_live(connection(server, tmp_path), "test", [draft])
    assert [one.name for one in found.policies] == ["open", "shut"]


def test_whoever_is_not_known_is_told_to_log_in(server: ApiServer, tmp_path: Path) -> None:
    way = connect("test", kubeconfig=str(server.kubeconfig(tmp_path, token="stale")))
    with pytest.raises(UnreadableInput, match="401"):
        load_live(way, "test")


def test_an_exec_plugin_gives_the_token(server: ApiServer, tmp_path: Path) -> None:
    plugin = tmp_path / "plugin.py"
    credential = {"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1",
                  "status": {"token": TOKEN}}  # fmt: skip
    plugin.write_text(f"print({json.dumps(credential)!r})")
    user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": sys.executable,
                     "args": [str(plugin)], "interactiveMode": "Never"}}  # fmt: skip
    way = connect("test", kubeconfig=str(server.kubeconfig(tmp_path, **user)))
    assert len(load_live(way, "test").pods) == 7


def test_a_server_that_is_not_there_is_said_at_once(server: ApiServer, tmp_path: Path) -> None:
    server.url = "http://127.0.0.1:9"
    with pytest.raises(UnreadableInput, match="cannot be reached"):
        load_live(connection(server, tmp_path), "test")


def test_an_unknown_context_is_said(server: ApiServer, tmp_path: Path) -> None:
    with pytest.raises(LiveUnavailable, match="`prod`"):
        connect("prod", kubeconfig=str(server.kubeconfig(tmp_path)))
    with pytest.raises(LiveUnavailable):
        connect("test", kubeconfig=str(tmp_path / "nowhere"))


def test_the_command_reads_a_context_and_says_what_is_missing(
    server: ApiServer, tmp_path: Path
) -> None:
    server.codes[POLICIES] = 403
    config = server.kubeconfig(tmp_path)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        code = "from assistant.cli.app import main; main()"
        program = [sys.executable, "-c", code, *words]
        return subprocess.run(program, capture_output=True, text=True, check=False,
                              env=os.environ | {"KUBECONFIG": str(config)})  # fmt: skip

    done = run("reach", "shop/web-0", "shop/web-1", "--context", "test", "--json")
    assert done.returncode == 0, done.stderr
    assert "reading Pod" in done.stderr
    assert "not permitted (403)" in done.stderr
    assert any("could not be read" in one for one in json.loads(done.stdout)["not_verified"])
    doctor = run("--context", "test", "doctor")
    assert doctor.returncode == 1
    assert "live cluster: `CiliumNetworkPolicy` objects are missing" in doctor.stdout
