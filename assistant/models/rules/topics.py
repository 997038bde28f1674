"""Which questions the articles may answer: those that name one of their subjects."""

import re

from assistant.models.rules.frame import Frame
from assistant.models.rules.vocabulary import Vocabulary

__all__ = ["is_about_ours", "read_topic", "search_for", "topics_of"]

_TOPICS = re.compile(
    r"\b(?:aks|azure|cni|(?:pod|service)[- ]?cidrs?|"
    r"overlay|kubenet|cilium\w*|ccnps?|cnps?|fqdns?|tofqdns?|istio\w*|"
    r"envoy|mtls|authorizationpolic\w+|"
    r"peerauthentication\w*|requestauthentication\w*|ambient|sidecars?|waypoints?|acns|"
    r"hubble|ebpf|kube-?proxy|"
    r"networkpolic\w+|ciliumnetworkpolic\w+|ciliumclusterwidenetworkpolic\w+|network "
    r"polic\w+|npm|calico|windows|snat|nat gateway|load balancer|nsgs?|vnets?|subnets?|"
    r"private (?:cluster|endpoint|link)|ipv6|dual[- ]stack|dns|coredns|node-?local|localdns|"
    r"ingress|egress|"
    r"gateway api|agic|application gateway|pod subnet|node subnet|max ?pods|surge|peering|"
    r"wireguard|ipsec|"
    r"ztunnel|conntrack|ct map|lbs?|podcidr|service mesh|hpa|autoscaler|udrs?|route tables?|"
    r"firewall|expressroute|l7 "
    r"polic\w+|layer 7|conntrack|"
    r"authori[sz]ed (?:ip )?ranges?|podselector|namespaceselector|endpointselector|"
    r"matchlabels|entities|ipblock|tocidr\w*)\b",
    re.I,
)

_OURS = re.compile(
    r"[\w./-]+=[\w.-]+|"
    r"\bwhich\s+(?:\w+\s+)?(?:pods?|workloads?|services?|deployments?|namespaces?|apps?|"
    r"polic(?:y|ies)|rules?)\b|"
    r"\b(?:the|our|my|this|your)\s+(?:\w+\s+)?"
    r"(?:cluster|network|mesh|namespaces?|app\w*|services?|pods?|nodes?|deployments?|databases?)\b",
    re.I,
)


def topics_of(text: str) -> frozenset[str]:
    """Return the subjects of the articles that a text names, lower case."""
    return frozenset(topic.lower() for topic in _TOPICS.findall(text))


def read_topic(text: str) -> Frame | None:
    """Return a search of the articles when the question is about their subjects."""
    return search_for(text) if topics_of(text) else None


def is_about_ours(text: str, vocabulary: Vocabulary) -> bool:
    """Return whether a question is about this network, of which no article can know."""
    if _OURS.search(text):
        return True
    names = {entry.name for entry in vocabulary.endpoints()} | set(vocabulary.namespaces)
    return bool(names.intersection(re.findall(r"[a-z0-9][a-z0-9.-]*", text.lower())))


def search_for(text: str) -> Frame:
    """Return a search of the articles and runbooks for a question."""
    return Frame(intent="docs", kind="search_docs", arguments={"query": text[:400]})
