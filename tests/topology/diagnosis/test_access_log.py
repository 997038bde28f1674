"""Lines of Envoy's access log: whose call it was, and what its flags tell."""

import pytest

from topology.diagnosis.access_log import told_by_access_log

OUT = (
    '[2026-11-28T10:00:40Z] "POST /write HTTP/1.1" 503 UF upstream_reset{x} - "delayed:_111" 0 145 '
    '2 - "-" "curl/8" "-" "db.lab:80" "10.2.0.8:9999" outbound|80||db.lab.svc.cluster.local '
    "10.2.0.7:41000 10.0.0.9:80 10.2.0.7:41998 - default"
)
IN = (
    '[2026-11-28T10:00:40Z] "GET /a HTTP/2" 403 - rbac_access_denied_matched_policy[none] - "-" 0 '
    '19 0 - "-" "curl/8" "-" "db.lab:80" "-" inbound|8086|| - 10.2.0.8:8086 10.2.0.7:41000 '
    "outbound_.80_._.db.lab.svc.cluster.local -"
)


@pytest.mark.parametrize(
    ("line", "ends", "words"),
    [
        (OUT, "10.2.0.7 -> db.lab.svc.cluster.local:80", "connection refused"),
        (IN, "10.2.0.7 -> 10.2.0.8:8086", "access denied"),
        ('"GET / HTTP/1.1" 503 NR route_not_found - "-" 0 0 0 - "x.lab:80"', "call to x.lab:80",
         "no route"),
    ],
)  # fmt: skip
def test_the_ends_and_the_flags_are_told(line: str, ends: str, words: str) -> None:
    told = told_by_access_log(line)
    assert told.startswith(ends)
    assert words in told


@pytest.mark.parametrize("text", ["", "GET /a HTTP/1.1", "payments gives 503 UH", '"GET" 503'])
def test_other_texts_are_none(text: str) -> None:
    assert told_by_access_log(text) == ""
