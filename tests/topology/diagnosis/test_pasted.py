"""Flows that are pasted as one line."""

import pytest

from topology.diagnosis.pasted import flow_in
from topology.flows.drop_reasons import NUMBERS, name_of, number_in_text

ENDS = "shop/web-0:41004 (ID:48213) -> shop/db-0:8086 (ID:30233) "


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (ENDS + "CT: Map insertion failed DROPPED (TCP Flags: SYN)", "CT_MAP_INSERTION_FAILED"),
        (ENDS + "Policy denied by denylist DROPPED (UDP)", "POLICY_DENY"),
        (ENDS + "policy-verdict:none INGRESS DENIED (TCP Flags: SYN)", "POLICY_DENIED"),
        (ENDS + "Something new DROPPED (TCP Flags: SYN)", "DROP_REASON_UNKNOWN"),
        ("xx drop (Stale or unroutable IP) flow 0x1c to endpoint 0, ifindex 2, file bpf.c:1, "
         ", identity 6->unknown: 10.10.0.9:40000 -> 10.2.4.7:80 tcp SYN",
         "STALE_OR_UNROUTABLE_IP"),
    ],
)  # fmt: skip
def test_the_reason_is_the_one_that_is_printed(line: str, reason: str) -> None:
    flow = flow_in(line)
    assert flow is not None
    assert (flow["verdict"], flow["drop_reason_desc"]) == ("DROPPED", reason)


def test_every_reason_is_found_by_its_name_in_words() -> None:
    for name in NUMBERS:
        assert name_of(number_in_text(name.replace("_", " ").lower())) == name
