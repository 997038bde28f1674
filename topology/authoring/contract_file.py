"""Contracts as files: kept beside the policies, and held against the network by a test."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO, get_args

import yaml

from topology.authoring.contract import Contract, Demand
from topology.authoring.yaml_text import to_yaml
from topology.errors import InvalidQuery, UnreadableInput
from topology.load.inputs import Input, read_inputs
from topology.load.problems import Report
from topology.model import Location, Protocol
from topology.paths.queries import PortQuery, parse_http, parse_port
from topology.policy.kafka import KafkaRequest, read_request
from topology.policy.verdict import HttpRequest

__all__ = ["ContractFile", "contract_text", "contract_to_dict", "read_contract", "read_contracts"]

_SECTIONS = ("must_allow", "must_deny")
_FIELDS = (
    "because",
    "claims",
    "dns",
    "dst",
    "headers",
    "host",
    "http",
    "kafka",
    "port",
    "proto",
    "src",
)
_PROTOCOLS: dict[str, Protocol] = {one.lower(): one for one in get_args(Protocol)}
_USAGE = "Write `must_allow:` and `must_deny:`, each a list of `{src, dst, port, proto, http}`."


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractFile:
    """A contract with the line of each of its demands."""

    contract: Contract
    locations: tuple[Location, ...]
    """Of the demands, those that must be allowed first."""


@dataclass(frozen=True, slots=True)
class _Value:
    """A value of the file with its line."""

    value: Any
    """A text, number or boolean; a dict of texts to _Value; a list of _Value; or None."""
    line: int


def read_contracts(
    paths: Sequence[str | Path], *, stdin: TextIO | None = None
) -> tuple[ContractFile, ...]:
    """Read contracts from files, folders (.yaml, .yml, .json) and `-`; policies are passed over.

    Raises:
        UnreadableInput: A file cannot be read, says something that is no contract, or none is one.
    """
    report = Report()
    found = [one for given in read_inputs(paths, stdin, report) for one in _read(given)]
    for problem in report.finish():
        if problem.severity == "error":
            raise UnreadableInput(problem.message, hint=problem.hint, location=problem.location)
    if not found:
        message = f"There is no contract in {', '.join(f'`{path}`' for path in paths)}."
        raise UnreadableInput(message, hint=_USAGE)
    return tuple(found)


def read_contract(text: str, *, name: str = "<text>") -> ContractFile:
    """Read the contracts in a text as one.

    Raises:
        UnreadableInput: It holds none, or something else besides.
    """
    found = list(_read(Input(name=name, data=text.encode())))
    if not found:
        raise UnreadableInput("The text holds no contract.", hint=_USAGE, location=Location(name))
    return ContractFile(
        contract=Contract(
            must_allow=tuple(one for each in found for one in each.contract.must_allow),
            must_deny=tuple(one for each in found for one in each.contract.must_deny),
        ),
        locations=tuple(place for each in found for place in each.locations),
    )


def contract_to_dict(contract: Contract) -> dict[str, Any]:
    """Return a contract in the form of the files, which is JSON's too."""
    return {
        "must_allow": [_to_dict(one) for one in contract.must_allow],
        "must_deny": [_to_dict(one) for one in contract.must_deny],
    }


def contract_text(contract: Contract, *, request: str = "") -> str:
    """Return a contract as a file to keep beside the policies."""
    comment = "What the policies are held to: `netassist policy test` reads this file."
    said = [f"Asked for: {request}"] if request else []
    return to_yaml(contract_to_dict(contract), {(): [comment, *said]})


def _to_dict(demand: Demand) -> dict[str, Any]:
    found: dict[str, Any] = {"src": demand.source, "dst": demand.destination}
    if demand.port is not None:
        found["port"] = demand.port
    found["proto"] = demand.protocol
    if demand.dns:
        found["dns"] = demand.dns
    if demand.kafka:
        found["kafka"] = str(demand.kafka)
    http = demand.http
    if http is not None:
        found["http"] = f"{http.method} {http.path}"
        if http.host:
            found["host"] = http.host
        if http.headers:
            found["headers"] = dict(http.headers)
        if http.claims:
            found["claims"] = json.loads(http.claims)
    if demand.because:
        found["because"] = demand.because
    return found


