from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant.cli.app import app
from tools.errors import ToolError
from tools.explain import explain_files, explain_policy
from tools.workspace import Workspace
from topology.errors import UnknownName

POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: a}
spec: {podSelector: {}}
"""


def test_a_policy_of_the_workspace_is_explained_by_name() -> None:
    result = explain_policy.run(Workspace.sample(), policy="shop/cart")
    (one,) = result.policies  # type: ignore[attr-defined]
    assert one.policy == "CiliumNetworkPolicy/shop/cart"
    assert one.sentence.startswith("CiliumNetworkPolicy `cart` in namespace `shop` says exactly:")
    assert one.rules[0].location.endswith("shop-cilium.yaml:12")
    assert result.evidence[0].source == "CiliumNetworkPolicy/shop/cart spec.ingress[0]"


def test_a_text_is_explained() -> None:
    result = explain_policy.run(Workspace.sample(), text=POLICY)
    assert "Nothing may reach any pod in namespace `a`." in result.summary


def test_a_name_that_no_policy_has_is_told_with_the_nearest() -> None:
    with pytest.raises(ToolError, match="Did you mean `shop/cart`"):
        explain_policy.run(Workspace.sample(), policy="shop/crat")


@pytest.mark.parametrize("given", [{}, {"policy": "a", "text": "b"}])
def test_either_a_name_or_a_text_is_wanted(given: dict[str, str]) -> None:
    with pytest.raises(ToolError):
        explain_policy.run(Workspace.sample(), **given)


def test_files_are_explained_one_by_one(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(POLICY)
    result = explain_files(Workspace.sample(), [tmp_path])
    assert [one.policy for one in result.policies] == ["NetworkPolicy/a/p"]


def test_the_command_explains_files_names_and_the_whole_workspace(tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    file.write_text(POLICY)
    runner = CliRunner()
    both = runner.invoke(app, ["policy", "explain", str(file), "shop/cart"])
    assert both.exit_code == 0
    assert "NetworkPolicy/a/p" in both.output
    assert "CiliumNetworkPolicy/shop/cart" in both.output
    everything = runner.invoke(app, ["policy", "explain", "--json"])
    assert '"policy": "PeerAuthentication/billing/strict"' in everything.output
    unknown = runner.invoke(app, ["policy", "explain", "shop/none"])
    assert isinstance(unknown.exception, UnknownName)


def test_a_policy_that_would_be_refused_is_said_not_to_be_in_force(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(POLICY.replace("podSelector: {}", "podSelector: {}, ingress: [{ports: [5]}]"))
    result = explain_files(Workspace.sample(), [path])
    assert result.policies[0].refused
    assert "Not in force, as it would be refused" in result.summary
    assert f"{path}:4" in result.policies[0].refused[0]


def test_a_valid_policy_is_not_said_to_be_refused() -> None:
    result = explain_policy.run(Workspace.sample(), text=POLICY)
    assert result.policies[0].refused == ()  # type: ignore[attr-defined]
    assert "Not in force" not in result.summary
