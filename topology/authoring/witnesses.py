"""Requests that stand for all that a clause is about, and others that it leaves out."""

import json
import re
from collections.abc import Iterable, Iterator

from topology.authoring.intent import KafkaTest, RequestTest, TokenTest, Traffic
from topology.policy.kafka import ROLES, KafkaRequest, KafkaRule
from topology.policy.verdict import HttpRequest

__all__ = ["kafka_in", "kafka_out", "requests_in", "requests_out", "sample_name"]

_METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")
_OTHER_PATH = "/not-asked-for"
_FILL = "a"
_FEW = 8


def requests_in(traffic: Traffic) -> tuple[HttpRequest | None, ...]:
    """Return requests that pass if the traffic may; (None,) where it is not about requests."""
    if not traffic.requests and not traffic.tokens:
        return (None,)
    found = [
        request
        for test in traffic.requests or (RequestTest(),)
        for token in traffic.tokens or (None,)
        for request in _samples(test, token)
    ]
    return tuple(dict.fromkeys(found))


def requests_out(traffics: Iterable[Traffic]) -> tuple[HttpRequest, ...]:
    """Return requests that none of some traffics includes; nothing if one includes all."""
    traffics = tuple(traffics)
    if any(not one.requests and not one.tokens for one in traffics):
        return ()
    found: dict[HttpRequest, None] = {}
    for traffic in traffics:
        for inside in requests_in(traffic):
            if inside is not None:
                for candidate in _neighbours(inside):
                    if not any(_includes(one, candidate) for one in traffics):
                        found[candidate] = None
    return tuple(found)[:_FEW]


def kafka_in(traffic: Traffic) -> tuple[KafkaRequest | None, ...]:
    """Return requests to a broker that pass if the traffic may; (None,) where it names none."""
    found = [
        KafkaRequest(key=key, topic=test.topic, version=int(test.version or 0), client=test.client)
        for test in traffic.kafka
        for key in _kafka_keys(test) or ("produce", "fetch")
    ]
    return tuple(dict.fromkeys(found)) or (None,)


def kafka_out(traffics: Iterable[Traffic]) -> tuple[KafkaRequest, ...]:
    """Return requests to a broker that none of some traffics includes, if all of them name some."""
    traffics = tuple(traffics)
    if not traffics or not all(one.kafka for one in traffics):
        return ()
    tests = [test for one in traffics for test in one.kafka]
    rules = [
        KafkaRule(
            keys=_kafka_keys(test),
            topic=test.topic,
            version=int(test.version) if test.version else None,
            client=test.client,
        )
        for test in tests
    ]
    topics = dict.fromkeys([*(test.topic for test in tests if test.topic), "not-asked-for"])
    client = tests[0].client
    tried = (
        KafkaRequest(key=key, topic=topic, version=int(tests[0].version or 0), client=client)
        for key in ("produce", "fetch", "createtopics")
        for topic in topics
    )
    return tuple(one for one in tried if not any(rule.matches(one) for rule in rules))[:_FEW]


def _kafka_keys(test: KafkaTest) -> tuple[str, ...]:
    return ROLES.get(test.role) or ((test.key.lower(),) if test.key else ())


def sample_name(name: str) -> str:
    """Return a DNS name that a pattern matches.

    >>> sample_name("*.example.com")
    'sample.example.com'
    """
    filled = "sample." + name.lstrip("*").removeprefix(".") if name.startswith("**.") else name
    filled = filled.replace("*", "sample")
    return filled.rstrip(".").lower()


def _samples(test: RequestTest, token: TokenTest | None) -> Iterator[HttpRequest]:
    headers = tuple((name, value or _FILL) for name, value in test.headers)
    for method in test.methods or ("GET",):
        for path in test.paths or ("/",):
            written = _sample_of_regex(path) if test.regex else _sample_path(path)
            if written is None:
                continue
            for host in test.hosts or ("",):
                for query in ("", "?q=1") if test.queries else ("",):
                    yield HttpRequest(
                        method=method,
                        path=f"{written}{query}",
                        host=host.replace("*", "sample"),
                        headers=headers,
                        claims=_claims(token),
                    )


