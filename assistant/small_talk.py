"""Words that state nothing about any network: greetings, thanks, and what may be asked.

Where nothing was computed, a sentence stays only if it is made of them. So an unforeseen claim, in
whatever words or language, goes for being unknown and is not mistaken for talk.
"""

import re

__all__ = ["is_talk"]


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TALK = _set(
    """
    a about afraid again ahead am an and another answer answers any anything as ask asked asking
    assist assistant at be beyond but by can cannot choose clarify compute computes could depends
    did do each either else example explain field first following for form from general give glad
    go have hear hello help here hi how however i i'd i'll i'm i've if in instead it just know learn
    let like look may me mean meant more morning my name need next not of on one only or other our
    outside part please question questions rather read repeat rephrase say scope see should so some
    someone something sorry specific start still sure take talk task tell thank thanks that the them
    then this those to together tool tools topic topics try two understand understood us very want
    we welcome what whatever when where which while who whom why wish with without word words would
    you your yours yourself
    """
)
"""No verb of them says what a thing is or does."""
_NOUNS = (
    r"(?:(?:your|the|this|a|an|any|my|our|kubernetes|cilium|istio|azure|network|address|of|in) )*"
    r"(?:networks?|clusters?|workspaces?|pods?|polic(?:y|ies)|subnets?|services?|workloads?|flows?|"
    r"addresses|plans?|files?|connections?|dns|namespaces?|nodes?|kubernetes|cilium|istio|azure)"
)
_TOPIC = re.compile(rf"\b(?:about|for|with|on) {_NOUNS}(?:(?: ,| and| or|,)* {_NOUNS})*")
_ASKED = re.compile(
    r"\b(?:ask|asked|asking|tell|know|say|check|compute|explain|see)\b(?: me| you| us| about)* "
    r"(?:whether|who|what|which|how|why|where)\b[^,;:()]*$"
)
_OPENER = re.compile(r"^(?:sure|well|so|sorry|thanks|hello|hi|ok|okay) ,")
_STATES = re.compile(
    r"^(?:the|a|your|my) tools?\b|"
    r"\b(?:it|this|that|they|them|these|those|one|each|everything|anything|something|someone|two) "
    r"(?:can|may|could|will|does|do|did|should|would|not|have|depends)\b"
    r"|^(?:not|so|sure|very)\b"
)


def is_talk(words: tuple[str, ...], also: frozenset[str] = frozenset()) -> bool:
    """Return whether a sentence states nothing: it greets, thanks, offers, asks or refuses.

    Args:
        words: Of the sentence, in lower case.
        also: Words that may stand in it beside, such as those of the question.
    """
    text = " ".join(word for word in words if word[:1].isalnum() or word in ",;:()")
    text = _OPENER.sub(" ", text).replace("know nothing", "know")
    text = _TOPIC.sub(" ", _ASKED.sub(" ", text))
    rest = [word for word in text.split() if word[:1].isalnum()]
    plain = " ".join(rest)
    return all(word in _TALK or word in also for word in rest) and not _STATES.search(plain)
