"""The router: from a reading to what is asked."""

import re
from dataclasses import replace

from assistant.models.rules.absent import ask_ends, ask_namespace, read_absent, read_symptom
from assistant.models.rules.comparison import read_comparison
from assistant.models.rules.defence import read_defence
from assistant.models.rules.design import PLANNING, read_design
from assistant.models.rules.design_names import named_apart
from assistant.models.rules.design_slots import node_counts
from assistant.models.rules.exposure import read_direction, read_exposure, read_public
from assistant.models.rules.frame import Frame, Ref
from assistant.models.rules.inventory import read_inventory, read_policies, read_review
from assistant.models.rules.lexicon import BACKWARD, FORWARD
from assistant.models.rules.observed import read_observed
from assistant.models.rules.reading import Reading
from assistant.models.rules.roles import Roles, is_turned_by_unknown
from assistant.models.rules.scope import Outside, find_outside, measures
from assistant.models.rules.slots import PortText
from assistant.models.rules.talk import read_talk
from assistant.models.rules.tasks import as_mend, read_task, wants_opening
from assistant.models.rules.topics import read_topic

__all__ = ["route", "wants_reason"]

_NEGATED = re.compile(
    r"\b(?:not|never|unable|no longer|neither|nor|nothing|nobody|none|no one|cannot)\b|"
    r"\bno\s+(?:access|connectivity|connections?|way|path|route|traffic)\b|"
    r"\b(?:blocked|denied|unreachable|inaccessible|prevented|kept|shielded|protected|"
    r"isolated|(?:cut|shut|walled|fenced|sealed|split)\s+off|separated|"
    r"disconnected|severed|segregated|segmented|closed|off-?limits)\b",
    re.I,
)
_REASON = re.compile(
    r"\bwhy\b|\bhow come\b|\bwhat (?:is |are |was )?(?:currently )?(?:block|stop|prevent|"
    r"den(?:y|ies)|caus|keep|hinder|in the way|wrong|"
    r"let|allow|permit)\w*|\b(?:which|what)\s+(?:\w+\s+)?(?:polic(?:y|ies)|rules?|netpol|"
    r"object|thing)\b|\breasons?\b|\bexplain\b|"
    r"\bcauses?\b|\bresponsible\b|\bwho (?:is )?(?:block|stop|prevent|den(?:y|ies))\w*|"
    r"\bbecause of\b|\bhow is it that\b|\bwhat gives\b",
    re.I,
)
_CHANGES = re.compile(
    r"\bhow (?:do|can|could|would|should|must) (?:i|we|one) (?:allow|permit|let|enable|open|"
    r"block|deny|forbid|"
    r"prevent|stop|restrict|fix|make|get)\b|\bhow to (?:allow|permit|let|enable|open|block|"
    r"deny|fix)\b|"
    r"\bwhat\b.{0,30}\b(?:have to|need to|must|should|can) (?:i |we |be )?(?:change|add|do|"
    r"fix)\w*\b|"
    r"\b(?:need|have) to (?:change|add|edit|fix)\b",
    re.I,
)
_HOW_TO_CHANGE = (
    "This is what holds now. Say `allow A to reach B` or `block A from B` for the policy that "
    "would change it."
)
_ENDPOINTS = ("workload", "service", "pod")
_ENDS = (*_ENDPOINTS, "namespace", "address", "dns", "entity", "unknown", "any")


def wants_reason(text: str) -> bool:
    """Return whether the reason is asked for rather than the verdict."""
    return bool(_REASON.search(text))


def route(reading: Reading) -> Frame | None:
    """Return what is asked; None when nothing fits, an `ask` frame when two readings do."""
    # A design is about no workload here: what names one asks about the workload.
    design = None if _names_workload(reading) else _read_own_design(reading)
    if frame := read_talk(reading) or read_task(reading) or _computes_only(design):
        return frame
    ends = reading.named(*_ENDPOINTS, "address", "dns", "entity", "unknown", "policy")
    outside = find_outside(reading.text, reading.shape, named=bool(ends))
    if design and outside not in ("write", "change"):
        return design
    if frame := _route_aside(reading, outside) or _route_ends(reading):
        return frame
    if frame := read_inventory(reading) or read_design(reading.text):
        return frame
    if frame := read_exposure(reading):
        return _finish(frame, reading)
    # What names things of this workspace is about it: no article can answer that.
    named = named_apart(reading, *_ENDPOINTS, "namespace")
    if not named and (frame := read_topic(reading.text)):
        return frame
    return _route_unclear(reading)


