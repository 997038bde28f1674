"""The models that understand questions: hosted, local and rules; same tools, same checks."""

__all__: list[str] = []
