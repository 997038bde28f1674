"""Contracts as files: what is written is read back, and what is wrong is told with its line."""

from pathlib import Path

import pytest

from topology.authoring import Contract, Demand
from topology.authoring.contract_file import contract_text, read_contract, read_contracts
from topology.errors import UnreadableInput
from topology.load import load_text
from topology.policy.kafka import KafkaRequest
from topology.policy.verdict import HttpRequest

CONTRACT = Contract(
    must_allow=(
        Demand(
            source="shop/web",
            destination="service:shop/api",
            port=80,
            http=HttpRequest(
                method="POST",
                path="/a?b=1",
                host="api.example",
                headers=(("X-A", "b: c"),),
                claims='{"iss": "me"}',
            ),
            because="it was asked for",
        ),
        Demand(
            source="shop/web", destination="kube-system/dns", port=53, protocol="UDP", dns="a.b"
        ),
    ),
    must_deny=(
        Demand(source="world", destination="shop/db"),
        Demand(
            source="shop/web",
            destination="shop/bus",
            port=9092,
            kafka=KafkaRequest(key="fetch", topic="bills.v2", version=4, client="ui"),
        ),
    ),
)


def test_a_contract_that_is_written_is_read_back_as_it_was() -> None:
    assert read_contract(contract_text(CONTRACT, request="let web in")).contract == CONTRACT


def test_the_form_of_the_cases_is_read_too_in_yaml_and_in_json() -> None:
    text = '{"must_allow": [{"src": "a/b", "dst": "c/d", "port": 80, "proto": "TCP"}]}'
    (demand,) = read_contract(text).contract.must_allow
    assert (demand.source, demand.destination, demand.port) == ("a/b", "c/d", 80)
    nested = "contract:\n  must_deny:\n  - {src: world, dst: a/b, port: 53/UDP}\n"
    (closed,) = read_contract(nested).contract.must_deny
    assert (closed.port, closed.protocol) == (53, "UDP")


def test_demands_know_their_lines() -> None:
    found = read_contract(
        "must_allow:\n- {src: a/b, dst: c/d}\n\n- {src: e/f, dst: c/d}\n", name="c"
    )
    assert [str(one) for one in found.locations] == ["c:2", "c:4"]


WRONG = {
    "must_deny:\n- {src: a/b, dst: c/d, kafka: 'produce a b'}\n": ("no Kafka request", 2),
    "must_allow:\n- {src: a/b}\n": ("has no `dst`", 2),
    "must_allow:\n- {src: a/b, dst: c/d, port: 70000}\n": ("70000", 2),
    "must_allow:\n- {src: a/b, dst: c/d, proto: TPC}\n": ("`TPC` is no protocol", 2),
    "must_allow:\n- src: a/b\n  dst: c/d\n  prot: TCP\n": ("no field `prot`", 4),
    "must_allow: shop/web\n": ("`must_allow` is no list", 1),
    "must_alow: []\nmust_deny: []\n": ("no field `must_alow`", 1),
    "must_deny:\n- shop/web\n": ("`shop/web` is no demand", 2),
    "must_deny:\n- {src: a/b, dst: c/d, port: http}\n": ("name of a port", 2),
    "must_deny:\n- {src: a/b, dst: c/d, http: 'GET x'}\n": ("does not start with a slash", 2),
    "just words\n": ("no contract", 1),
    "must_deny: [\n": ("no YAML", 2),
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_quoted_with_its_line(text: str) -> None:
    message, line = WRONG[text]
    with pytest.raises(UnreadableInput) as caught:
        read_contract(text, name="c.yaml")
    assert message in caught.value.message
    assert str(caught.value.location) == f"c.yaml:{line}"
    assert caught.value.hint


def test_policies_in_the_same_folder_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "contract.yaml").write_text(contract_text(CONTRACT), encoding="utf-8")
    (tmp_path / "policy.yaml").write_text(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\n"
        "spec: {podSelector: {}}\n",
        encoding="utf-8",
    )
    (found,) = read_contracts([tmp_path])
    assert found.contract == CONTRACT
    (tmp_path / "contract.yaml").unlink()
    with pytest.raises(UnreadableInput, match="There is no contract in"):
        read_contracts([tmp_path])


def test_a_contract_beside_policies_is_no_fault_of_a_workspace() -> None:
    assert load_text(contract_text(CONTRACT), name="contract.yaml").problems == ()
