"""PDF, page by page."""

import io
import logging
import warnings
from pathlib import Path

from knowledge.errors import KnowledgeError
from knowledge.markdown import Section

__all__ = ["read_pdf"]

MAX_PAGES = 2000


def read_pdf(path: Path, data: bytes) -> tuple[str, list[Section]]:
    """Return the title (empty if none is given) and a section for each page with text.

    Raises:
        KnowledgeError: The file is broken, locked, or has more pages than are read.
    """
    from pypdf import PdfReader

    # pypdf tells of every flaw that it could mend; only what it cannot read matters here.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            reader = PdfReader(io.BytesIO(data))
            if reader.is_encrypted and not reader.decrypt(""):
                raise _locked(path)
            count = len(reader.pages)
            if count > MAX_PAGES:
                message = f"`{path}` has {count:,} pages; {MAX_PAGES:,} are read."
                raise KnowledgeError(message, hint="Split it, or add the part that matters.")
            texts = [page.extract_text() for page in reader.pages]
            title = str((reader.metadata and reader.metadata.title) or "")
    except KnowledgeError:
        raise
    # Broken files make pypdf raise its own errors and also those of whatever it tripped over.
    except Exception as error:
        if "cryptography" in str(error) or "decrypt" in str(error):
            raise _locked(path) from error
        message = f"`{path}` is no PDF that can be read: {str(error) or type(error).__name__}."
        hint = "Open it in a viewer and save it again, or add its text."
        raise KnowledgeError(message, hint=hint) from error
    sections = [
        Section("", text, 0, f"page {number}")
        for number, text in enumerate(texts, start=1)
        if text.strip()
    ]
    return title, sections


def _locked(path: Path) -> KnowledgeError:
    message = f"`{path}` is locked by a password."
    return KnowledgeError(message, hint="Save it without the password, and add that file.")
