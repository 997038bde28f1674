"""Models that lie, and what may be left of their words."""

__all__: list[str] = []