def _route_aside(reading: Reading, outside: Outside) -> Frame | None:
    """Return what is asked that no policy between two ends decides, or why it is not answered."""
    if frame := read_absent(reading):
        return frame
    if outside in ("write", "change"):
        return Frame(intent="decline", kind=outside)
    if frame := read_observed(reading) or read_defence(reading) or read_review(reading):
        return frame
    if outside in ("", "flows") and (frame := ask_namespace(reading) or read_symptom(reading)):
        return frame
    return _route_outside(reading, outside)


def _names_workload(reading: Reading) -> bool:
    """Return whether a question is about a workload rather than about a design.

    A cluster may well run something called `orders` or `bastion`; in "what is the order of a
    migration from kubenet" it is not meant. Both ends of a connection, or a full name, are.
    """
    named = named_apart(reading, *_ENDPOINTS)
    if not named:
        return False
    if _is_whole(_ends_only(reading.roles)) or any("/" in ref.text for ref in named):
        return True
    design = read_design(reading.text)
    return not (design and (design.kind in PLANNING or node_counts(reading.text)))


def _read_own_design(reading: Reading) -> Frame | None:
    """Return a design, unless two addresses are asked about as the ends of a connection."""
    design = read_design(reading.text)
    if design and design.kind == "check_ranges" and not design.negated:
        connects = re.search(r"\b(?:reach|talk|connect|access|call)\w*\b", reading.text, re.I)
        if connects and _is_whole(reading.roles):
            return None
    return design


def _computes_only(design: Frame | None) -> Frame | None:
    """Return a design whose verb ("migrate", "lay out") asks for a plan, not for a change."""
    return design if design and design.kind in PLANNING else None


def _route_ends(reading: Reading) -> Frame | None:
    """Return the first reading that fits of a question about what is named."""
    for step in (
        read_comparison,
        read_policies,
        _route_named_policy,
        _route_dns,
        read_public,
        read_direction,
        _route_paths,
    ):
        if frame := step(reading):
            return _finish(frame, reading)
    return None


def _route_outside(reading: Reading, outside: Outside) -> Frame | None:
    """Decline what lies outside; ask again for what cannot be asked, such as port 70000."""
    if outside == "flows" and _is_whole(reading.roles) and not measures(reading.text):
        outside = ""
    if reading.named("policy") and re.search(r"\b(?:without|if)\b", reading.shape):
        outside = "hypothesis"
    if outside == "hypothesis" and not reading.refs:
        return read_topic(reading.text) or Frame(intent="decline", kind=outside)
    if outside:
        return Frame(intent="decline", kind=outside)
    if reading.slots.faults:
        return Frame(intent="ask", text=" ".join(reading.slots.faults))
    return None


def _is_whole(roles: Roles | None) -> bool:
    return bool(roles and roles.sources and roles.destinations and roles.sure)


def _route_named_policy(reading: Reading) -> Frame | None:
    """Read "what does policy X do"; a policy named beside two ends is about the ends."""
    if reading.named("policy") and not _is_whole(_ends_only(reading.roles)):
        return read_inventory(reading)
    return None


def _ends_only(roles: Roles | None) -> Roles | None:
    if not roles:
        return None
    allowed = all(ref.kind in _ENDS for ref in (*roles.sources, *roles.destinations))
    return roles if allowed else None


