from pathlib import Path

import pytest

from tools.errors import ToolError
from tools.policy_checks import check_files, validate_policy
from tools.policy_findings import ValidationResult
from tools.workspace import Workspace
from topology.load import load_text

GOOD = """\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: good, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: api}}
  ingress:
  - fromEndpoints: [{matchLabels: {app: web}}]
"""
BAD = GOOD.replace("name: good", "name: bad").replace(
    "fromEndpoints: [{matchLabels: {app: web}}]", "fromEntities: [internet]"
)
NODE = """\
apiVersion: v1
kind: Node
metadata: {name: n1}
spec: {podCIDRs: [10.244.1.0/24]}
status: {addresses: [{type: InternalIP, address: 10.1.0.4}]}
"""


def call(text: str = "", policy: str = "", **files: str) -> ValidationResult:
    workspace = Workspace(cluster=load_text("---\n".join(files.values()), name="all.yaml"))
    result = validate_policy.call(workspace, {"text": text, "policy": policy})
    assert isinstance(result, ValidationResult)
    return result


def test_a_policy_of_the_workspace_is_checked_by_any_of_its_names() -> None:
    for name in ("bad", "shop/bad", "CiliumNetworkPolicy/shop/bad"):
        result = call(policy=name, a=GOOD, b=BAD)
        assert not result.valid
        assert "1 of 1 policy is not valid" in result.summary
        assert "all.yaml:15 `spec.ingress[0].fromEntities[0]`" in result.summary
        assert "Write `world`." in result.summary
    assert call(policy="good", a=GOOD, b=BAD).valid


def test_without_a_name_all_policies_are_checked() -> None:
    result = call(a=GOOD, b=BAD)
    assert [(one.name, one.valid) for file in result.files for one in file.documents] == [
        ("good", True), ("bad", False)
    ]  # fmt: skip
    assert result.evidence[1].claim == "`CiliumNetworkPolicy/shop/bad` is refused for `entity`."


def test_a_text_is_checked_instead() -> None:
    result = call(text=BAD, a=GOOD)
    (file,) = result.files
    assert [one.code for one in file.documents[0].errors] == ["entity"]
    assert call(text="{").summary.startswith("No policy could be read.")


def test_an_unknown_policy_is_told_with_what_comes_near() -> None:
    with pytest.raises(ToolError, match="There is no policy `goood`") as caught:
        call(policy="goood", a=GOOD)
    assert "good" in caught.value.candidates


def test_cidrs_over_the_pods_of_the_workspace_are_told(tmp_path: Path) -> None:
    wide = GOOD.replace("fromEndpoints: [{matchLabels: {app: web}}]", "fromCIDR: [10.244.0.0/16]")
    result = call(policy="good", a=wide, b=NODE)
    assert [one.code for one in result.files[0].documents[0].warnings] == ["cidr-pods"]
    (tmp_path / "a.yaml").write_text(wide, encoding="utf-8")
    alone = check_files([tmp_path / "a.yaml"], profile="1.18")
    assert alone.files[0].documents[0].warnings == ()


def test_files_are_told_one_by_one_with_what_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text(GOOD + "---\n" + NODE, encoding="utf-8")
    (tmp_path / "broken.yaml").write_text("kind: [", encoding="utf-8")
    result = check_files([tmp_path, tmp_path / "none.yaml"], profile="1.18")
    found = {Path(file.path).name: file for file in result.files}
    assert found["good.yaml"].others == 1
    assert [one.valid for one in found["good.yaml"].documents] == [True]
    assert [one.code for one in found["broken.yaml"].problems] == ["yaml-syntax"]
    assert [one.code for one in found["none.yaml"].problems] == ["missing-path"]
    assert not result.valid


def test_a_number_as_label_is_an_error_of_the_policy_that_it_stands_in(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(GOOD + "---\n" + BAD.replace("app: api", "app: 5"), encoding="utf-8")
    good, bad = check_files([path], profile="1.18").files[0].documents
    assert good.valid
    assert [(one.code, one.line) for one in bad.errors] == [("not-text", 13), ("entity", 15)]


def test_typographic_quotes_in_a_value_are_a_warning_of_the_policy() -> None:
    text = (
        "apiVersion: security.istio.io/v1\n"
        "kind: AuthorizationPolicy\n"
        "metadata: {name: allow-get, namespace: shop}\n"
        "spec:\n"
        "  rules:\n"
        "  - to:\n"
        "    - operation:\n"
        "        methods: [\u201cGET\u201d]\n"
    )
    result = call(text=text)
    warnings = result.model_dump()["files"][0]["documents"][0]["warnings"]
    assert [(one["code"], one["line"]) for one in warnings] == [("smart-quotes", 8)]
    assert '"GET"' in warnings[0]["fix"]
