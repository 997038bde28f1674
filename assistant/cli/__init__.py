"""The command line. Import `assistant.cli.app` to run it."""

__all__: list[str] = []
