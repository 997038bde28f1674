from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.bench.flow_objects import make_end, make_flow
from topology.errors import InvalidQuery
from topology.flows import FlowFiles, parse_observe

NOW = datetime(2026, 11, 28, 10, 1, 0, tzinfo=UTC)


def chosen(flows: list[dict[str, Any]], *words: str) -> list[int]:
    """Return the positions of the flows that a command line selects."""
    query = parse_observe(words, now=lambda: NOW)
    return [i for i, flow in enumerate(flows) if query.matches(flow, 0)]


def test_repeating_a_flag_means_or_and_different_flags_mean_and() -> None:
    flows = [make_flow(ports=(1, port)) for port in (53, 80, 443)]
    assert chosen(flows, "--to-port", "53", "--to-port", "80") == [0, 1]
    assert chosen(flows, "--to-port", "53", "--from-port", "2") == []


def test_a_flag_without_direction_means_either_end() -> None:
    flows = [make_flow(), make_flow("a/b", "c/d"), make_flow("c/d", "shop/web-1")]
    assert chosen(flows, "--pod", "shop/web") == [0, 2]
    assert chosen(flows, "--from-pod", "shop/web") == [0]
    assert chosen(flows, "-n", "shop") == [0, 2]


def test_names_are_beginnings_and_default_to_the_namespace_default() -> None:
    flows = [make_flow("default/web-1"), make_flow("other/web-1")]
    assert chosen(flows, "--from-pod", "we") == [0]
    assert chosen(flows, "--from-pod", "other/") == [1]
    assert chosen(flows, "--from-namespace", "other", "--from-pod", "web") == [1]


def test_several_nots_deny_only_what_meets_all_of_them() -> None:
    flows = [make_flow(ports=(1, 53)), make_flow(ports=(1, 80)), make_flow("x/y", ports=(1, 53))]
    words = ("--not", "--to-port", "53", "--not", "--from-namespace", "shop")
    assert chosen(flows, *words) == [1, 2]
    assert chosen(flows, "--not", "--to-port", "53") == [1]


def test_an_end_that_is_a_pod_of_any_namespace_is_found() -> None:
    flows = [
        make_flow(make_end("", "reserved:world"), "a/b"),
        make_flow(make_end(""), make_end("")),
    ]
    assert chosen(flows, "-A") == [0]


@pytest.mark.parametrize(
    ("selector", "labels", "matches"),
    [
        ("app=web", ["k8s:app=web"], True),
        ("app=web", ["k8s:app=web2"], False),
        ("app=web,tier=front", ["k8s:app=web"], False),
        ("app in (web, db), tier notin (x)", ["k8s:app=db"], True),
        ("k8s:app", ["container:app=web"], False),
        ("any:app", ["container:app=web"], True),
        ("!app", ["k8s:tier=a"], True),
        ("app!=web", ["k8s:tier=a"], True),
        ("reserved:world", ["reserved:world"], True),
        ("k8s:io.kubernetes.pod.namespace=shop", ["k8s:io.kubernetes.pod.namespace=shop"], True),
        ("weight>3", ["k8s:weight=4"], True),
        ("weight<3", ["k8s:weight=4"], False),
        ("", ["k8s:app=web"], True),
    ],
)
def test_label_selectors_are_those_of_kubernetes_with_sources_of_cilium(
    selector: str, labels: list[str], matches: bool
) -> None:
    flow = make_flow(make_end("shop/web-1", *labels))
    assert bool(chosen([flow], "--from-label", selector)) is matches


@pytest.mark.parametrize(
    ("url", "path", "matches"),
    [
        ("http://web:80/a/b?x=/c", "^/a/b$", True),
        ("/a%20b", "^/a b$", True),
        ("http://web", "^$", True),
        ("web/a", "a", False),
        ("/a%zz", "a", False),
        ("*", r"\*", True),
        ("http://web/x9", "[[:digit:]]", True),
    ],
)
def test_the_path_is_that_of_the_url_as_go_reads_it(url: str, path: str, matches: bool) -> None:
    flow = make_flow(l7={"type": "REQUEST", "http": {"url": url}})
    assert bool(chosen([flow], "--http-path", path)) is matches


def test_status_codes_match_whole_or_by_their_beginning() -> None:
    flows = [make_flow(l7={"http": {"code": code}}) for code in (200, 404, 500, 503)]
    assert chosen(flows, "--http-status", "5+") == [2, 3]
    assert chosen(flows, "--http-status", "40+", "--http-status", "200") == [0, 1]


