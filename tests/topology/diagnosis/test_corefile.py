"""CoreDNS' configuration is executed: what becomes of a name, and what cannot be loaded."""

import pytest

from topology.diagnosis.corefile import ask, parse_corefile, upstreams

MAIN = """\
.:53 {
    errors  # all of them
    kubernetes cluster.local in-addr.arpa {
        pods insecure
    }
    REWRITES
    forward . /etc/resolv.conf
}
corp.example:53 { forward . 10.9.0.4 10.9.0.5:5353 }
"""
NAME = "db.shop.svc.cluster.local"


def outcome(rewrites: str, name: str) -> tuple[str, str]:
    blocks, _, wrong = parse_corefile(MAIN.replace("REWRITES", rewrites))
    assert not wrong
    found = ask(blocks, name)
    return found.kind, found.name


@pytest.mark.parametrize(
    ("rule", "kind", "name"),
    [
        ("", "cluster", NAME),
        ("rewrite name exact db.shop.svc.cluster.local x.example", "forward", "x.example"),
        ("rewrite name db.shop.svc.cluster.local. x.example.", "forward", "x.example"),
        ("rewrite name suffix .cluster.local .cluster.example", "forward",
         "db.shop.svc.cluster.example"),
        ("rewrite name prefix db. dc.", "cluster", "dc.shop.svc.cluster.local"),
        ("rewrite stop name substring shop store", "cluster", "db.store.svc.cluster.local"),
        ("rewrite name regex (.*)\\.shop\\.(.*) {1}.{2}", "cluster", "db.svc.cluster.local"),
        ("rewrite stop {\n name regex (db)\\..* {1}.example\n answer name a b\n}", "forward",
         "db.example"),
        ("rewrite name exact other.svc.cluster.local x.example", "cluster", NAME),
        ("rewrite type ANY HINFO", "cluster", NAME),
        ("rewrite continue name prefix db. dc.\nrewrite name prefix dc. dd.", "cluster",
         "dd.shop.svc.cluster.local"),
        ("rewrite name regex ( x", "cluster", NAME),
    ],
)  # fmt: skip
def test_rewrites_are_applied_as_coredns_does(rule: str, kind: str, name: str) -> None:
    assert outcome(rule, NAME) == (kind, name)


def test_the_longest_zone_answers() -> None:
    blocks, _, _ = parse_corefile(MAIN.replace("REWRITES", ""))
    found = ask(blocks, "git.corp.example")
    assert found.plugin is not None
    assert list(upstreams(found.plugin)) == [
        ("10.9.0.4", "10.9.0.4"), ("10.9.0.5:5353", "10.9.0.5"),
    ]  # fmt: skip
    assert ask(blocks, "api.github.com").kind == "forward"


def test_lines_outside_of_blocks_are_kept_for_the_default_block() -> None:
    blocks, loose, wrong = parse_corefile("log\nrewrite name a b\n", "x.override")
    assert (blocks, [one.name for one in loose], wrong) == ([], ["log", "rewrite"], "")


@pytest.mark.parametrize(
    ("text", "says"), [(".:53 {\n errors\n", "not closed"), ("}\n", "no block")]
)
def test_braces_that_do_not_match_are_said(text: str, says: str) -> None:
    assert says in parse_corefile(text)[2]


@pytest.mark.parametrize("text", ["", "{", "}", "{ }", "a { b { c", ". { forward }", "\x00 {"])
def test_any_text_is_read_without_falling_over(text: str) -> None:
    blocks, _, _ = parse_corefile(text)
    assert ask(blocks, NAME).name == NAME