def _route_dns(reading: Reading) -> Frame | None:
    """Read "can web resolve names" and "is DNS blocked for web" as a request to kube-dns."""
    asks = re.search(
        r"\b(?:resolve|look ?up|lookups?|resolution)\b|\b(?:use|do|reach|query|access|with|"
        r"for|has|have|get)\s+(?:the\s+)?(?:cluster\s+)?dns\b|"
        r"\bdns\s+(?:answers?|repl(?:y|ies)|responses?|queries|lookups?|resolution|traffic|requests?|blocked|broken|fail\w*|"
        r"working|work)\b",
        reading.text,
        re.I,
    )
    # kube-dns itself may have been named by the word "dns"; what is left are the askers.
    ends = tuple(
        ref
        for ref in reading.named(*_ENDPOINTS, "namespace", "unknown")
        if not _is_dns(ref) and not re.search(r"\.\w", ref.text)
    )
    names = reading.named("dns")
    if not asks or len(ends) != 1 or names:
        return None
    if (
        re.search(r"\b(?:reached|reachable|from)\b", reading.shape)
        and reading.roles
        and reading.roles.destinations == ends
    ):
        return None
    servers = tuple(ref for ref in reading.refs if _is_dns(ref))
    target = servers[:1] or (Ref(text="kube-dns", kind="cluster-dns"),)
    return Frame(
        intent="reach",
        sources=ends,
        destinations=target,
        ports=(PortText(number=53, protocol="UDP"),),
    )


def _is_dns(ref: Ref) -> bool:
    return bool(ref.names) and all(re.search(r"(?:kube-|core)dns$", name) for name in ref.names)


def _route_paths(reading: Reading) -> Frame | None:
    """Read who reaches whom from the roles."""
    roles = reading.roles
    if not roles:
        return None
    groups = len(reading.sentence.groups)
    sources, destinations = roles.sources, roles.destinations
    if any(ref.kind in ("policy", "node") for ref in (*sources, *destinations)):
        return None
    if groups > 2 and _is_whole(roles):
        rest = [ref for group in reading.sentence.groups[2:] for ref in group]
        if any(ref.kind not in ("any", "namespace", "policy") for ref in rest):
            text = (
                "More than two ends are named; ask for one connection at a time, such as "
                "`can A reach B?`."
            )
            return Frame(intent="ask", text=text)
    wild_source = any(ref.kind == "any" for ref in sources)
    wild_destination = any(ref.kind == "any" for ref in destinations)
    if wild_source and wild_destination:
        return None
    if wild_source and destinations:
        return Frame(intent="who_can", destinations=destinations)
    if wild_destination and sources:
        return Frame(intent="what_can", sources=sources)
    if sources and destinations:
        # The mere order of two names has misled too often: then it is asked which way.
        return _route_pair(reading, roles) if roles.sure else None
    return _route_single(reading, roles)


def _route_pair(reading: Reading, roles: Roles) -> Frame | None:
    if not roles.both_ways and (frame := _read_only(reading, roles)):
        return frame
    frame = Frame(
        intent="reach",
        sources=roles.sources,
        destinations=roles.destinations,
        both_ways=roles.both_ways,
    )
    if not roles.both_ways and is_turned_by_unknown(reading.sentence, roles):
        # Both ways are computed, and it is asked which is meant where they differ.
        other = replace(frame, sources=frame.destinations, destinations=frame.sources)
        return replace(frame, alternative=other)
    return frame


def _read_only(reading: Reading, roles: Roles) -> Frame | None:
    """Read "only": the whole list on one side says whether it is so."""
    groups = reading.sentence.groups
    if roles.sources not in groups or roles.destinations not in groups:
        return None
    source = f"@{groups.index(roles.sources)}@"
    destination = f"@{groups.index(roles.destinations)}@"
    near = r"\bonly\s+(?:(?:from|by|for|to|through|via)\s+)?(?:the\s+)?"
    if re.search(
        rf"{near}{source}|{source}\s+(?:(?:is|are|really|indeed|still)\s+)*the only", reading.shape
    ):
        return Frame(intent="who_can", destinations=roles.destinations)
    if re.search(rf"{destination}[^@]*\bonly\s+(?!on\b|over\b)[^@]*{source}", reading.shape):
        return Frame(intent="who_can", destinations=roles.destinations)
    verb = rf"{source}[^@]*\bonly\s+(?!on\b|over\b|via\b)[^@]*{destination}"
    if re.search(rf"{near}{destination}|{verb}", reading.shape):
        return Frame(intent="what_can", sources=roles.sources)
    return None


