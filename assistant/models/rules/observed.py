"""Questions about what was observed: drops, DNS, who talks to whom, load, single connections.

They are about flows, not about what policies allow: "what was dropped" and not "is it denied".
Without flows in the workspace they are declined with what to add.
"""

import re
import shlex
from dataclasses import replace

from assistant.models.rules.frame import Frame, Ref
from assistant.models.rules.reading import Reading
from assistant.models.rules.scope import measures

__all__ = ["read_observed", "without_flows"]

TOOLS = ("explain_flows", "flow_dns", "flow_drops", "flow_imbalance", "flow_top")
_ASKED = (
    r"(?:what|which|who|whom|whose|where|how (?:many|much)|list|show|explain|summari[sz]e|find|"
    r"count|any|are there|is there|were there|give me|tell me)"
)
_POLITE = re.compile(r"\b(?:can|could|would|will)\s+(?:you|we|i)\b", re.I)
_SUPPOSED = re.compile(
    r"\b(?:would|could|should|can|may|might|must|will|cannot|if|allowed|supposed|denied)\b|"
    r"\bhow (?:do|does|to|should)\b|\bwhat (?:does|is|are) (?:an? |the )?(?:\w+ )?(?:hubble|drop "
    r"reasons?|flow logs?)\b|\bmeans?\b",
    re.I,
)
_NAMES = (
    r"(?:dns|names?|hostnames?|domains?|lookups?|look-ups?|(?:dns )?quer(?:y|ies)|resolutions?)"
)
_DNS = re.compile(
    rf"\bnxdomains?\b|\bservfails?\b|"
    rf"\b{_ASKED}\b.*\b{_NAMES}\b.*\b(?:fail\w*|errors?|time[ds]? ?out|timeouts?|slow\w*|wrong|"
    rf"unresolved|not (?:found|resolve\w*)|dropped|drops)\b|"
    rf"\b{_ASKED}\b.*\b(?:fail(?:ed|ing|ures?)?|errors?|slow)\b.*\b{_NAMES}\b|"
    rf"\b{_ASKED}\b.*\b{_NAMES}\b.*\b(?:looks? up|looked up|asks?|asked|queried|quer(?:y|ies) for|"
    rf"resolved|requested|makes?|made)\b|\bdns (?:storm|failures?|errors?|statistics|stats)\b",
    re.I,
)
_BALANCE = re.compile(
    r"\b(?:imbalance[ds]?|load[- ]imbalance|unbalanced|unevenly|hot[- ]?(?:pods?|spots?|replicas?)|"
    r"skewed|overloaded (?:pod|replica)s?)\b|"
    r"\b(?:traffic|load|requests?|connections?|pods?|replicas?)\b.*\b(?:balanced|evenly|even|"
    r"equally|fairly)\b|\b(?:balanced|evenly|equally)\b.*\b(?:traffic|load|requests?|connections?|"
    r"pods?|replicas?|spread|distributed|used)\b|"
    r"\b(?:one|single|same) (?:pod|replica)\b.*\b(?:all|most)\b.*\b(?:traffic|load|requests?)\b",
    re.I,
)
_DROPS = re.compile(
    rf"\bdrops\b(?!\s+(?:@|the\s+@))|\bpacket (?:drops?|loss)\b|"
    rf"\b(?:{_ASKED}|why)\b.*\b(?:dropped|dropping|drop)\b|"
    rf"\b(?:was|were|been|got|being|get(?:s|ting)?)\s+dropped\b|"
    rf"\bdropped\s+(?:flows?|packets?|traffic|connections?|requests?)\b",
    re.I,
)
_TOP = re.compile(
    rf"\btop\s+(?:talkers?|\d+|clients?|connections?|flows?|edges?|sources?|destinations?)\b|"
    rf"\b(?:busiest|chattiest|noisiest)\b|"
    rf"\b{_ASKED}\b.*\b(?:talk\w*|sends?|sent|receives?|gets?|calls?|called|generat\w+|makes?|"
    rf"traffic|requests?|connections?|has|have)\b.*\b(?:the )?most\b|\bmost (?:traffic|requests|"
    rf"connections|flows|packets|bytes)\b|"
    rf"\b{_ASKED}\b.*\b(?:http errors?|[45]xx|[45]\d\ds|error rates?|latenc(?:y|ies)|resets?|"
    rf"retransmi\w+|unanswered)\b|\b{_ASKED}\b.*\b(?:new|recent)\s+connections?\b|"
    rf"\bhow (?:many|much)\s+(?:flows?|packets?|requests?|traffic|connections?)\b",
    re.I,
)
_SEEN = re.compile(
    rf"\b{_ASKED}\b.*\b(?:flows?|observed|seen|recorded|actually)\b|"
    r"\b(?:observed|recorded|actual|live)\s+(?:flows?|packets?|traffic|connections?)\b|"
    r"\bwho (?:called|talked to|connected to|contacted|hit)\b",
    re.I,
)
_DID = re.compile(
    r"^(?:(?:and|so|but|ok)[\s,]+)*(?:did|has|have)\b(?!.*\b(?:access|permissions?|rights?|allowed|"
    r"able|a way|lost|lose)\b).*\b(?:talk|connect|call|contact|send|sent|speak|spoken|hit|quer|"
    r"reach|communicat|request|opened?)\w*\b",
    re.I,
)
"""What was done is seen in flows; what may be done is computed from policies."""
_ORDER = (
    (_DNS, "flow_dns"),
    (_BALANCE, "flow_imbalance"),
    (_DROPS, "flow_drops"),
    (_TOP, "flow_top"),
    (_SEEN, "explain_flows"),
    (_DID, "explain_flows"),
)
_OPTIONS = {
    "address": "ip",
    "dns": "fqdn",
    "namespace": "namespace",
    "pod": "pod",
    "service": "service",
    "workload": "pod",
}
"""By kind of what is named: the option of `hubble observe`; pods are found by their beginning."""


