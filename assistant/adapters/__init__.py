"""ToolSpec in the form of each framework; the only code that knows both."""

__all__: list[str] = []
