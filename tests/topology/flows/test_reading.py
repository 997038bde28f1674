import gzip
import io
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from evals.bench.flow_objects import envelope, make_flow
from topology.flows import Flow, FlowFiles, parse_observe
from topology.flows.connections import observed
from topology.flows.recognition import find_flow_files
from topology.model import Cluster

Write = Callable[..., Path]


def read(*paths: Path | str, **options: Any) -> tuple[list[Flow], Any]:
    reading = FlowFiles(paths, **options).read()
    return list(reading), reading.tally


def test_envelopes_and_bare_flows_are_read_alike(write: Write) -> None:
    flow = make_flow(uuid="a")
    wrapped, _ = read(write(flow))
    bare, _ = read(write(json.dumps(flow), name="bare.json"))
    assert wrapped == bare
    assert wrapped[0].source.name == "shop/web-5d8f7c9b6d-x2k4p"
    assert (wrapped[0].protocol, wrapped[0].destination_port) == ("TCP", 5432)


def test_lines_that_are_no_flows_are_counted_by_what_they_hold(write: Write) -> None:
    lost = '{"lost_events":{"source":"HUBBLE_RING_BUFFER","num_events_lost":"7"},"node_name":"n1"}'
    status = '{"node_status":{"state_change":"NODE_CONNECTED"},"node_name":"n1"}'
    flows, tally = read(write(lost, make_flow(), status, '{"novelty":{"a":1}}'))
    assert len(flows) == 1
    assert tally.others == {"lost_events": 1, "node_status": 1, "novelty": 1}
    assert (tally.lost, tally.malformed, tally.lines) == (7, 0, 4)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('{"flow":{"time":"2026-11-28T10:00:00Z","verd', "cut off"),
        ("level=warning msg=hubble", "not valid JSON"),
        ("[1, 2]", "no JSON object"),
        ("null", "no JSON object"),
        ('{"flow":{"time":"yesterday","verdict":"FORWARDED"}}', "`yesterday` is no time"),
        ('{"flow":{"verdict":"DROPPED","IP":"10.0.0.1"}}', "wrong form"),
        ('{"flow":{"verdict":"DROPPED","l4":{"TCP":{"destination_port":"x"}}}}', "wrong form"),
    ],
)
def test_a_malformed_line_is_told_with_file_and_line_and_costs_no_other(
    write: Write, line: str, why: str
) -> None:
    path = write(make_flow(uuid="a"), "", line, make_flow(uuid="b"))
    flows, tally = read(path)
    assert [flow.uuid for flow in flows] == ["a", "b"]
    assert tally.malformed == 1
    [problem] = tally.problems
    assert str(problem.location) == f"{path}:3"
    assert line.removeprefix('{"flow":')[:20] in problem.message
    assert why in problem.message


def test_the_same_flow_in_two_files_counts_once(write: Write) -> None:
    flow = make_flow(uuid="a")
    old = make_flow()
    first, second = write(flow, old), write(flow, old, make_flow(uuid="b"), name="b.jsonl")
    flows, tally = read(first, second)
    assert len(flows) == 3
    assert tally.duplicates == 2
    assert len(list(FlowFiles([first, second]).read(deduplicate=False))) == 5


def test_gzip_is_read_whatever_the_name(tmp_path: Path) -> None:
    path = tmp_path / "flows"
    path.write_bytes(gzip.compress((envelope(make_flow()) + "\n").encode()))
    flows, tally = read(path)
    assert len(flows) == 1
    assert not tally.problems


