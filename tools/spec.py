"""A tool: a typed function, defined once; every framework's form is derived from it."""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from tools.errors import ToolError

if TYPE_CHECKING:
    from tools.workspace import Workspace

__all__ = ["Effect", "Evidence", "ToolResult", "ToolSpec", "tool"]

Effect = Literal["read", "propose", "write"]


class Evidence(BaseModel):
    """A statement and what it rests on."""

    model_config = ConfigDict(frozen=True)

    claim: str
    source: str
    """The policy (`Kind/namespace/name`), document, formula or object."""
    location: str = ""
    """`file:line`, a rule's path, or an address of a document; may be empty."""


class ToolResult(BaseModel):
    """What every tool answers: a computed summary first, then the data behind it."""

    model_config = ConfigDict(frozen=True)

    summary: str
    """The answer in plain sentences (Markdown), complete and true on its own."""
    verdict: Literal["allow", "deny", "unknown"] | None = None
    """Set by tools that decide whether traffic passes."""
    evidence: tuple[Evidence, ...] = ()
    not_verified: tuple[str, ...] = ()
    """What could not be checked, each with its reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSpec:
    """One capability: its name, what it takes, what it gives, and the function behind it."""

    name: str
    summary: str
    description: str
    args: type[BaseModel]
    result: type[ToolResult]
    effect: Effect
    run: Callable[..., ToolResult]

    def call(self, workspace: "Workspace", arguments: dict[str, Any]) -> ToolResult:
        """Check the arguments and run the tool.

        Raises:
            ToolError: An argument is missing, unknown, or of the wrong form, or the tool
                cannot answer the call as it stands.
        """
        try:
            values = self.args.model_validate(arguments)
        except ValidationError as error:
            raise ToolError(_describe(self, error), hint=_usage(self)) from error
        fields = {name: getattr(values, name) for name in self.args.model_fields}
        return self.run(workspace, **fields)


def tool(*, effect: Effect = "read") -> Callable[[Callable[..., ToolResult]], ToolSpec]:
    """Make a ToolSpec of a function whose first parameter is the Workspace.

    Raises:
        TypeError: At import time, when an argument or the result is not documented or typed.
    """

    def wrap(function: Callable[..., ToolResult]) -> ToolSpec:
        documentation = inspect.getdoc(function) or ""
        texts = _read_arguments(documentation)
        hints = get_type_hints(function)
        fields: dict[str, Any] = {}
        for parameter in list(inspect.signature(function).parameters.values())[1:]:
            if parameter.name not in texts:
                message = f"`{function.__name__}` does not document `{parameter.name}`"
                raise TypeError(message)
            default = ... if parameter.default is parameter.empty else parameter.default
            text = texts[parameter.name]
            fields[parameter.name] = (hints[parameter.name], Field(default, description=text))
        return ToolSpec(
            name=function.__name__,
            summary=documentation.split("\n", 1)[0],
            description=re.split(r"\n(?:Args|Returns|Raises):\n", documentation)[0].strip(),
            args=create_model(
                f"{function.__name__}_arguments", __config__=ConfigDict(extra="forbid"), **fields
            ),
            result=hints["return"],
            effect=effect,
            run=function,
        )

    return wrap


def _read_arguments(documentation: str) -> dict[str, str]:
    """Return the text of each entry of the Google-style `Args:` section."""
    section = re.search(
        r"^Args:\n(.*?)(?=^\S|\Z)", documentation, re.DOTALL | re.MULTILINE
    )
    if not section:
        return {}
    entries = re.findall(r"^    (\w+): (.*(?:\n {5,}.*)*)", section[1], re.MULTILINE)
    return {name: re.sub(r"\s+", " ", text).strip() for name, text in entries}


def _describe(spec: ToolSpec, error: ValidationError) -> str:
    parts = []
    for fault in error.errors():
        name = ".".join(str(part) for part in fault["loc"])
        given = fault.get("input")
        shown = "" if fault["type"] == "missing" else f" (got `{given}`)"
        parts.append(f"`{name}`: {fault['msg']}{shown}")
    return f"`{spec.name}` cannot be called like this: " + "; ".join(parts) + "."


def _usage(spec: ToolSpec) -> str:
    names = [
        name if field.is_required() else f"[{name}]" for name, field in spec.args.model_fields.items()
    ]
    return f"It takes {', '.join(names)}."
