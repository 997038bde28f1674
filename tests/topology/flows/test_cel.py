from typing import Any

import pytest

from evals.bench.flow_objects import make_end, make_flow
from topology.errors import InvalidQuery
from topology.flows import parse_observe
from topology.flows.cel import compile_cel

FLOW = make_flow(
    make_end("shop/web-1", "k8s:app=web", "k8s:tier=front", identity=5),
    l7={"type": "RESPONSE", "latency_ns": "2000000", "http": {"code": 503, "url": "/a"}},
    Type="L7",
)


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("_flow.verdict == Verdict.FORWARDED", True),
        ("_flow.verdict==flow.Verdict.DROPPED", False),
        ("_flow.verdict == 1", True),
        ("_flow.verdict in [Verdict.DROPPED, Verdict.FORWARDED]", True),
        ("_flow.source.namespace == 'shop' && _flow.l4.TCP.destination_port == 5432", True),
        ("_flow.source.pod_name.startsWith('web') || false", True),
        ("!(_flow.l7.http.code >= 500)", False),
        ("_flow.l7.http.code / 100 == 5 ? true : false", True),
        ("_flow.l7.latency_ns > 1000000", True),
        ("_flow.source.labels.exists(one, one == 'k8s:app=web')", True),
        ("_flow.source.labels.all(one, one.contains('app'))", False),
        ("_flow.source.labels.exists_one(one, one.contains('app'))", True),
        ("_flow.source.labels.exists_one(one, one.contains('k8s'))", False),
        ("_flow.source.labels.filter(one, one.contains('app')).size() == 1", True),
        ("'k8s:app=web!' in _flow.source.labels.map(one, one + '!')", True),
        ("_flow.source.labels.map(one, one.contains('app'), size(one)) == [11]", True),
        ("_flow.source_names.map(one, one) == []", True),
        ("'k8s:tier=front' in _flow.source.labels", True),
        ("size(_flow.source.labels) == 2 && _flow.source.labels.size() == 2", True),
        ('_flow.source.labels[0] == "k8s:app=web"', True),
        ("_flow.l7.http.url.matches('^/[a-z]$')", True),
        ("has(_flow.l7.dns) || has(_flow.l7.http)", True),
        # What is absent is zero.
        ("_flow.destination_service.name == ''", True),
        ("_flow.l7.dns.rcode == 0 && _flow.proxy_port < 1", True),
        ("_flow.drop_reason_desc == DropReason.POLICY_DENIED", False),
        ("_flow.source_names.exists(one, true)", False),
        ("_flow.Type == FlowType.L7 && _flow.l7.type == L7FlowType.RESPONSE", True),
        # What cannot be evaluated matches nothing.
        ("_flow.source.namespace > 3", False),
        ("1 / 0 == 1", False),
        ("'text'", False),
    ],
)
def test_an_expression_decides_on_a_flow(text: str, matches: bool) -> None:
    assert compile_cel(text)(FLOW) is matches


@pytest.mark.parametrize(
    "text",
    ["", "_flow.", "_flow.verdikt == 1", "Verdict.LOST == 1", "flow == 1", "_flow.uuid.eval('x')",
     "(" * 200, "1 ==", "_flow.verdict = 1", "__import__('os')", "a.exists(a, a)"],
)  # fmt: skip
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(InvalidQuery, match="CEL"):
        compile_cel(text)


def test_expressions_stand_on_the_command_line() -> None:
    query = parse_observe(["--not", "--cel-expression", "_flow.verdict == Verdict.FORWARDED"])
    assert not query.matches(FLOW, 0)
    other: dict[str, Any] = {"verdict": "DROPPED"}
    assert query.matches(other, 0)
