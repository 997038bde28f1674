"""The tools by which a model asks back or declines; a call of one ends the turn."""

from typing import Any

from langchain_core.tools import BaseTool, StructuredTool

__all__ = ["CONTROL", "CONTROL_TOOLS", "control_tools"]

CONTROL = {"netassist": "control"}
"""Metadata of a tool that ends a turn."""
CONTROL_TOOLS = ("ask_back", "decline")


def control_tools() -> list[BaseTool]:
    """Return the two tools; they take a text and do nothing."""

    def end(**_: Any) -> str:
        return ""

    texts = {
        "ask_back": (
            "Ask the person one question, when a name is ambiguous or a needed fact is missing.",
            "question",
            "The question, with the choices there are.",
        ),
        "decline": (
            "Decline a question that is outside this field or that no tool can compute.",
            "reason",
            "Why, and what could be asked instead; states no fact about the network.",
        ),
    }
    return [
        StructuredTool(
            name=name,
            description=description,
            metadata=CONTROL,
            args_schema={
                "type": "object",
                "properties": {argument: {"type": "string", "description": text}},
                "required": [argument],
            },
            func=end,
        )
        for name, (description, argument, text) in texts.items()
    ]