def _route_single(reading: Reading, roles: Roles) -> Frame | None:
    """Read a question with one end: what it reaches, or who reaches it."""
    shape = reading.shape
    if re.search(r"\b(?:which|what|how many|list|the)\s+(?:\w+\s+)?ports?\b", shape):
        return None
    me = re.search(
        r"\b(?:i|we|me|us|my \w+|our (?:laptops?|office|network|vpn))\b(?!\s+(?:want|need|"
        r"see|get|have|think|am|know|ask|tell))",
        shape,
    )
    if roles.sources and re.match(
        r"\W*(?:(?:and|so|then|list|show|all|everything)\s+)*(?:reachable|accessible|open|exposed|"
        r"visible|available)\s+(?:from|to|by|for)\s+(?:the\s+)?@0@",
        shape,
    ):
        return Frame(intent="what_can", sources=roles.sources)
    if roles.sources and re.search(
        rf"{FORWARD}\s+out(?:side)?(?:\s+(?:itself|at all|anywhere|too|also|in turn))*\W*$", shape
    ):
        return Frame(intent="what_can", sources=roles.sources)
    if roles.sources and re.search(
        r"\b(?:what|where|who|whom|which|everything|anything|all|blast radius|"
        r"destinations?|targets?)\b",
        shape,
    ):
        return Frame(intent="what_can", sources=roles.sources)
    if roles.destinations and not me:
        asks = re.search(
            r"\b(?:who|what|which|anyone|list|exposed|exposure|open|reachable|accessible|"
            r"access|whom|where|clients|callers)\b",
            shape,
        )
        wants = re.search(r"\b(?:ports?|labels?|endpoints?|behind|point|selector)\b", shape)
        if asks and not wants and not re.search(r"\btell me\b|\bwhat is @0@", shape):
            return Frame(intent="who_can", destinations=roles.destinations)
    if me and roles.destinations and re.search(FORWARD, shape):
        text = (
            "From where? Name the workload, address or `the internet` that the request comes from."
        )
        return Frame(intent="ask", destinations=roles.destinations, text=text)
    return None


def _route_unclear(reading: Reading) -> Frame | None:
    """Ask for the direction when two known ends stand side by side without a word for it."""
    ends = reading.named(*_ENDPOINTS, "address", "entity", "namespace", "dns")
    few = len(reading.text.split()) <= 9
    network = re.search(
        r"\b(?:port|connect|network|firewall|traffic|link|issue|problem|fail|broken|works?|"
        r"working)\w*\b",
        reading.text,
        re.I,
    )
    cue = re.search(f"{FORWARD}|{BACKWARD}", reading.shape)
    if (
        len(ends) == 2
        and (few or network or cue)
        and not re.search(r"\b(?:bigger|better|faster|than|compare|difference)\b", reading.shape)
    ):
        one, two = (ref.name if len(ref.names) < 2 else ref.text for ref in ends)
        return Frame(
            intent="ask",
            kind="unclear",
            sources=(ends[0],),
            destinations=(ends[1],),
            text=f"Which way: from `{one}` to `{two}`, or from `{two}` to `{one}`?",
        )
    roles = reading.roles
    if len(ends) == 1 and len(reading.refs) == 1 and roles and roles.sources and few:
        return Frame(
            intent="ask",
            kind="unclear",
            sources=roles.sources,
            text=f"What should `{ends[0].name}` reach? Name a workload, service, address or "
            f"DNS name.",
        )
    if len(ends) == 1 and len(reading.refs) == 1 and roles and roles.destinations and few:
        return Frame(
            intent="ask",
            kind="unclear",
            destinations=roles.destinations,
            text=f"From where should `{ends[0].name}` be reached? Name a workload, address "
            f"or `the internet`.",
        )
    return ask_ends(reading)


def _finish(frame: Frame, reading: Reading) -> Frame:
    """Add what holds for every path: the request, negation, whether a reason is asked for."""
    if wants_opening(reading.text) and (mending := as_mend(frame)):
        frame = mending
    if frame.intent in ("who_can", "what_can"):
        frame = replace(frame, within=tuple(ref.within for ref in reading.refs if ref.within))
    ping = (PortText(protocol="ICMP"),) if reading.slots.ping and not reading.slots.ports else ()
    return replace(
        frame,
        ports=frame.ports or ping or reading.slots.ports,
        http=reading.slots.http,
        host=reading.slots.host,
        text=frame.text or (_HOW_TO_CHANGE if _CHANGES.search(reading.text) else ""),
        negated=bool(_NEGATED.search(re.sub(r"\bor not\b", "", reading.text))),
        explain=frame.explain or wants_reason(reading.text),
    )
