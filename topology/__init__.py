"""The network itself: values, names, paths and policies; pure, synchronous, deterministic."""

__all__: list[str] = []
