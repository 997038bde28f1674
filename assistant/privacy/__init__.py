"""What leaves the machine: never a secret, and by option none of the network's names."""

__all__: list[str] = []
