"""Questions about objects: which policies select one, what it is, what there is."""

import re
from typing import Literal

from assistant.models.rules.frame import Frame, Ref
from assistant.models.rules.reading import Reading
from assistant.models.rules.words import word_set

__all__ = ["read_inventory", "read_policies", "read_review"]

_POLICY_WORD = (
    r"(?:polic(?:y|ies)|netpols?|network ?polic\w+|cnps?|ccnps?|rules?|"
    r"authorization ?polic\w+|restrictions?)"
)
_SELECTS = (
    r"(?:appl(?:y|ies|ied)|select\w*|affect\w*|govern\w*|cover\w*|protect\w*|guard\w*|"
    r"match\w*|attach\w*|restrict\w*|"
    r"for|target\w*|on|in place|concern\w*|secur\w*|limit\w*|control\w*|act\w*|hit\w*|of|"
    r"around|touch\w*|enforc\w*|around|exist\w*|against|has|have)"
)
_STATE = (
    r"(?:isolated|protected|secured|locked down|locked|restricted|segmented|firewalled|"
    r"hardened|covered|safe|guarded|"
    r"unprotected|unrestricted|wide open|default[- ]deny|shielded|fenced|sandboxed|"
    r"unsecured|lock(?:ed)? down)"
)
_KINDS = (
    ("policy", rf"(?:network |cilium |istio )?{_POLICY_WORD}"),
    ("service", r"services?|svcs?"),
    ("pod", r"pods?|containers?"),
    ("workload", r"workloads?|deployments?|statefulsets?|daemonsets?|apps?|applications?|"
                 r"microservices?|components?"),
    ("namespace", r"namespaces?|ns|environments?"),
    ("node", r"nodes?"),
)  # fmt: skip
_ENDPOINTS = ("workload", "service", "pod")
_INSPECT = re.compile(
    r"\b(?:describe|inspect|details?|info(?:rmation)?|status|summar\w+|definition|tell me "
    r"(?:more )?about|manifest|labels?|"
    r"selectors?|image|replicas?|node (?:is|does|port)|ips?|ip address(?:es)?|"
    r"address(?:es)?|endpoints?|backends?|ports?|"
    r"point(?:s|ing)? (?:to|at)|target(?:s|ing|ports?)?|behind|back(?:s|ed|ing)?|rout(?:e|es|ed|"
    r"ing) (?:to|traffic)|forwards?|map(?:s|ped)? to|listen\w*|"
    r"load ?balancer|node ?port|headless|stateful ?set|daemon ?set|"
    r"expos(?:e|es|ing)|select(?:s|ed|ing)?|service account|clusterip|type of|run(?:s|"
    r"ning)? (?:on|where)|what does .* do|"
    r"what is|what are|(?:which|what) node|where (?:is|are)|which file|who is|show|display|"
    r"print|look up|explain|mean\w*|purpose|for\s*\?)\b",
    re.I,
)
_LIST = re.compile(
    r"\b(?:list|show|display|print|enumerate|which|what|how many|count|number of|are there|give me|"
    r"all|name|any)\b",
    re.I,
)
_LIST_WORDS = word_set(
    """
    list show display print enumerate which what how many count number of are is there the all me us
    a an any in inside within on at exist exists existing do does we you i have has get give can see
    run running runs deployed present defined loaded found here this that our my cluster workspace
    export ns please now currently total to and or names name for by kubernetes k8s cilium istio
    network every each available live lives it objects things stuff kinds tell ok so then hey files
    snapshot set up in-place place know about wide clusterwide cluster-wide cluster scoped
    with their ports details
    """
)
_MESH = re.compile(r"\b(?:m?tls|mutual tls|encrypt\w*|plain ?text|permissive)\b", re.I)
_LISTEN = re.compile(
    r"\b(?:listen(?:s|ing)?|us(?:e|es|ing)|expos(?:e|es|ing)|offer(?:s|ing)?|serv(?:e|es|ing))\b",
    re.I,
)


def read_policies(reading: Reading) -> Frame | None:
    """Return which policies a question asks for of a workload, or None."""
    shape = reading.shape
    if _MESH.search(shape) and (spaces := _receivers(reading)):
        arguments: dict[str, object] = {"about": "mtls", "namespace": spaces}
        return Frame(intent="check", kind="find_gaps", arguments=arguments)
    if _MESH.search(shape) and (meshed := reading.named(*_ENDPOINTS, "namespace")):
        return Frame(intent="policies", destinations=meshed, kind="ingress")
    ends = reading.named(*_ENDPOINTS)
    if not ends or len(reading.named("any")) > 1:
        return None
    direct = re.search(
        rf"\b{_POLICY_WORD}\b.{{0,40}}\b{_SELECTS}\b.{{0,30}}@|@\d+@.{{0,30}}\b{_POLICY_WORD}\b|"
        rf"\b(?:which|what|any|all|list|show|a|no)\b.{{0,12}}\b{_POLICY_WORD}\b.{{0,30}}@",
        shape,
    )
    blocks = re.search(r"\b(?:block|stop|prevent|den(?:y|ies)|let|allow|permit)\w*\b", shape)
    state = re.search(
        rf"\b(?:is|are|be|how)\b.{{0,20}}@\d+@\s+(?:\w+\s+){{0,2}}{_STATE}\b|"
        rf"\b{_STATE}\b.{{0,12}}@\d+@",
        shape,
    )
    state = state if not re.search(r"\b(?:from|against|to)\s+@", shape) else None
    shields = re.search(
        r"\b(?:what|who|which|anything)\b.{0,20}\b(?:protect|guard|secur|restrict|isolat|"
        r"shield|govern)\w*\b.{0,20}@",
        shape,
    )
    roles = reading.roles
    if roles and roles.sources and roles.destinations and roles.sure:
        return None
    if not (direct or state or shields) or (len(ends) > 1 and (blocks or not direct)):
        return None
    direction: Literal["", "ingress", "egress"] = ""
    if re.search(r"\b(?:ingress|incoming|inbound)\b", shape):
        direction = "ingress"
    elif re.search(r"\b(?:egress|outgoing|outbound)\b", shape):
        direction = "egress"
    return Frame(intent="policies", destinations=ends, kind=direction)


