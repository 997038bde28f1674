"""Names of a workspace that a design question only seems to use."""

import re

from assistant.models.rules.design_slots import without_services
from assistant.models.rules.frame import Ref
from assistant.models.rules.reading import Reading

__all__ = ["named_apart"]

_PLATFORM = re.compile(r"\b(?:kube-?)?api[- ]?servers?\b|\bload balancers?\b|\bgateway api\b", re.I)


def named_apart(reading: Reading, *kinds: str) -> tuple[Ref, ...]:
    """Return what is named of some kinds by other words than those for parts of Azure.

    A workload `api` is not meant by "API server", nor one `bastion` by "Azure Bastion".
    """
    named = reading.named(*kinds)
    plain = _PLATFORM.sub(" ", without_services(reading.text)).lower() if named else ""
    return tuple(ref for ref in named if ref.text.lower() in plain)
