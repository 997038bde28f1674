"""Where the time goes: the parts of a call, and the functions that take the most."""

import cProfile
import pstats
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["HotSpot", "hot_spots", "profile_parts"]

_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class HotSpot:
    """One function with its own time, under the profiler."""

    function: str
    place: str
    """`file:line`, relative to the checkout; empty for a built-in function."""
    calls: int
    own: float
    """Seconds, without what it calls."""
    whole: float
    """Seconds, with what it calls."""


def hot_spots(call: Callable[[], object], *, count: int = 12) -> tuple[HotSpot, ...]:
    """Profile a call and return the functions with the most time of their own."""
    rows = _profile(call)
    spots = [
        HotSpot(
            function=function,
            place=_place(file, line),
            calls=calls,
            own=round(own, 4),
            whole=round(whole, 4),
        )
        for (file, line, function), (_, calls, own, whole, _) in rows.items()
    ]
    return tuple(sorted(spots, key=lambda spot: (-spot.own, spot.place, spot.function))[:count])


def profile_parts(
    call: Callable[[], object], *, taken: float, least: float = 0.02
) -> list[tuple[str, float]]:
    """Return the functions that a call's own module calls in others, with their share of a time.

    Args:
        call: A partial of a function.
        taken: Seconds that the call takes when not profiled; the profile only says how it divides.
        least: Share below which a part is left out.
    """
    rows = _profile(call)
    function = getattr(call, "func", call)
    own_file = getattr(getattr(function, "__func__", function), "__code__").co_filename  # noqa: B009
    total = max(whole for (file, _, _), (_, _, _, whole, _) in rows.items() if file == own_file)
    parts: dict[str, float] = {}
    for (file, _, name), (_, _, _, _, callers) in rows.items():
        if file == own_file or not file.startswith(str(_ROOT)):
            continue
        for (caller_file, _, _), (_, _, _, whole) in callers.items():
            if caller_file == own_file:
                part = f"{Path(file).stem}.{name.strip('_')}"
                parts[part] = parts.get(part, 0.0) + whole
    shares = sorted(parts.items(), key=lambda part: (-part[1], part[0]))
    return [(part, taken * whole / total) for part, whole in shares if whole >= least * total]


def _profile(call: Callable[[], object]) -> dict[Any, Any]:
    profiler = cProfile.Profile()
    profiler.runcall(call)
    rows: dict[Any, Any] = pstats.Stats(profiler).stats  # type: ignore[attr-defined]
    return rows


def _place(file: str, line: int) -> str:
    if not Path(file).is_file():
        return ""
    path = Path(file)
    shown = path.relative_to(_ROOT) if path.is_relative_to(_ROOT) else Path(path.name)
    return f"{shown.as_posix()}:{line}"