def _read(given: Input) -> Iterator[ContractFile]:
    try:
        nodes = list(yaml.compose_all(given.data.decode("utf-8", "replace"), yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        message = f"`{given.name}` is no YAML: {error.problem or error.context}."
        raise UnreadableInput(message, hint=_USAGE, location=Location(given.name, line)) from error
    except (yaml.YAMLError, RecursionError) as error:
        message = f"`{given.name}` is no YAML that can be read."
        raise UnreadableInput(message, hint=_USAGE, location=Location(given.name)) from error
    for node in nodes:
        if node is not None:
            document = _value(node)
            if isinstance(document.value, dict) and "kind" in document.value:
                continue
            yield _contract(document, given.name)


def _contract(document: _Value, file: str) -> ContractFile:
    fields = document.value
    if isinstance(fields, dict) and isinstance(getattr(fields.get("contract"), "value", 0), dict):
        fields = fields["contract"].value
    if not isinstance(fields, dict) or not fields.keys() & set(_SECTIONS):
        raise _refused("This is no contract.", _USAGE, file, document.line)
    for name, value in fields.items():
        if name not in _SECTIONS:
            message = f"A contract has no field `{name}`."
            raise _refused(message, _USAGE, file, value.line)
    demands: dict[str, list[Demand]] = {}
    locations = []
    for section in _SECTIONS:
        listed = fields.get(section)
        items = listed.value if listed and listed.value is not None else []
        if listed and not isinstance(items, list):
            message = f"`{section}` is no list."
            raise _refused(message, _USAGE, file, listed.line)
        demands[section] = [_demand(item, file) for item in items]
        locations += [Location(file, item.line) for item in items]
    return ContractFile(
        contract=Contract(
            must_allow=tuple(demands["must_allow"]), must_deny=tuple(demands["must_deny"])
        ),
        locations=tuple(locations),
    )


def _demand(item: _Value, file: str) -> Demand:
    fields = item.value
    if not isinstance(fields, dict):
        message = f"`{fields}` is no demand."
        raise _refused(message, _USAGE, file, item.line)
    for name, value in fields.items():
        if name not in _FIELDS:
            hint = f"There are {', '.join(f'`{one}`' for one in _FIELDS)}."
            message = f"A demand has no field `{name}`."
            raise _refused(message, hint, file, value.line)
    ends = [_text(fields, name, file, item.line) for name in ("src", "dst")]
    try:
        port = _port(fields)
        http = _http(fields)
    except InvalidQuery as error:
        raise _refused(error.message, error.hint, file, item.line) from error
    because, dns, kafka = (fields.get(name) for name in ("because", "dns", "kafka"))
    return Demand(
        source=ends[0],
        destination=ends[1],
        port=port.number,
        protocol=port.protocol,
        http=http,
        dns=str(dns.value) if dns else "",
        kafka=_kafka(kafka, file) if kafka else None,
        because=str(because.value) if because else "",
    )


def _kafka(written: _Value, file: str) -> KafkaRequest:
    try:
        return read_request(str(written.value))
    except ValueError as error:
        hint = "Write the kind of request and the topic: `produce orders`."
        raise _refused(str(error), hint, file, written.line) from error


def _text(fields: dict[str, _Value], name: str, file: str, line: int) -> str:
    found = fields.get(name)
    if found is None or not isinstance(found.value, str) or not found.value.strip():
        shown = f"`{name}: {found.value}`" if found and found.value is not None else f"no `{name}`"
        hint = "Name an end, such as `shop/web`, `service:shop/db`, `world` or `10.0.0.5`."
        message = f"The demand has {shown}."
        raise _refused(message, hint, file, found.line if found else line)
    return found.value.strip()


def _port(fields: dict[str, _Value]) -> PortQuery:
    written, protocol = fields.get("port"), fields.get("proto")
    query = PortQuery()
    if written is not None and written.value is not None:
        query = parse_port(str(written.value))
        if query.number is None and query.name:
            message = f"`{query.name}` is the name of a port."
            raise InvalidQuery(message, hint="A contract gives the number.")
    if protocol is not None and protocol.value is not None:
        named = _PROTOCOLS.get(str(protocol.value).lower())
        if named is None:
            message = f"`{protocol.value}` is no protocol."
            raise InvalidQuery(message, hint=f"Use one of {', '.join(_PROTOCOLS.values())}.")
        query = replace(query, protocol=named)
        if query.number is not None:
            query = parse_port(f"{query.number}/{named}")
    return query


def _http(fields: dict[str, _Value]) -> HttpRequest | None:
    written = fields.get("http")
    if written is None or written.value is None:
        return None
    more = {name: _plain(value) for name, value in fields.items()}
    text = _plain(written)
    if isinstance(text, dict):
        more |= text
        text = f"{text.get('method', 'GET')} {text.get('path', '/')}"
    headers = more.get("headers") or {}
    if isinstance(headers, list):
        headers = dict(part for part in headers if isinstance(part, list) and len(part) == 2)
    if not isinstance(headers, dict):
        message = f"`{headers}` are no headers."
        raise InvalidQuery(message, hint="Write `{name: value}`.")
    claims = more.get("claims") or ""
    return parse_http(
        str(text),
        host=str(more.get("host") or ""),
        headers=tuple((str(name), str(value)) for name, value in headers.items()),
        claims=claims if isinstance(claims, str) else json.dumps(claims),
    )


def _refused(message: str, hint: str, file: str, line: int) -> UnreadableInput:
    return UnreadableInput(message, hint=hint, location=Location(file, line))


def _value(node: yaml.Node) -> _Value:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        return _Value({str(_scalar(key)): _value(value) for key, value in node.value}, line)
    if isinstance(node, yaml.SequenceNode):
        return _Value([_value(one) for one in node.value], line)
    return _Value(_scalar(node), line)


def _scalar(node: yaml.Node) -> Any:
    if not isinstance(node, yaml.ScalarNode):
        return ""
    known = {"tag:yaml.org,2002:int", "tag:yaml.org,2002:bool", "tag:yaml.org,2002:null"}
    return yaml.safe_load(node.value) if node.tag in known else node.value


def _plain(value: _Value) -> Any:
    if isinstance(value.value, dict):
        return {name: _plain(one) for name, one in value.value.items()}
    if isinstance(value.value, list):
        return [_plain(one) for one in value.value]
    return value.value
