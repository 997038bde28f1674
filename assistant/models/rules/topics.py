"""Which questions the articles may answer: those that name one of their subjects."""

import re

from assistant.models.rules.frame import Frame

__all__ = ["read_topic"]

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


def read_topic(text: str) -> Frame | None:
    """Return a search of the articles when the question is about their subjects."""
    topics = {topic.lower() for topic in _TOPICS.findall(text)}
    if not topics:
        return None
    return Frame(intent="docs", kind="search_docs", arguments={"query": text[:400]})