def test_a_reply_is_asked_for_only_in_raw_filters() -> None:
    flows = [make_flow(is_reply=True), make_flow(is_reply=None),
             make_flow(is_reply=None, verdict="DROPPED"), make_flow()]  # fmt: skip
    assert chosen(flows, "--allowlist", '{"reply":[true]}') == [0]
    assert chosen(flows, "--allowlist", '{"reply":[false]}') == [2, 3]
    assert chosen(flows, "--allowlist", '{"reply":[true]}{"verdict":["DROPPED"]}') == [0, 2]
    assert chosen(flows, "--denylist", '{"verdict":[2]}') == [0, 1, 3]


@pytest.mark.parametrize(
    "words",
    [
        ["--verdict", "dropped"],
        ["--to-port", "http"],
        ["--to-port", "65536"],
        ["--protocol", "quic"],
        ["--http-status", "6+"],
        ["--http-status", "404", "--type", "trace"],
        ["--from-ip", "10.0.0"],
        ["--not"],
        ["--not", "--not", "--to-port", "1"],
        ["--label", "a,,b"],
        ["--from-label", "any:k8s:bla"],
        ["--from-pod", "a/b", "--namespace", "a"],
        ["--namespace", "a", "--pod", "b/c"],
        ["--pod", "a/b", "--from-pod", "c/d"],
        ["--tcp-flags", "SYN,BOGUS"],
        ["--identity", "nobody"],
        ["--fqdn", ""],
        ["--type", "trace:nowhere"],
        ["--http-path", "(?=x)"],
        ["--http-path", "("],
        ["--last", "x"],
        ["--first", "1", "--last", "1"],
        ["--since", "some day"],
        ["--allowlist", '{"sourcepod":["x"]}'],
        ["--allowlist", "{"],
        ["--to-pod"],
        ["--nonsense"],
        ["stray"],
    ],
)
def test_what_hubble_refuses_is_refused_with_what_to_write(words: list[str]) -> None:
    with pytest.raises(InvalidQuery) as caught:
        parse_observe(words)
    assert "`" in caught.value.message
    assert caught.value.hint


def test_times_may_be_absolute_or_how_long_ago(tmp_path: Path, write: Callable[..., Path]) -> None:
    path = write(*(make_flow(uuid=str(i), second=i) for i in (1, 20, 40)))
    files = FlowFiles([path])

    def uuids(*words: str) -> list[str]:
        return [flow.uuid for flow in files.read(parse_observe(words, now=lambda: NOW))]

    assert uuids("--since", "40s") == ["20", "40"]
    assert uuids("--since", "2026-11-28T10:00:20Z", "--until", "2026-11-28T12:00:20+02:00") == [
        "20"
    ]
    assert uuids("--until", "2026-11-28") == []
    assert uuids("--last", "2") == ["20", "40"]
    assert uuids("--first=1") == ["1"]


_WORDS = st.sampled_from(
    [("--verdict", "FORWARDED"), ("--to-port", "53"), ("--namespace", "shop"), ("--ipv4",),
     ("--protocol", "tcp"), ("--label", "app"), ("--type", "trace"), ("--tcp-flags", "SYN")]
)  # fmt: skip
_FLOWS = st.builds(
    make_flow,
    st.sampled_from(["shop/web-1", "x/y"]),
    st.sampled_from(["shop/db-1", "x/y"]),
    ports=st.tuples(st.just(1), st.sampled_from([53, 80])),
    protocol=st.sampled_from(["TCP", "UDP"]),
    verdict=st.sampled_from(["FORWARDED", "DROPPED"]),
    flags=st.sampled_from([["SYN"], ["ACK"]]),
)


@given(flow=_FLOWS, words=_WORDS)
def test_a_filter_and_its_negation_part_all_flows(
    flow: dict[str, Any], words: tuple[str, ...]
) -> None:
    assert bool(chosen([flow], *words)) is not bool(chosen([flow], "--not", *words))


@given(flow=_FLOWS, one=_WORDS, other=_WORDS)
def test_the_order_of_different_flags_does_not_matter(
    flow: dict[str, Any], one: tuple[str, ...], other: tuple[str, ...]
) -> None:
    assert chosen([flow], *one, *other) == chosen([flow], *other, *one)
