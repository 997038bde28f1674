"""Files of cases: one JSON document a line."""

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import orjson
from pydantic import BaseModel

__all__ = ["read_cases"]

CaseType = TypeVar("CaseType", bound=BaseModel)


def read_cases(path: Path, form: type[CaseType], *, what: str) -> Iterator[CaseType]:
    """Yield the cases of a JSON Lines file.

    Args:
        path: The file.
        form: Of one case.
        what: What a case is called, for messages.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: A line is no case; names the line.
    """
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            yield form.model_validate(orjson.loads(line))
        except ValueError as error:
            message = f"{path}:{number} is no {what}: {error}"
            raise ValueError(message) from error
