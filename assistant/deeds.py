"""What an answer says of changes: done only what a tool has done, undone what nobody approved."""

import re
from collections.abc import Sequence

from assistant.wording import split_sentences
from tools.spec import ToolResult, WriteResult

__all__ = ["tell_deeds"]

_DEED = re.compile(
    r"\b(?:i|we)(?:'ve| have| just| already|'ve just| have now| have just)?(?: successfully)? "
    r"(?:allocated|reserved|released|imported|undone|undid|assigned|recorded|registered)\b"
    r"|\b(?:has|have|had) (?:now |just |successfully |already )*been (?:now |successfully )*"
    r"(?:allocated|reserved|released|imported|undone|assigned|recorded|registered)\b"
    r"|\b(?:is|are) now (?:allocated|reserved|released|yours|imported|assigned)\b"
    r"|\b(?:successfully|done:?) (?:allocated|reserved|released|imported|undone)\b"
    r"|^\W*(?:allocated|reserved|released|imported|undid)\b"
    r"|^\W*(?:done|approved)\W*(?:$|[.!:,])",
    re.IGNORECASE,
)
NOTE_DEED = "_Nothing was changed in this turn._"


def tell_deeds(text: str, results: Sequence[ToolResult], *, composed: bool) -> str:
    """Return the text with what was, and was not, changed.

    A change that was made is told of in the tool's words, if the text does not already; where one
    was not approved, the tools' words replace the text, as a model's might say otherwise. A text
    that claims a change although no tool wrote loses that sentence.

    Args:
        text: Markdown, after the claim check.
        results: What was computed in this turn.
        composed: The text was put together by code of ours.
    """
    writes = [result for result in results if isinstance(result, WriteResult)]
    if any(not write.applied for write in writes):
        return "\n\n".join(dict.fromkeys(result.summary for result in results))
    missing = [write.summary for write in writes if write.summary not in text]
    if missing:
        return "\n\n".join([text, *dict.fromkeys(missing)])
    if writes or composed or any(result.summary in text for result in results):
        return text
    return _without_deeds(text)


def _without_deeds(text: str) -> str:
    kept, removed = [], False
    for line in text.splitlines():
        sentences = split_sentences(line)
        true = [sentence for sentence in sentences if not _DEED.search(sentence)]
        removed = removed or len(true) < len(sentences)
        if true or not sentences:
            kept.append(line if len(true) == len(sentences) else " ".join(true))
    if not removed:
        return text
    return "\n".join([*kept, "", NOTE_DEED]).strip()
