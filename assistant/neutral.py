"""Texts made harmless for where they are shown: names in a network's files are written by anyone.

Escape sequences would run in a terminal, an image would call its server with what its address
holds, a link may hide where it leads, and `<!channel>` or HTML is markup elsewhere.
"""

import re
from collections.abc import Iterable

__all__ = ["neutral_markdown", "plain"]

_SEQUENCE = re.compile(
    "\x1b\\][^\x07\x1b]*(?:\x07|\x1b\\\\)?|(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]?|\x1b[ -/]*[0-~]?"
)
"""Of terminals: operating system commands, control sequences, and the short ones."""
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
"""Controls, and signs without width that hide or turn round what stands beside them."""
_CODE = re.compile(r"(^[ \t]*(`{3,}|~{3,}).*?(?:^[ \t]*\2|\Z)|`[^`\n]+`)", re.DOTALL | re.MULTILINE)
_IMAGE = re.compile(r"!\[([^\]\n]*)\](?:\([^)\n]*\)?|\[[^\]\n]*\])?")
_LINK = re.compile(r"\[([^\]\n]*)\]\(\s*<?([^)\s>]*)>?[^)\n]*\)")
_DEFINITION = re.compile(r"^[ \t]{0,3}\[[^\]\n]+\]:[ \t]*\S+.*$", re.MULTILINE)
_ADDRESS = re.compile(r"<?\b((?:https?|ftp|file|javascript|data|vscode|ssh)://[^\s<>`|)\]]+)>?")
_MARKUP = re.compile(r"<(?=[!@#/?a-zA-Z])")


def plain(text: str) -> str:
    r"""Return a text without what a terminal would obey or what cannot be seen.

    >>> plain("web\x1b[2J\x1b]8;;https://x.test\x07 ok")
    'web ok'
    """
    return _CONTROL.sub("\ufffd", _SEQUENCE.sub("", text.replace("\r\n", "\n")))


def neutral_markdown(text: str, known: Iterable[str] = ()) -> str:
    """Return Markdown that loads nothing, hides no address and holds no other markup.

    Args:
        text: Markdown of names and words from anywhere.
        known: Addresses that are ours to show, such as those of cited documents.

    >>> neutral_markdown("![x](https://x.test/?a) [here](https://y.test) <!channel>")
    'x here (`https://y.test`) \u2039!channel>'
    """
    links = frozenset(known)
    pieces = _CODE.split(plain(text))
    # Of each match come three pieces: what stands before, the code, and its fence.
    return "".join(
        "" if place % 3 == 2 else piece if place % 3 else _neutral_prose(piece, links)
        for place, piece in enumerate(piece or "" for piece in pieces)
    )


def _neutral_prose(text: str, known: frozenset[str]) -> str:
    def show_link(found: re.Match[str]) -> str:
        words, address = found[1], found[2]
        if address in known:
            return found[0]
        return f"{words} (`{address}`)" if address else words

    def show_address(found: re.Match[str]) -> str:
        address = found[1].rstrip(".,;:")
        if address in known:
            return found[0]
        return f"`{address}`{found[1][len(address) :]}"

    text = _IMAGE.sub(lambda found: found[1], text)
    text = _DEFINITION.sub("", text)
    kept: list[str] = []
    for place, piece in enumerate(re.split(r"(`[^`\n]+`)", _LINK.sub(show_link, text))):
        if place % 2:
            kept.append(piece)
        else:
            kept.append(_MARKUP.sub("\u2039", _ADDRESS.sub(show_address, piece)))
    return "".join(kept)
