"""A tool: a typed function, defined once; every framework's form is derived from it."""

import functools
import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from tools.errors import ToolError, translate
from topology.errors import TopologyError

if TYPE_CHECKING:
    from tools.workspace import Workspace

__all__ = ["Effect", "Evidence", "ToolResult", "ToolSpec", "tool"]

Effect = Literal["read", "propose", "write"]
_SHOWN = 80
"""Characters of an offending value that a message quotes."""


class Evidence(BaseModel):
    """A statement and what it rests on."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    claim: str
    source: str
    """The policy (`Kind/namespace/name`), document, formula or object."""
    location: str = ""
    """`file:line`, a rule's path, or an address of a document; may be empty."""


class ToolResult(BaseModel):
    """What every tool answers: a computed summary first, then the data behind it."""

    model_config = ConfigDict(frozen=True, defer_build=True)

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
        fields = {name: getattr(values, name) for name in type(values).model_fields}
        return self.run(workspace, **fields)


def tool(*, effect: Effect = "read") -> Callable[[Callable[..., ToolResult]], ToolSpec]:
    """Make a ToolSpec of a function whose first parameter is the Workspace.

    Errors about names and queries become ToolErrors, whichever way the tool is run.

    Raises:
        TypeError: At import time, when an argument or the result is not documented or typed.
    """

    def wrap(function: Callable[..., ToolResult]) -> ToolSpec:
        documentation = inspect.getdoc(function) or ""
        hints = get_type_hints(function, include_extras=True)
        _check(function, documentation, hints)
        return ToolSpec(
            name=function.__name__,
            summary=documentation.split("\n", 1)[0],
            description=re.split(r"\n(?:Args|Returns|Raises):\n", documentation)[0].strip(),
            args=create_model(
                f"{function.__name__}_arguments",
                __config__=ConfigDict(extra="forbid", defer_build=True),
                **_fields(function, documentation, hints),
            ),
            result=hints["return"],
            effect=effect,
            run=_translating(function),
        )

    return wrap


def _check(function: Callable[..., Any], documentation: str, hints: dict[str, Any]) -> None:
    """Refuse a tool that its users could not understand."""
    workspace, *parameters = inspect.signature(function).parameters
    texts = _read_arguments(documentation)
    unknown = texts.keys() - {workspace, *parameters}
    faults = [f"does not document `{name}`" for name in parameters if not texts.get(name)]
    faults += [f"documents `{name}`, which it does not take" for name in unknown]
    faults += [f"does not type `{name}`" for name in parameters if name not in hints]
    if not documentation:
        faults.append("has no docstring")
    result = hints.get("return")
    if not (isinstance(result, type) and issubclass(result, ToolResult)):
        faults.append("does not return a ToolResult")
    if faults:
        message = f"The tool `{function.__name__}` {', '.join(sorted(faults))}."
        raise TypeError(message)


def _fields(
    function: Callable[..., Any], documentation: str, hints: dict[str, Any]
) -> dict[str, Any]:
    texts = _read_arguments(documentation)
    fields: dict[str, Any] = {}
    for parameter in _parameters(function):
        hint, text = hints[parameter.name], texts[parameter.name]
        if parameter.default is parameter.empty:
            fields[parameter.name] = (hint, Field(description=text))
        elif get_origin(hint) is Sequence:
            # Every framework knows lists; a default that can be changed belongs to no signature.
            (item,) = get_args(hint)
            listed: Any = Field(default_factory=list, description=text)
            fields[parameter.name] = (list.__class_getitem__(item), listed)
        else:
            fields[parameter.name] = (hint, Field(parameter.default, description=text))
    return fields


def _parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """Return the parameters without the first, the Workspace, which the adapter binds."""
    return list(inspect.signature(function).parameters.values())[1:]


def _translating(function: Callable[..., ToolResult]) -> Callable[..., ToolResult]:
    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> ToolResult:
        try:
            return function(*args, **kwargs)
        except TopologyError as error:
            raise translate(error) from error

    return run


def _read_arguments(documentation: str) -> dict[str, str]:
    """Return the text of each entry of the Google-style `Args:` section."""
    section = re.search(r"^Args:\n(.*?)(?=^\S|\Z)", documentation, re.DOTALL | re.MULTILINE)
    if not section:
        return {}
    entries = re.findall(r"^ {4}(\w+): (.*(?:\n+ {5,}.*)*)", section[1], re.MULTILINE)
    return {name: re.sub(r"\s+", " ", text).strip() for name, text in entries}


def _describe(spec: ToolSpec, error: ValidationError) -> str:
    parts = []
    for fault in error.errors():
        name = ".".join(str(part) for part in fault["loc"])
        if fault["type"] == "missing":
            parts.append(f"`{name}` is missing")
        elif fault["type"] == "extra_forbidden":
            parts.append(f"there is no argument `{name}`")
        else:
            shown = str(fault.get("input"))[:_SHOWN]
            text = fault["msg"].removeprefix("Value error, ").rstrip(".")
            parts.append(f"`{name}`: {text} (got `{shown}`)")
    return f"`{spec.name}` cannot be called like this: {'; '.join(parts)}."


def _usage(spec: ToolSpec) -> str:
    names = [
        f"`{name}`" if field.is_required() else f"[`{name}`]"
        for name, field in spec.args.model_fields.items()
    ]
    return f"It takes {', '.join(names)}." if names else "It takes no arguments."
