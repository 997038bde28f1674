"""Events of a YAML text, from libyaml wherever PyYAML was built with it."""

from collections.abc import Callable
from typing import Any

import yaml

__all__ = ["fails_later", "open_events"]


def open_events(text: str) -> Callable[[], Any]:
    """Return a function that gives the next event of a text, and None after the last.

    Raises:
        yaml.YAMLError: From here or from the function, when the text is not YAML.
    """
    if yaml.__with_libyaml__:
        get_event: Callable[[], Any] = yaml.CBaseLoader(text).get_event
        return get_event
    return yaml.SafeLoader(text).get_event


def fails_later(text: str, line: int) -> bool:
    """Say whether a text can be read past a line, counted from 0."""
    try:
        next_event = open_events(text)
        while next_event() is not None:
            pass
    except yaml.MarkedYAMLError as error:
        return error.problem_mark is not None and int(error.problem_mark.line) > line
    except yaml.YAMLError:
        return False
    return True
