"""Models that other packages bring along: the entry points `netassist.models`.

An entry point's name is the word before the colon in `--model NAME:MODEL`. It names a function that
takes what stands behind the colon, and the settings, and returns a langchain chat model, or an
async context manager that yields one. Such a model is treated as a hosted one: it sees no secret,
its words are checked, and nothing that it writes is shown unproven.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, cast

from assistant.errors import NotConfigured

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from assistant.settings import Settings

__all__ = ["GROUP", "ModelFactory", "open_plugged", "plugged_names"]

GROUP = "netassist.models"

ModelFactory = Callable[
    [str, "Settings"], "BaseChatModel | AbstractAsyncContextManager[BaseChatModel]"
]


def plugged_names() -> tuple[str, ...]:
    """Return the words that installed plugins answer to, sorted; nothing of them is loaded."""
    return tuple(sorted({point.name for point in entry_points(group=GROUP)}))


def open_plugged(
    prefix: str, name: str, settings: "Settings"
) -> "Callable[[], AbstractAsyncContextManager[BaseChatModel]]":
    """Return what opens the model of a plugin.

    Args:
        prefix: Name of the entry point.
        name: What stood behind the colon.
        settings: Handed on to the plugin.

    Raises:
        NotConfigured: No plugin, or more than one, has that name, or it cannot be loaded.
    """
    factory = _load(prefix)

    @asynccontextmanager
    async def enter() -> "AsyncIterator[BaseChatModel]":
        made = factory(name, settings)
        if isinstance(made, AbstractAsyncContextManager):
            async with made as model:
                yield model
        else:
            yield made

    return enter


def _load(prefix: str) -> ModelFactory:
    points = tuple(entry_points(group=GROUP, name=prefix))
    if not points:
        message = f"No plugin brings the model `{prefix}:`."
        raise NotConfigured(message, hint=f"Install one with an entry point in `{GROUP}`.")
    if len({point.value for point in points}) > 1:
        message = f"`{prefix}:` is brought by {' and by '.join(map(_owner, points))}."
        raise NotConfigured(message, hint="Uninstall all of them but one.")
    (point, *_) = points
    try:
        loaded: Any = point.load()
    except Exception as error:
        message = f"The plugin {_owner(point)} cannot be loaded: {type(error).__name__}: {error}."
        raise NotConfigured(message, hint="Mend it, or name another model.") from error
    if not callable(loaded):
        message = f"The plugin {_owner(point)} gives a `{type(loaded).__name__}`, no function."
        raise NotConfigured(message, hint="It should take a name and the settings.")
    return cast("ModelFactory", loaded)


def _owner(point: EntryPoint) -> str:
    name = point.dist.name if point.dist is not None else "an unknown package"
    return f"`{name}` ({point.value})"
