"""ToolSpec to each framework's own form; the only places that know both."""

__all__: list[str] = []
