"""Messages that name nothing and ask more of the question before: "why?", "which port?"."""

import re
from dataclasses import replace

from assistant.models.rules.frame import Frame, Ref

__all__ = ["ask_again", "is_echo"]

_WHY = re.compile(
    r"^(?:and |but |ok |so |then )*(?:are you (?:really )?sure|really|why(?: not| is that| "
    r"so| though)?|how come|for what "
    r"reason|what is the reason|because of what|says who|according to what|explain(?: "
    r"(?:that|it|this|why|please))*|"
    r"(?:which|what) (?:network )?(?:policy|rule|policies|rules|file|line|object)(?: (?:is|"
    r"was|are) (?:it|that|this|responsible|to blame|the cause|deciding)(?: in)?| "
    r"(?:decides?|decided|blocks?|den(?:y|ies)|allows?|permits?|stops?|says?|does)(?: (?:it|"
    r"this|that|so))?)?|where (?:is|does) (?:that|it|this)\b.{0,30}|details?|more details?|"
    r"show (?:me )?(?:the )?(?:rule|policy|evidence|details?|proof|reason)|prove (?:it|"
    r"that)|evidence)(?: please)?[\s?!.]*$",
    re.I,
)
_PORTS = re.compile(
    r"^(?:and |but |ok |so |then )*(?:(?:on|over|via|through|at) )?(?:which|what) (?:\w+ )?ports?"
    r"(?: (?:exactly|precisely|then|please|is (?:it|that)|are (?:they|those|open)|can it use|"
    r"(?:do|does|can|may) (?:it|they|that) (?:use|need)))*[\s?!.]*$",
    re.I,
)
"""Asked after a connection: every port of it is told."""
_WHO = re.compile(
    r"^(?:and |but |ok |so |then )*(?:who|what|which \w+)(?: else)? (?:can|may|could|is "
    r"(?:allowed|able|permitted)(?: to)?|does|has access|gets|get|comes|is let)"
    r"(?: it| then| so| that| get)?"
    r"(?: in| through| there| access)?(?:[\s,]+(?:then|instead|now|please|exactly))*[\s?!.]*$",
    re.I,
)
_BY_WHOM = re.compile(
    r"^(?:(?:and|but|ok|so|then)\s+)*(?:by|from|for)\s+(?:whom|who)(?:\s+(?:else|then|exactly))*[\s?!.]*$",
    re.I,
)
_OUTSIDE = re.compile(
    r"^(?:(?:and|but|ok|so|then|also|what about|how about)\s+)*(?:is there\s+|are there\s+)?"
    r"(?:any(?:thing|one|body|where)?|some(?:thing|one|body)|who|what)?\s*(?:else\s+)?"
    r"(?:(?:from|in|on|to|at)\s+)?(?:the\s+)?(?:internet|outside(?:\s+(?:of\s+)?(?:the|this|our)\s+"
    r"cluster)?|outside world|wider world|world)(?:\s+(?:too|as well|also|either|then))?[\s?!.]*$",
    re.I,
)
"""Asked after a list of peers: whether the world is one of them."""
_ECHO = re.compile(
    r"(?:(?:and|so|then|but)\s+)?(?:(?:can|could|may|is|does|do|will|would|should|are)\s+(?:it|they|"
    r"that|this)\s*(?:\s(?:have|get|do|work|hold|stand|apply|be|that|it|this|so|ok|okay|allowed|possible|permitted|"
    r"right|true|correct|happen|go|through|the case|fine))*|right|correct|true|or not|yes or no|"
    r"ok(?:ay)?|possible|allowed)\W*",
    re.I,
)
"""Only asks again what was said before it: "A wants it from B; can it have it?"."""


def ask_again(piece: str, state: Frame) -> Frame | None:
    """Return the earlier question as a brief message goes on with it, or None."""
    if state.intent in ("who_can", "what_can") and _OUTSIDE.match(piece):
        world = (Ref(text="the internet", names=("world",), kind="entity"),)
        if state.intent == "who_can":
            return replace(state, intent="reach", sources=world, within=())
        return replace(state, intent="reach", destinations=world, ports=(), within=())
    if _WHY.match(piece) and state.ends:
        return replace(state, explain=True, alternative=None)
    if state.is_path and _PORTS.match(piece):
        return replace(state, ports=(), alternative=None)
    asks_who = state.is_path or state.intent in ("policies", "inspect")
    if state.destinations and asks_who and (_WHO.match(piece) or _BY_WHOM.match(piece)):
        return replace(state, intent="who_can", sources=(), alternative=None, kind="")
    return None


def is_echo(piece: str) -> bool:
    """Return whether a question only asks again what was said before it in the same message."""
    return bool(_ECHO.fullmatch(piece))