def _sample_path(path: str) -> str:
    if path == "*":
        return "/"
    if path.startswith("*"):
        return path[1:] if path[1:].startswith("/") else f"/{path[1:]}"
    filled = path.replace("{**}", _FILL).replace("{*}", _FILL)
    return filled[:-1] if filled.endswith("*") else filled


def _sample_of_regex(pattern: str) -> str | None:
    """Return a path that a regular expression of the usual sort matches, if one is found."""
    text = re.sub(r"\((?:\?:)?([^()|]*)[^()]*\)[?*+]?", r"\1", pattern)
    text = re.sub(r"\[0-9\][+*]?|\\d[+*]?", "1", text)
    text = re.sub(r"\[[^\]]*\][+*]?(?:\{\d+(?:,\d*)?\})?|\.[+*]", _FILL, text)
    text = text.strip("^$").replace("\\", "").replace("?", "")
    try:
        return text if re.fullmatch(pattern, text) else None
    except re.error:
        return None


def _claims(token: TokenTest | None) -> str:
    if token is None:
        return ""
    claims: dict[str, object] = {
        "iss": _filled(token.issuers, "https://issuer.example"),
        "sub": _filled(token.subjects, "someone"),
    }
    if token.audiences:
        claims["aud"] = _filled(token.audiences, "")
    for path, values in token.claims:
        place: dict[str, object] = claims
        for part in path[:-1]:
            inner = place.setdefault(part, {})
            place = inner if isinstance(inner, dict) else place
        place[path[-1]] = _filled(values, _FILL)
    return json.dumps(claims, sort_keys=True)


def _filled(values: tuple[str, ...], default: str) -> str:
    return values[0].replace("*", _FILL) if values else default


def _neighbours(request: HttpRequest) -> Iterator[HttpRequest]:
    """Yield requests that differ from one in one respect."""
    from dataclasses import replace

    for method in _METHODS:
        yield replace(request, method=method)
    yield replace(request, path=_OTHER_PATH)
    yield replace(request, path=request.path.rstrip("/") + _OTHER_PATH)
    if request.host:
        yield replace(request, host="other.example")
    if request.headers:
        yield replace(request, headers=())
    if request.claims:
        yield replace(request, claims="")
        changed = {**json.loads(request.claims), "iss": "https://other.example"}
        yield replace(request, claims=json.dumps(changed, sort_keys=True))


def _includes(traffic: Traffic, request: HttpRequest) -> bool:
    if traffic.requests and not any(_passes(test, request) for test in traffic.requests):
        return False
    return not traffic.tokens or any(_bears(test, request) for test in traffic.tokens)


def _passes(test: RequestTest, request: HttpRequest) -> bool:
    if test.methods and request.method not in test.methods:
        return False
    path = request.path.partition("?")[0] if test.queries else request.path
    if test.paths and not any(_path_fits(one, path, test.regex) for one in test.paths):
        return False
    if test.hosts and not any(_fits(one.lower(), request.host.lower()) for one in test.hosts):
        return False
    sent = {name.lower(): value for name, value in request.headers}
    return all(
        name.lower() in sent and value in ("", sent[name.lower()]) for name, value in test.headers
    )


def _path_fits(written: str, path: str, regex: bool) -> bool:
    if not regex:
        return _fits(written, path)
    try:
        return re.fullmatch(written, path) is not None
    except re.error:
        return True


def _fits(written: str, value: str) -> bool:
    parts = re.split(r"(?<=/)(\{\*\*?\})(?=/|$)", written)
    if len(parts) > 1:
        regex = "".join({"{*}": "[^/]+", "{**}": ".*"}.get(part, re.escape(part)) for part in parts)
        return re.fullmatch(regex, value) is not None
    if written.startswith("*"):
        return value.endswith(written[1:])
    return value.startswith(written[:-1]) if written.endswith("*") else value == written


def _bears(test: TokenTest, request: HttpRequest) -> bool:
    if not request.claims:
        return False
    claims = json.loads(request.claims)
    if test.issuers and not any(_fits(one, str(claims.get("iss"))) for one in test.issuers):
        return False
    return _claims(test) == request.claims or not (test.subjects or test.audiences or test.claims)
