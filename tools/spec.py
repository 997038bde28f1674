"""A tool: a typed function, defined once; every framework's form is derived from it."""

import functools
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from tools.errors import ToolError, translate
from topology.errors import TopologyError

if TYPE_CHECKING:
    from tools.workspace import Workspace

__all__ = ["Effect", "Evidence", "Permit", "ToolResult", "ToolSpec", "WriteResult", "tool"]

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

    def _repr_markdown_(self) -> str:
        """Return what a notebook shows."""
        return "\n\n".join((self.summary, *(f"Not verified: {one}" for one in self.not_verified)))


class WriteResult(ToolResult):
    """What a tool that writes did, or, without a permit, would do."""

    applied: bool
    """False: nothing was changed; the summary says what would have been."""
    basis: int
    """The state that the result was computed on; a permit holds for no other."""
    possible: bool = True
    """False: it cannot be done at all, so there is nothing to permit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """Leave to make one call of one tool that writes, on the state on which it was shown."""

    tool: str
    arguments: Mapping[str, Any]
    """Checked, with defaults: what was shown to whoever gave leave."""
    basis: int

    def covers(self, tool: str, arguments: Mapping[str, Any]) -> bool:
        """Return whether this is leave for that very call."""
        return self.tool == tool and dict(self.arguments) == dict(arguments)


_BASIS = "basis"
"""The parameter through which a tool that writes hears of a permit; no caller can fill it."""


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

    def call(
        self, workspace: "Workspace", arguments: dict[str, Any], *, permit: Permit | None = None
    ) -> ToolResult:
        """Check the arguments and run the tool.

        Without a permit for this very call, a tool that writes only says what it would do.

        Raises:
            ToolError: An argument is missing, unknown, or of the wrong form, the tool cannot
                answer the call as it stands, or the permit is for another call.
        """
        fields = self.check(arguments)
        if self.effect != "write":
            return self.run(workspace, **fields)
        if permit is not None and not permit.covers(self.name, fields):
            message = f"The approval is for another call than this one of `{self.name}`."
            raise ToolError(message, hint="Nothing was changed; ask for approval again.")
        return self.run(workspace, **fields, **{_BASIS: permit.basis if permit else None})

    def check(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments in their types and with the defaults of those left out.

        Raises:
            ToolError: One is missing, unknown, or of the wrong form.
        """
        try:
            values = self.args.model_validate(arguments)
        except ValidationError as error:
            raise ToolError(_describe(self, error), hint=_usage(self)) from error
        return {name: getattr(values, name) for name in type(values).model_fields}


def tool(*, effect: Effect = "read") -> Callable[[Callable[..., ToolResult]], ToolSpec]:
    """Make a ToolSpec of a function whose first parameter is the Workspace.

    Errors about names and queries become ToolErrors, whichever way the tool is run. A tool with
    the effect `write` takes a keyword `basis: int | None`, which is no argument of a call: without
    one it changes nothing; with one it makes the change, if that is still the state of things.

    Raises:
        TypeError: At import time, when an argument or the result is not documented or typed.
    """

    def wrap(function: Callable[..., ToolResult]) -> ToolSpec:
        documentation = inspect.getdoc(function) or ""
        hints = get_type_hints(function, include_extras=True)
        _check(function, documentation, hints)
        _check_effect(function, hints, effect)
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
    workspace, *parameters = [
        name for name in inspect.signature(function).parameters if name != _BASIS
    ]
    texts = _read_arguments(documentation)
    unknown = texts.keys() - {workspace, *parameters, _BASIS}
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


def _check_effect(function: Callable[..., Any], hints: dict[str, Any], effect: Effect) -> None:
    """Refuse a tool that could write without a permit, or that cannot say whether it did."""
    basis = inspect.signature(function).parameters.get(_BASIS)
    writes = effect == "write"
    bound = basis is not None and basis.kind is basis.KEYWORD_ONLY and basis.default is None
    if writes != (basis is not None) or (writes and not bound):
        message = (
            f"The tool `{function.__name__}` must take `*, basis: int | None = None` to write."
        )
        raise TypeError(message)
    if writes and not issubclass(hints["return"], WriteResult):
        message = f"The tool `{function.__name__}` writes and does not return a WriteResult."
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
    """Return the parameters of a call: without the Workspace and the basis, which are bound."""
    parameters = list(inspect.signature(function).parameters.values())[1:]
    return [parameter for parameter in parameters if parameter.name != _BASIS]


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
