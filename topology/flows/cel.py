"""Filters in CEL, as `--cel-expression` takes them: `_flow.verdict == Verdict.DROPPED`.

Source: https://github.com/google/cel-spec (syntax, precedence, macros `has`, `all`,
`exists`, `exists_one`, `map`, `filter`);
pkg/hubble/filters/cel_expression.go: one variable `_flow`, and the enums of `flow.proto`. What is
absent from a flow has its type's zero value, as with protocol buffers. Left out: timestamps,
durations, and arithmetic on other than numbers.
"""

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from topology.errors import InvalidQuery
from topology.flows.cel_values import ABSENT, ENUMS, FIELDS, field_of
from topology.flows.patterns import compile_regex
from topology.flows.query import Predicate

__all__ = ["compile_cel"]

_Scope = Mapping[str, Any]
_Node = Callable[[_Scope], Any]

_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<number>0x[0-9a-fA-F]+|\d+(?:\.\d+)?)u?
      | (?P<text>r?"(?:\\.|[^"\\])*"|r?'(?:\\.|[^'\\])*')
      | (?P<name>[A-Za-z_]\w*)
      | (?P<sign>&&|\|\||==|!=|<=|>=|[-+*/%!<>()\[\].,?:])
      | (?P<end>\Z))""",
    re.VERBOSE,
)
_DEEPEST: Final = 50
_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_SUMS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {"+": operator.add, "-": operator.sub}
_PRODUCTS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "*": operator.mul,
    "/": operator.floordiv,
    "%": operator.mod,
}
_MACROS: Final[Mapping[str, Callable[[list[tuple[Any, Any]]], Any]]] = {
    "exists": lambda pairs: any(value is True for _, value in pairs),
    "all": lambda pairs: all(value is True for _, value in pairs),
    "exists_one": lambda pairs: sum(value is True for _, value in pairs) == 1,
    "filter": lambda pairs: [one for one, value in pairs if value is True],
    "map": lambda pairs: [value for _, value in pairs],
}
"""What becomes of each item of a list and of what a macro's expression says of it."""
_METHODS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "contains": str.__contains__,
    "matches": lambda text, pattern: compile_regex(pattern).search(text) is not None,
}


def compile_cel(text: str) -> Predicate:
    """Return the test that a CEL expression is; what cannot be evaluated matches nothing.

    Raises:
        InvalidQuery: It is no expression of the part of CEL that is known here.
    """
    node = _Parser(text).parse()

    def test(flow: Mapping[str, Any]) -> bool:
        try:
            return node({"_flow": flow}) is True
        except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError):
            return False

    return test


