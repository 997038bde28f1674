"""Talk around the questions: greetings, thanks, and what can be asked."""

import re

from assistant.models.rules.frame import Frame
from assistant.models.rules.reading import Reading

__all__ = ["read_talk"]

_GREETING = re.compile(
    r"(?:hi|hello|hey|good (?:morning|afternoon|evening|day)|howdy|yo|greetings|moin|"
    r"hallo)(?:\s+(?:there|all|team|bot|netassist))?[\s!.,]*",
    re.I,
)
_THANKS = re.compile(
    r"(?:ok(?:ay)?[\s,]*)?(?:thanks?(?: you)?(?: (?:so|very) much| a lot)?|thx|cheers|ty|"
    r"great|perfect|nice|cool|got it|bye|goodbye)(?:[\s,]+(?:thanks?|thank you|bye|that "
    r"helps?))?[\s!.,]*",
    re.I,
)
_HELP = re.compile(
    r"(?:help|help me|usage|commands|\?|what (?:can|could|do) (?:you|i|we) (?:do|ask|answer|"
    r"help(?: me)? with|know|support)\b.*|"
    r"how (?:do|can) (?:i|we) use (?:you|this|it)\b.*|how do(?:es)? (?:you|this|it) work|"
    r"who are you|what are you|"
    r"what (?:kinds? of )?questions? .*|what is (?:this|netassist))[\s?!.]*",
    re.I,
)


def read_talk(reading: Reading) -> Frame | None:
    """Return what a message is that asks nothing about a network; None for any other."""
    text = reading.text.strip()
    if _GREETING.fullmatch(text):
        return Frame(intent="greeting")
    if _THANKS.fullmatch(text):
        return Frame(intent="thanks")
    return Frame(intent="help") if _HELP.fullmatch(text) else None
