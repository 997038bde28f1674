"""The tier with a small model in process, which never speaks freely."""

__all__: list[str] = []
