"""The shop on AKS with its Azure network: questions, layers and findings as a person asks them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from assistant import ask
from tools.workspace import Workspace
from topology.azure import azure_of
from topology.load import load
from topology.samples import sample_path

FOLDER = Path(__file__).parent / "azure_shop"
ENTRY = """
{kind: Ingress, apiVersion: networking.k8s.io/v1, metadata: {name: in, namespace: shop},
 spec: {rules: [{host: shop.example.com, http: {paths: [
  {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 8080}}}},
  {path: /cart, pathType: Prefix, backend: {service: {name: cart, port: {number: 8080}}}}]}}]}}
"""


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    file = tmp_path_factory.mktemp("entry") / "ingress.yaml"
    file.write_text(ENTRY)
    return [str(sample_path()), str(FOLDER), str(file)]


def cli(*arguments: str) -> tuple[int, str]:
    code = "from assistant.cli.app import main; main()"
    run = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False
    )
    return run.returncode, run.stdout + run.stderr


def test_everything_of_the_export_is_read_without_a_problem() -> None:
    azure = azure_of(load([FOLDER]))
    assert azure.problems == ()
    (cluster,) = azure.clusters
    assert (cluster.overlay, cluster.dataplane, cluster.istio) == (True, "cilium", ("asm-1-27",))
    assert [one.name for one in azure.security_groups] == ["nsg-endpoints", "nsg-nodes"]
    assert azure.firewalls[0][1] == "fw-hub"


@pytest.mark.parametrize(
    ("question", "starts", "mentions"),
    [
        ("why does the ingress for shop.example.com give 503?", "", "port `8080` of Service"),
        ("which pods serve shop.example.com/cart?", "", "`shop/cart-"),
        ("is the load balancer of shop/web open to the internet?", "Partly: `world`", "allow-web"),
        ("can shop/orders reach 10.20.2.5 on 5432?", "No:", "deny-db-out"),
        ("can shop/web reach 198.18.0.9 on 443?", "No:", "route `blackhole`"),
        ("can the world reach shop/db?", "No:", "10.244.0.0/16"),
        ("does an NSG block the health probe?", "Azure network", "no issue found"),
        ("which CNI and dataplane does our cluster run?", "Azure network", "Azure CNI Overlay"),
        ("are any vnet peerings broken?", "Azure network", "`to-legacy`"),
        ("does the targetPort of payments match?", "Service `shop/payments`", "no issue found"),
    ],
)
def test_questions_are_answered_from_the_computed_layers(
    paths: list[str], question: str, starts: str, mentions: str
) -> None:
    answer = ask(question, workspace=Workspace.load(paths), model="rules")
    assert answer.text.startswith(starts)
    assert mentions in answer.text


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["service", "path", "shop/web"], 0),
        (["service", "path", "shop/db"], 1),
        (["service", "path", "gone.example.com"], 2),
        (["service", "check"], 1),
        (["service", "check", "shop/db"], 0),
        (["azure", "check"], 1),
        (["azure", "check", "--about", "probes"], 0),
    ],
)
def test_the_commands_exit_as_the_others_do(
    paths: list[str], arguments: list[str], code: int
) -> None:
    places = [word for path in paths for word in ("-w", path)]
    found, text = cli(*arguments, *places)
    assert found == code, text


def test_the_json_of_a_way_has_each_hop(paths: list[str]) -> None:
    places = [word for path in paths for word in ("-w", path)]
    _, text = cli("service", "path", "shop.example.com/cart", "--json", *places)
    document = json.loads(text)
    (way,) = document["ways"]
    assert way["entry"] == "Ingress/shop/in"
    assert {hop["kind"] for hop in way["hops"]} >= {"entry", "gateway"}
    assert document["schema_version"]