def test_of_truncated_gzip_what_stands_before_the_end_is_read(tmp_path: Path) -> None:
    path = tmp_path / "flows.jsonl.gz"
    lines = "".join(envelope(make_flow(uuid=f"{i:08d}-{i * 7919}")) + "\n" for i in range(5000))
    whole = gzip.compress(lines.encode())
    path.write_bytes(whole[: len(whole) // 2])
    flows, tally = read(path)
    assert 1000 < len(flows) < 5000
    assert [problem.code for problem in tally.problems] == ["flow-truncated"]
    assert flows == list(FlowFiles([path]).read())


def test_zstd_is_read_and_of_a_truncated_one_what_stands_before_the_end(tmp_path: Path) -> None:
    path = tmp_path / "flows.jsonl.zst"
    lines = "".join(envelope(make_flow(uuid=f"{i:08d}-{i * 7919}")) + "\n" for i in range(5000))
    whole = zstandard.ZstdCompressor().compress(lines.encode())
    path.write_bytes(whole)
    flows, tally = read(path)
    assert len(flows) == 5000
    assert not tally.problems
    assert find_flow_files([tmp_path]) == [str(path)]
    path.write_bytes(whole + whole)
    assert read(path)[1].duplicates == 5000
    path.write_bytes(whole[: len(whole) // 2])
    flows, tally = read(path)
    assert 1000 < len(flows) < 5000
    path.write_bytes(whole[:200] + b"damaged" + whole[207:])
    flows, tally = read(path)
    assert tally.problems
    assert len(flows) < 5000


def test_utf16_as_powershell_writes_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "flows.json"
    path.write_bytes("\r\n".join([envelope(make_flow(uuid="a"))] * 2).encode("utf-16"))
    flows, tally = read(path)
    assert (len(flows), tally.duplicates) == (1, 1)


def test_stdin_can_be_read_twice(write: Write) -> None:
    data = write(make_flow(uuid="a"), make_flow(uuid="b")).read_bytes()
    files = FlowFiles(["-"], stdin=io.TextIOWrapper(io.BytesIO(data)))
    assert [flow.uuid for flow in files.read()] == ["a", "b"]
    assert [flow.uuid for flow in files.read()] == ["a", "b"]


def test_a_missing_file_is_a_problem_and_the_others_are_read(write: Write, tmp_path: Path) -> None:
    flows, tally = read(tmp_path / "none.jsonl", write(make_flow()))
    assert len(flows) == 1
    assert [problem.code for problem in tally.problems] == ["flow-unreadable"]


def test_a_file_larger_than_a_pipe_is_read_as_it_comes(tmp_path: Path) -> None:
    """A reader that kept the lines would not give the first before the writer is done."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    received = threading.Event()
    line = (envelope(make_flow()) + "\n").encode()

    def feed() -> None:
        with pipe.open("wb", buffering=0) as stream:
            for _ in range(1000):
                stream.write(line)
            received.wait(10)

    writer = threading.Thread(target=feed)
    writer.start()
    reading = iter(FlowFiles([pipe]).read(deduplicate=False))
    next(reading)
    received.set()
    assert sum(1 for _ in reading) == 999
    writer.join()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"drop_reason": 133}, 133),
        ({"drop_reason_desc": "POLICY_DENIED"}, 133),
        ({"drop_reason": 158, "drop_reason_desc": "SERVICE_BACKEND_NOT_FOUND"}, 158),
        ({"drop_reason": 250}, 250),
        ({}, 0),
    ],
)
def test_drop_reasons_of_every_version_are_read(
    write: Write, fields: dict[str, Any], expected: int
) -> None:
    [flow], _ = read(write(make_flow(verdict="DROPPED", **fields)))
    assert flow.drop_reason == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"is_reply": True}, True),
        ({"is_reply": False}, False),
        ({"is_reply": None}, None),
        ({"is_reply": None, "reply": True}, True),
        ({"is_reply": None, "flags": ["SYN"]}, False),
        ({"is_reply": None, "flags": ["SYN", "ACK"]}, True),
        ({"is_reply": None, "flags": ["ACK", "PSH"]}, None),
        ({"is_reply": None, "l7": {"type": "RESPONSE", "http": {}}}, True),
    ],
)
def test_whether_a_flow_is_a_reply_is_unknown_unless_something_tells(
    write: Write, fields: dict[str, Any], expected: bool | None
) -> None:
    [flow], _ = read(write(make_flow(**fields)))
    assert flow.is_reply is expected


def test_fields_of_recent_versions_are_read(write: Write) -> None:
    policies = [{"name": "deny-db", "namespace": "shop", "kind": "CiliumNetworkPolicy"}]
    flow = make_flow(
        ingress_denied_by=policies,
        aggregate={"ingress_flow_count": 3, "egress_flow_count": 2},
        l7={"type": "RESPONSE", "latency_ns": "1500000",
            "dns": {"query": "API.Example.com.", "rcode": 3, "ips": []}},
    )  # fmt: skip
    [found], _ = read(write(flow))
    assert found.policies[0].key == "CiliumNetworkPolicy/shop/deny-db"
    assert not found.policies[0].allows
    assert found.stands_for == 5
    assert found.latency == 1_500_000
    assert found.dns
    assert (found.dns.query, found.dns.rcode) == ("api.example.com", 3)


def test_a_filter_on_a_field_of_a_wrong_form_counts_the_line_as_malformed(write: Write) -> None:
    path = write(make_flow(verdict=["FORWARDED"]), make_flow(uuid="b"))
    reading = FlowFiles([path]).read(parse_observe(["--verdict", "FORWARDED"]))
    assert [flow.uuid for flow in reading] == ["b"]
    assert reading.tally.malformed == 1


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 2**40) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["flow", "time", "verdict", "IP", "source", "labels", "l4", "TCP", "flags", "l7", "dns",
         "http", "event_type", "type", "destination_names", "egress_denied_by", "aggregate"]
    ), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(values=st.lists(_json, max_size=5))
def test_whatever_the_lines_hold_each_is_a_flow_or_counted(values: list[Any]) -> None:
    data = "".join(json.dumps(value) + "\n" for value in values).encode()
    reading = FlowFiles(["-"], stdin=io.TextIOWrapper(io.BytesIO(data))).read()
    flows = list(reading)
    tally = reading.tally
    assert tally.lines == len(values)
    set_aside = tally.malformed + tally.others.total() + tally.duplicates
    assert len(flows) + set_aside == len(values)
    assert tally.flows == len(flows)
    assert observed(flows, Cluster()).flows == sum(flow.stands_for for flow in flows)