def _receivers(reading: Reading) -> tuple[str, ...]:
    """Return the namespaces of the end that receives, where both ends of a connection are named.

    Whether a connection is encrypted is not whether it is allowed; the receiver asks for it.
    """
    roles = reading.roles
    if not (roles and roles.sources and roles.destinations):
        return ()
    refs = roles.destinations if roles.sure else (*roles.sources, *roles.destinations)
    names = [name.removeprefix("service:") for ref in refs for name in ref.names]
    return tuple(dict.fromkeys(name.partition("/")[0] for name in names if "/" in name))


def read_review(reading: Reading) -> Frame | None:
    """Return the policies of all workloads, for "which workloads have no policy"."""
    if reading.named(*_ENDPOINTS, "address", "dns", "entity", "policy", "unknown", "node"):
        return None
    shape = reading.shape
    whom = (
        r"(?:@\d+@|(?:(?:which|what|any|all|every|each|no|the|are|there)\s+)+(?:pods?|workloads?|"
        r"services?|apps?|deployments?|namespaces?|things?|stuff))"
    )
    lacks = (
        rf"\b(?:no|not|without|lack\w*|miss\w*|have|has|having|with)\b.{{0,20}}\b{_POLICY_WORD}\b"
    )
    state = rf"(?:un|not |non-?)?{_STATE}\b|\bun(?:isolated|covered|guarded|firewalled)\b"
    if not re.search(rf"{whom}.{{0,30}}(?:{lacks}|\b(?:{state}))", shape):
        return None
    within = tuple(
        Ref(text=ref.within, names=(ref.within,), kind="namespace")
        for ref in reading.refs
        if ref.within
    )
    spaces = reading.named("namespace") or within
    spaces = spaces or (Ref(text="every namespace", kind="any"),)
    return Frame(intent="policies", destinations=spaces)


def read_inventory(reading: Reading) -> Frame | None:
    """Return what a question wants described or listed, or None."""
    return _read_policy(reading) or _read_listing(reading) or _read_object(reading)


def _read_policy(reading: Reading) -> Frame | None:
    policies = reading.named("policy")
    if not policies:
        return None
    return Frame(intent="inspect", destinations=policies, kind="policy")


def _read_listing(reading: Reading) -> Frame | None:
    ends = reading.named(*_ENDPOINTS, "dns", "address", "entity", "unknown")
    spaces = reading.named("namespace")
    bare = len(reading.text.split()) == 1
    if ends or not (bare or _LIST.search(reading.text)):
        return None
    if reading.slots.ports and _LISTEN.search(reading.text):
        return Frame(intent="list", kind="workload", sources=spaces, ports=reading.slots.ports)
    plain = _plain_words(reading)
    for kind, pattern in _KINDS:
        if not re.search(rf"\b(?:{pattern})\b", plain):
            continue
        if kind == "namespace" and spaces and not re.search(r"\bnamespaces\b", plain):
            continue
        rest = re.sub(rf"\b(?:{pattern}|namespaces?|and)\b", " ", plain)
        if set(re.findall(r"[^\W_][\w-]*", rest)) - _LIST_WORDS:
            return None
        return Frame(
            intent="list", kind=kind, sources=() if kind in ("namespace", "node") else spaces
        )
    if spaces and re.search(
        r"\bwhat\b.{0,20}\b(?:in|inside|runs?|running|there|contains?|have)\b", reading.shape
    ):
        return Frame(intent="list", kind="workload", sources=spaces)
    return None


def _plain_words(reading: Reading) -> str:
    """Return the text in lower case without the namespaces that it names."""
    text = reading.slots.text
    for ref in reading.named("namespace"):
        text = re.sub(rf"\b{re.escape(ref.text.split(' in ')[-1])}\b", " ", text)
    return text.lower()


def _read_object(reading: Reading) -> Frame | None:
    ends = reading.named(*_ENDPOINTS, "node", "namespace")
    if not ends or len(reading.named("any")) > 1:
        return None
    bare = reading.shape.strip(" ?.!") == "@0@"
    if not bare and not _INSPECT.search(reading.shape):
        return None
    return Frame(intent="inspect", destinations=ends, kind=_object_kind(ends, reading))


def _object_kind(ends: tuple[Ref, ...], reading: Reading) -> str:
    if re.search(r"\bservices?\b|\bsvc\b|\bclusterip\b|\bendpoints?\b", reading.text, re.I):
        return "service"
    return ends[0].kind
