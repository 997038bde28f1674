"""Requests for least privilege: policies that leave workloads what they are known to need."""

import re
from dataclasses import dataclass

from tools.intents.meanings import prepare
from topology.authoring import Kind, Pods
from topology.names import NameIndex

__all__ = ["LeastPrivilege", "read_least_privilege"]

_LEAST = re.compile(
    r"\bleast[\s-]+privileged?\b|\bmicro-?segment\w*\b"
    r"|\b(?:only|just|nothing\s+(?:but|beyond|more\s+than))\s+what\s+(?:it|they|each(?:\s+\w+)?"
    r"|every\s?\w+|the\s+service\s+graph)\s+(?:really\s+|actually\s+)?(?:needs?|uses?|calls?)\b"
    r"|\b(?:minimal|minimum|tightest)\s+(?:set\s+of\s+)?(?:network\s+)?polic(?:y|ies)"
    r"(?=\s+(?:for\s+(?:everything|every|all|each)|that\s+the\s+service\s+graph\s+needs))"
    r"|\bthat\s+the\s+service\s+graph\s+needs\b",
    re.I,
)
_SEEN = re.compile(
    r"\b(?:from|based\s+on|out\s+of|using|by)\s+(?:the\s+|our\s+)?(?:(?:observed|recorded|actual"
    r"|seen|hubble)\s+)*(?:traffic|flows?|connections|hubble|observations?)\b",
    re.I,
)
_PLAIN_WORDS = """
    a all an and as based be can cluster could create default deployment deployments draft
    each entire environment every everything for from generate give graph i in into it its
    kind let make me mesh model namespace namespaces need needs network of on our out over
    per please pod pods policies policy principle propose rule rules service services set
    should so suggest that the their them these they to up us use using variables want we
    whole with workload workloads write yaml you zero trust app apps application
    applications set-up only has have get gets reach call
"""
_PLAIN = frozenset(_PLAIN_WORDS.split())
"""Words that add nothing to a request for least privilege."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeastPrivilege:
    """What least privilege is asked for."""

    namespace: str = ""
    workload: str = ""
    """As `namespace/name`; both empty for everything."""
    kind: Kind | None = None
    from_flows: bool = False


def read_least_privilege(index: NameIndex, request: str) -> LeastPrivilege | None:
    """Return what least privilege a request asks for; None where it asks for more than that.

    Args:
        index: The names of the cluster.
        request: As a person wrote it.
    """
    if not _LEAST.search(request):
        return None
    rest = _SEEN.sub(" ", _LEAST.sub(" ", request))
    shape, meaning = prepare(index, rest)
    ends = [one for one in shape.found(shape.text, "P") if not one.everyone]
    parties = {party for end in ends for option in end.options for party in option}
    words = re.findall(r"[a-z][a-z-]*", re.sub(r"<[A-Z]+\d+>", " ", shape.text).lower())
    unsaid = set(words) <= _PLAIN and not shape.found(shape.text, "T")
    if not unsaid or len(parties) > 1 or any(end.trouble for end in ends):
        return None
    found = LeastPrivilege(
        kind=meaning.heading.kinds[0] if len(meaning.heading.kinds) == 1 else None,
        from_flows=bool(_SEEN.search(request)),
        namespace=meaning.heading.namespace,
    )
    return _about(found, parties) if parties else found


def _about(found: LeastPrivilege, parties: set[object]) -> LeastPrivilege | None:
    from dataclasses import replace

    (party,) = parties
    if not isinstance(party, Pods):
        return None
    if party.workload:
        return replace(found, workload=party.workload, namespace="")
    if party.namespaces and len(party.namespaces) == 1 and not party.labels:
        return replace(found, namespace=party.namespaces[0])
    return None
