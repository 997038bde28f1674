"""Requests that the rules of some policies tell apart: those that hit, and those that just miss."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import product
from typing import Any

from topology.model import Document
from topology.policy.cilium.kafka import read_kafka
from topology.policy.fields import Rejected
from topology.policy.kafka import KafkaRequest, KafkaRule
from topology.policy.verdict import HttpRequest

__all__ = ["dns_probes", "http_probes", "kafka_probes"]

_MOST = 400
_METHOD, _PATH, _HOST = "PROPFIND", "/netassist-none", "netassist.none"
_CLAIM = re.compile(r"\[([^\]]+)\]")


def http_probes(policies: Iterable[Document]) -> list[HttpRequest]:
    """Return requests for everything that HTTP rules and operations name, and besides."""
    fields: dict[str, dict[str, None]] = {name: {} for name in ("method", "path", "host")}
    headers: dict[tuple[str, str], None] = {}
    claims: dict[str, dict[str, Any]] = {"": {}}
    for policy in policies:
        for rule in _mappings(policy.body):
            _operation(rule, fields, headers)
            _tokens(rule, claims)
    chosen = {
        "method": [*fields["method"], _METHOD],
        "path": [*fields["path"], _PATH],
        "host": [*fields["host"], _HOST] if fields["host"] else [""],
    }
    carried: list[tuple[tuple[str, str], ...]] = [(), *((one,) for one in headers), tuple(headers)]
    tokens = [json.dumps(one) if one else "" for one in claims.values()]
    found = [
        HttpRequest(method=method, path=path, host=host, headers=sent, claims=token)
        for method, path, host in product(chosen["method"], chosen["path"], chosen["host"])
        for sent, token in product(dict.fromkeys(carried), dict.fromkeys(tokens))
    ]
    step = max(1, len(found) // _MOST)
    return found[::step] if len(found) > _MOST else found


def dns_probes(policies: Iterable[Document]) -> list[str]:
    """Return names that DNS rules match, and one that none does."""
    found: dict[str, None] = {}
    for policy in policies:
        for rule in _mappings(policy.body):
            for key in ("matchName", "matchPattern"):
                if isinstance(rule.get(key), str):
                    found[rule[key].replace("*", "sub")] = None
                    found[f"x.{rule[key].replace('*', 'sub')}"] = None
    return [*found, _HOST] if found else []


def kafka_probes(policies: Iterable[Document]) -> list[KafkaRequest]:
    """Return requests to brokers that Kafka rules tell apart, and some that none lets through."""
    rules: list[KafkaRule] = []
    for policy in policies:
        for found in _mappings(policy.body):
            for rule in found.get("kafka") or ():
                with suppress(Rejected, AttributeError):
                    rules.append(read_kafka(rule, ""))
    if not rules:
        return []
    keys = dict.fromkeys([*(key for rule in rules for key in rule.keys), "deletetopics"])
    topics = dict.fromkeys([*(rule.topic for rule in rules if rule.topic), "netassist-none"])
    versions = dict.fromkeys([*(r.version for r in rules if r.version is not None), 99])
    clients = dict.fromkeys([*(rule.client for rule in rules if rule.client), "netassist"])
    found_ = [
        KafkaRequest(key=key, topic=topic, version=version, client=client)
        for key, topic, version, client in product(keys, topics, versions, clients)
    ]
    return found_[:: max(1, len(found_) // _MOST)]


def _mappings(value: Any) -> Iterator[Mapping[str, Any]]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping):
            yield one
            waiting.extend(one.values())
        elif isinstance(one, list | tuple):
            waiting.extend(one)


def _operation(
    rule: Mapping[str, Any],
    fields: dict[str, dict[str, None]],
    headers: dict[tuple[str, str], None],
) -> None:
    """Add what one mapping of a policy says of methods, paths, hosts and headers."""
    for field, plural in (("method", "methods"), ("path", "paths"), ("host", "hosts")):
        written = [rule[field]] if isinstance(rule.get(field), str) else []
        for name in (plural, f"not{plural.title()}"):
            listed = rule.get(name)
            written += [one for one in listed or () if isinstance(one, str)]
        fields[field].update(dict.fromkeys(sample for text in written for sample in _samples(text)))
    headers.update(dict.fromkeys(_headers(rule)))


def _headers(rule: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for text in rule.get("headers") or ():
        if isinstance(text, str):
            name, _, value = text.partition(":")
            yield name.strip(), value.strip() or "x"
    for match in rule.get("headerMatches") or ():
        if isinstance(match, Mapping):
            yield str(match.get("name")), str(match.get("value", "x"))
    key = rule.get("key")
    if isinstance(key, str) and key.startswith("request.headers"):
        for value in rule.get("values") or ():
            yield _CLAIM.findall(key)[0], str(value).replace("*", "x")


def _samples(text: str) -> Iterator[str]:
    """Yield texts that a pattern matches, and some that it nearly does."""
    bare = text.removeprefix("^").removesuffix("$")
    options = bare.split("|") if not re.search(r"[()\[\]]", bare) else [bare]
    for option in options:
        plain = re.sub(r"\[[^\]]*\][*+?]?", "a", option.replace(".*", "*"))
        plain = re.sub(r"\\(.)", r"\1", plain).replace("?", "").replace("+", "")
        plain = re.sub(r"\{[*]+\}", "*", plain)
        yield plain.replace("*", "")
        yield plain.replace("*", "more")
        yield f"{plain.replace('*', '')}/more"
        yield f"x{plain.replace('*', '')}"


def _tokens(rule: Mapping[str, Any], claims: dict[str, dict[str, Any]]) -> None:
    """Add the tokens that request principals, issuers and claims tell apart."""
    for name in ("requestPrincipals", "notRequestPrincipals"):
        for text in rule.get(name) or ():
            issuer, _, subject = str(text).rpartition("/")
            _add(
                claims,
                {
                    "iss": issuer.replace("*", "any") or "issuer",
                    "sub": subject.replace("*", "any") or "any",
                },
            )
    if isinstance(rule.get("issuer"), str):
        _add(claims, {"iss": rule["issuer"], "sub": "any"})
    key = rule.get("key")
    if not isinstance(key, str) or not key.startswith("request.auth"):
        return
    for value in rule.get("values") or ():
        text = str(value).replace("*", "any")
        if key == "request.auth.audiences":
            _add(claims, {"aud": text})
        elif key == "request.auth.principal":
            issuer, _, subject = text.rpartition("/")
            _add(claims, {"iss": issuer or "issuer", "sub": subject})
        elif key.startswith("request.auth.claims"):
            _add(claims, _nested(_CLAIM.findall(key), text))


def _nested(path: list[str], value: str) -> dict[str, Any]:
    found: Any = value
    for part in reversed(path):
        found = {part: found}
    return dict(found)


def _add(claims: dict[str, dict[str, Any]], wanted: dict[str, Any]) -> None:
    """Add a token, alone and together with what is known so far."""
    for known in list(claims.values())[:12]:
        both = {"iss": "issuer", "sub": "any", **known, **wanted}
        claims[json.dumps(both, sort_keys=True)] = both
