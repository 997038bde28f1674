"""What can go wrong with the knowledge index, and who should hear of it.

KnowledgeError           whoever installs and runs the program: a package, folder or article
"""

__all__ = ["KnowledgeError"]


class KnowledgeError(Exception):
    """The knowledge index cannot be built or read.

    Args:
        message: One sentence of fact that quotes the offending text in backticks.
        hint: One sentence that says what to do; may be empty.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return " ".join(part for part in (self.message, self.hint) if part)
