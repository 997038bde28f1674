"""The tier that answers without a language model."""

from assistant.models.rules.model import RulesModel

__all__ = ["RulesModel"]
