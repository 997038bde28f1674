"""Questions about lines of defence: is mutual TLS strict, what is guarded at one layer only."""

import re

from assistant.models.rules.frame import Frame, Ref
from assistant.models.rules.reading import Reading

__all__ = ["read_defence"]

_MTLS = r"(?:m-?tls|mutual[- ]tls|peer ?authentications?)"
_PLAIN = r"(?:plain-?text|clear-?text|unencrypted|non-?mtls|unauthenticated)"
_MODES = rf"(?:{_MTLS}|{_PLAIN}|permissive|(?:strict|permissive) mode)"
_STATE = re.compile(
    rf"\b{_MODES}\b.{{0,60}}\b(?:strict|enforced|enabled|disabled|required|on|off|missing|absent|"
    rf"everywhere|anywhere|all|every\w*|any\w*|accepted|allowed|possible|lacking)\b|"
    rf"\b(?:which|where|what|who|is|are|do|does|list|show|find|any|every\w*|all|still|not|no|"
    rf"without|accepts?|allows?|takes?|admits?|enforces?|requires?|lacks?|miss\w*)\b"
    rf".{{0,60}}\b{_MODES}\b",
    re.I,
)
_MEANING = re.compile(
    r"\b(?:what (?:is|are|does|do)\s+(?:an?\s+|the\s+)?(?:m-?tls|mutual|peer|strict|permissive|"
    r"plain)|mean(?:s|ing)?|differ\w*|how (?:do|does|can|to|should|would)|why|explain|"
    r"tell me about|when (?:should|do|does)|should (?:i|we)|modes?\s+(?:of|are|exist)|versus|vs)\b",
    re.I,
)
_GAPS = re.compile(
    r"\b(?:gaps?|holes?|blind ?spots?|weak(?:ness(?:es)?| ?(?:spots?|points?|links?)))\b|"
    r"\bdefen[cs]e[- ]in[- ]depth\b|\b(?:lines?|layers?) of defen[cs]e\b",
    re.I,
)
_LAYERS = re.compile(
    r"\b(?:l4|layer[- ]?4|network polic\w+|cilium)\b.{0,80}"
    r"\b(?:l7|layer[- ]?7|mesh|istio|authorization ?polic\w+)\b|"
    r"\b(?:l7|layer[- ]?7|mesh|istio|authorization ?polic\w+)\b.{0,80}"
    r"\b(?:l4|layer[- ]?4|network polic\w+|cilium)\b",
    re.I,
)
_ONE_SIDED = re.compile(
    r"\b(?:open|unprotected|unguarded|exposed|missing|lack\w*|without|only|but (?:not|no)|not at|"
    r"protected|guarded|covered|secured)\b",
    re.I,
)
_ENDS = ("workload", "service", "pod", "policy", "address", "dns", "entity", "unknown", "node")


def read_defence(reading: Reading) -> Frame | None:
    """Return the report on missing defences that a question asks for, or None."""
    if reading.named(*_ENDS) or _MEANING.search(reading.text):
        return None
    if _STATE.search(reading.text):
        return _report("mtls", reading.named("namespace"))
    one_sided = _LAYERS.search(reading.text) and _ONE_SIDED.search(reading.text)
    if _GAPS.search(reading.text) or one_sided:
        return _report("everything", reading.named("namespace"))
    return None


def _report(about: str, spaces: tuple[Ref, ...]) -> Frame:
    arguments: dict[str, object] = {"about": about}
    if spaces:
        # One call for each; a tuple stands for several values of one argument.
        arguments["namespace"] = tuple(space.name for space in spaces)
    return Frame(intent="check", kind="find_gaps", arguments=arguments)
