"""What stands between the agent and a hosted model: privacy, length, tools and budget."""

__all__: list[str] = []
