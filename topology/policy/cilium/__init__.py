"""CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy: from their objects to rules."""

__all__: list[str] = []
