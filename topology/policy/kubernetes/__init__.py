"""Kubernetes NetworkPolicy: from its objects to rules."""

__all__: list[str] = []