def read_observed(reading: Reading) -> Frame | None:
    """Return the tool about flows that answers a question; None for one about policies.

    Two ends of a connection are asked of the policies unless something is counted, or was seen.
    """
    text = reading.text
    if _SUPPOSED.search(_POLITE.sub("", text)):
        return None
    found = next((tool for pattern, tool in _ORDER if pattern.search(text)), None)
    if found is None or any(ref.kind in ("policy", "node", "unknown") for ref in reading.refs):
        return None
    roles = reading.roles
    is_path = bool(roles and roles.sources and roles.destinations and roles.sure)
    if is_path and not (
        measures(text)
        or _DID.match(text)
        or re.search(r"\b(?:was|were|been|observed|seen)\b", text)
    ):
        return None
    arguments: dict[str, object] = {}
    if words := _filters(reading, found):
        arguments["filters"] = shlex.join(words)
    return Frame(intent="check", kind=found, arguments=arguments)


def without_flows(frame: Frame) -> Frame:
    """Return a question about flows as one that cannot be answered, as there are none."""
    if frame.intent == "check" and frame.kind in TOOLS and frame.text:
        return Frame(intent="ask", text=frame.text)
    if frame.intent == "check" and frame.kind in TOOLS:
        return replace(frame, intent="decline", kind="flows", arguments={})
    return frame


def _filters(reading: Reading, tool: str) -> list[str]:
    """Return the options that leave the flows of what is named."""
    roles = reading.roles
    words: list[str] = []
    for ref in reading.refs:
        option = _OPTIONS.get(ref.kind)
        if option is None or (tool == "flow_dns" and ref.kind in ("dns", "service")):
            continue
        if tool == "flow_imbalance":
            side = "to-"
        elif tool == "flow_dns" or roles is None or not _is_one_way(reading, ref):
            side = ""
        else:
            side = "from-" if ref in roles.sources else "to-"
        words += [f"--{side}{option}", _name(ref)]
    return words


def _is_one_way(reading: Reading, ref: Ref) -> bool:
    """Return whether a word says on which side of the connection an end is."""
    roles = reading.roles
    if roles is None or not roles.sure:
        return False
    return (ref in roles.sources) != (ref in roles.destinations)


def _name(ref: Ref) -> str:
    return ref.name.removeprefix("service:")
