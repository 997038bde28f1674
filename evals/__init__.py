"""Measurement: the engine against ground truth, the assistant against questions with answers."""

__all__: list[str] = []