class _Parser:
    """Parses by descent; each method returns what evaluates its part."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(self._split(text))
        self._position = 0
        self._depth = 0
        self._names = {"_flow"}

    def _split(self, text: str) -> Any:
        position = 0
        while True:
            match = _TOKEN.match(text, position)
            if match is None:
                raise self._fault(text[position:])
            yield match.lastgroup, match[match.lastgroup or ""]
            position = match.end()
            if match.lastgroup == "end":
                return

    def parse(self) -> _Node:
        node = self._choice()
        if self._tokens[self._position][0] != "end":
            raise self._fault(self._tokens[self._position][1])
        return node

    def _fault(self, part: str) -> InvalidQuery:
        where = f" at `{part.strip()}`" if part.strip() else ""
        message = f"`{self._text}` is no CEL expression that is understood here{where}."
        return InvalidQuery(message, hint="Write it like `_flow.verdict == Verdict.DROPPED`.")

    def _take(self, *texts: str) -> str:
        """Return the next token if it is one of these signs or words, else nothing."""
        kind, text = self._tokens[self._position]
        if kind in ("sign", "name") and text in texts:
            self._position += 1
            return str(text)
        return ""

    def _demand(self, text: str) -> None:
        if not self._take(text):
            raise self._fault(self._tokens[self._position][1])

    def _choice(self) -> _Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._fault("")
        condition = self._either()
        if self._take("?"):
            yes = self._choice()
            self._demand(":")
            no = self._choice()
            self._depth -= 1
            return lambda scope: yes(scope) if condition(scope) else no(scope)
        self._depth -= 1
        return condition

    def _either(self) -> _Node:
        left = self._both()
        while self._take("||"):
            left = _either(left, self._both())
        return left

    def _both(self) -> _Node:
        left = self._relation()
        while self._take("&&"):
            left = _both(left, self._relation())
        return left

    def _relation(self) -> _Node:
        left = self._binary(_SUMS, lambda: self._binary(_PRODUCTS, self._unary))
        while sign := self._take(*_COMPARISONS, "in"):
            right = self._binary(_SUMS, lambda: self._binary(_PRODUCTS, self._unary))
            if sign == "in":
                left = _apply(lambda one, many: many is not ABSENT and one in many, left, right)
            else:
                left = _apply(_COMPARISONS[sign], left, right)
        return left

    def _binary(
        self, signs: Mapping[str, Callable[[Any, Any], Any]], inner: Callable[[], _Node]
    ) -> _Node:
        left = inner()
        while sign := self._take(*signs):
            left = _apply(signs[sign], left, inner())
        return left

    def _unary(self) -> _Node:
        if self._take("!"):
            inner = self._unary()
            return lambda scope: not inner(scope)
        if self._take("-"):
            inner = self._unary()
            return lambda scope: -inner(scope)
        return self._member(self._primary())

    def _member(self, node: _Node) -> _Node:
        while True:
            if self._take("["):
                node = _apply(operator.getitem, node, self._choice())
                self._demand("]")
            elif self._take("."):
                name = self._name()
                node = self._call(node, name) if self._take("(") else _access(node, name)
            else:
                return node

    def _call(self, node: _Node, name: str) -> _Node:
        """Return a method or macro that is called on a value."""
        if name in _MACROS:
            return self._macro(node, name)
        if name == "size":
            self._demand(")")
            return lambda scope: len(node(scope) or ())
        method = _METHODS.get(name)
        if method is None:
            raise self._fault(name)
        argument = self._choice()
        self._demand(")")
        return _apply(lambda text, other: method(text or "", other), node, argument)

    def _macro(self, node: _Node, name: str) -> _Node:
        """Return a macro that goes through a list: `exists`, `all`, `exists_one`, `filter`, `map`.

        `map` may be given a condition before what it makes: `x.map(i, i > 1, i * 2)`.
        """
        variable = self._name()
        self._demand(",")
        self._names.add(variable)
        body = self._choice()
        made = self._choice() if name == "map" and self._take(",") else None
        self._names.discard(variable)
        self._demand(")")
        fold = _MACROS[name]

        def each(scope: _Scope) -> Any:
            scopes = [{**scope, variable: one} for one in (node(scope) or ())]
            if made is not None:
                return [made(inner) for inner in scopes if body(inner) is True]
            return fold([(inner[variable], body(inner)) for inner in scopes])

        return each

    def _name(self) -> str:
        kind, text = self._tokens[self._position]
        if kind != "name":
            raise self._fault(text)
        self._position += 1
        return str(text)

    def _primary(self) -> _Node:
        kind, text = self._tokens[self._position]
        self._position += 1
        if kind == "number":
            number = float(text) if "." in text else int(text, 0)
            return lambda scope: number
        if kind == "text":
            plain = text[2:-1] if text[0] == "r" else re.sub(r"\\(.)", r"\1", text[1:-1])
            return lambda scope: plain
        if kind == "name":
            return self._named(text)
        if text == "(":
            inner = self._choice()
            self._demand(")")
            return inner
        if text == "[":
            return self._list()
        raise self._fault(text)

    def _list(self) -> _Node:
        items: list[_Node] = []
        while not self._take("]"):
            items.append(self._choice())
            if not self._take(","):
                self._demand("]")
                break
        return lambda scope: [item(scope) for item in items]

    def _named(self, name: str) -> _Node:
        if name in ("true", "false"):
            return lambda scope: name == "true"
        if name in ("has", "size") and self._take("("):
            inner = self._choice()
            self._demand(")")
            if name == "has":
                return lambda scope: inner(scope) is not ABSENT
            return lambda scope: len(inner(scope) or ())
        if name == "flow" and self._take("."):
            name = self._name()
        if name in ENUMS:
            return self._enum(name)
        if name not in self._names:
            raise self._fault(name)
        if name == "_flow" and self._tokens[self._position][1] == ".":
            field = self._tokens[self._position + 1][1]
            if field not in FIELDS:
                raise self._fault(field)
        return lambda scope: scope[name]

    def _enum(self, name: str) -> _Node:
        self._demand(".")
        value = self._name()
        if value not in ENUMS[name]:
            raise self._fault(value)
        return lambda scope: ENUMS[name][value]


def _either(left: _Node, right: _Node) -> _Node:
    return lambda scope: bool(left(scope)) or bool(right(scope))


def _both(left: _Node, right: _Node) -> _Node:
    return lambda scope: bool(left(scope)) and bool(right(scope))


def _apply(function: Callable[[Any, Any], Any], left: _Node, right: _Node) -> _Node:
    return lambda scope: function(left(scope), right(scope))


def _access(node: _Node, name: str) -> _Node:
    return lambda scope: field_of(node(scope), name)
