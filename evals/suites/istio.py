"""Authorization against the answers of a real Envoy.

Each line of the file is a case: policies that select one workload, and requests with the answer
that Envoy gave. The case is laid out as a cluster of one pod, so that reading, selection, mutual
TLS, tokens and evaluation are all the product's own.

Two things a case only names. Its keys: see `istio_tokens`. And its external authorizer, which lets
a request pass that carries the header `x-custom-id: allow`, unless the name of the case says that
the provider is not valid (`bad-provider`) or does not answer (`provider-down`).
"""

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from ipaddress import ip_address, ip_network
from pathlib import Path
from types import MappingProxyType
from typing import Any

import orjson

from evals.suites.istio_tokens import NOW, bearer_of, check_by_name
from evals.suites.result import UNREADABLE, SuiteResult, Tally
from topology.model import Cluster, Document, Namespace, Pod, Source, Workload
from topology.policy.istio import Connection, MeshPolicies, MeshSettings
from topology.policy.istio.paths import normalize
from topology.policy.istio.requests import PATH, remote_range
from topology.policy.istio.truth import Truth
from topology.policy.verdict import HttpRequest

__all__ = ["run"]

DEFAULT_CASES = (
    Path(__file__).resolve().parents[2] / ".." / "shared" / "cases" / "istio/cases.jsonl"
)
NAMESPACE, ROOT = "foo", "istio-system"
_DEFAULT_HOST, _DEFAULT_SOURCE, _DEFAULT_DESTINATION = "httpbin.foo", "127.0.0.1", "10.244.1.5"
_DEFAULT_PORT = 8000


def run(cases: Path | None) -> SuiteResult:
    """Check every request of every case.

    Args:
        cases: A file in the form of `cases/istio/cases.jsonl`; None means that file itself.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: A line is no case.
    """
    started = time.monotonic()
    tally = Tally("istio")
    for case in _read(cases or DEFAULT_CASES):
        tally.cases += 1
        try:
            workload = _Workload(case)
        except UNREADABLE as error:
            tally.pass_over(str(case["id"]), error, len(case["requests"]))
            continue
        for each in case["requests"]:
            query = orjson.dumps(each.get("request")).decode()
            try:
                got, wanted = workload.answer(each.get("request") or {}), each["verdict"]
            except UNREADABLE as error:
                tally.pass_over(f"{case['id']} {query}", error)
                continue
            tally.check(str(case["id"]), query, wanted, got)
    return tally.result(time.monotonic() - started)


def _read(path: Path) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        if not line.strip():
            continue
        try:
            case = orjson.loads(line)
            case["id"], case["requests"], case["policies"], case["proto"]
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            message = f"{path}:{number}: not a case of this suite ({error})"
            raise ValueError(message) from error
        yield case


class _Workload:
    """The one workload of a case, behind its proxy."""

    def __init__(self, case: Mapping[str, Any]) -> None:
        given = [*(case["policies"] or ()), *(case.get("request_authn") or ())]
        objects, namespace = _selecting(given)
        self.http = case["proto"] == "http"
        self.mode = case.get("peer_authn_mode")
        self.hops = case.get("gateway_hops")
        self.metadata = case.get("meta")
        self.authorizer = _Authorizer(case)
        domains = case.get("tds") or ["cluster.local"]
        self.settings = MeshSettings(
            root_namespace=ROOT,
            trust_domain=domains[0],
            trust_domain_aliases=tuple(domains[1:]),
            path_normalization=case.get("norm") or "BASE",
            providers=self.authorizer.providers,
            http_providers=self.authorizer.providers,
        )
        self.pod = _pod(objects, namespace)
        documents = [_document(each) for each in objects]
        if self.mode:
            documents.append(_document(_peer_authentication(self.mode, namespace)))
        cluster = Cluster(
            namespaces={namespace: Namespace(name=namespace)},
            workloads=(
                Workload(kind="Pod", namespace=namespace, name=self.pod.name, pods=(self.pod,)),
            ),
            policies=tuple(documents),
        )
        self.mesh = MeshPolicies.build(cluster, settings=self.settings, now=NOW)
        rules = self.mesh.index.token_rules(self.pod)
        self.issuer = rules[0].issuer if rules else ""
        self.reads_tokens = self.http and case.get("request_authn") is not None

    def answer(self, request: Mapping[str, Any]) -> str:
        """Return what the product says the proxy answers."""
        port = int(request.get("dst_port") or _DEFAULT_PORT)
        known = bool(request.get("principal"))
        mode = self.mesh.index.mode(self.pod, port).mode
        if (mode == "STRICT" and not known) or (
            # A server without TLS takes the handshake for garbage.
            mode == "DISABLE" and (known or request.get("tls"))
        ):
            return "connection-refused"
        if not self.reads_tokens and str(request.get("raw_token") or "").startswith("<"):
            # Nobody reads the token, whatever it is.
            request = {**request, "raw_token": "unread"}
        http = _http_request(request, self.issuer)
        path = normalize(http.path, self.settings.path_normalization)
        if self.http and path is None:
            # The proxy answers 400 before any policy, which is none of the verdicts of a case.
            return "unknown"
        connection = self._connection(request, http, path or "/", port)
        authentication = None
        if self.reads_tokens:
            authentication = self.mesh.authenticate(self.pod, http, check=check_by_name)
            connection = replace(connection, claims=authentication.claims)
        found = self.mesh.judge(self.pod, connection, authentication=authentication)
        return "unauthenticated" if found.unauthenticated else found.layer.verdict

    def _connection(
        self, request: Mapping[str, Any], http: HttpRequest, path: str, port: int
    ) -> Connection:
        headers: dict[str, tuple[str, ...]] = {}
        for name, value in http.headers:
            headers[name.lower()] = (*headers.get(name.lower(), ()), value.strip())
        query = http.path.partition("#")[0].partition("?")[1:]
        headers[PATH] = (path + "".join(query),)
        source = ip_network(request.get("src_ip") or _DEFAULT_SOURCE)
        trusted = 1 if self.hops is None else self.hops
        forwarded = headers if self.http else {}
        return Connection(
            http=self.http,
            port=port,
            principal=_principal(request.get("principal")),
            source_ip=source,
            remote_ip=remote_range(source, forwarded, trusted),
            destination_ip=ip_address(request.get("dst_ip") or _DEFAULT_DESTINATION),
            sni=request.get("sni"),
            method=http.method,
            path=path,
            host=http.host,
            headers=headers,
            claims=request.get("claims"),
            authorizer=self.authorizer.answer(headers),
            metadata=self._metadata(headers),
        )

    def _metadata(self, headers: Mapping[str, tuple[str, ...]]) -> dict[tuple[str, str], str]:
        """Return the metadata that the case's own filter takes from a header."""
        if not self.metadata or not self.http:
            return {}
        filter_name, key, header = self.metadata
        return {(filter_name, key): headers[header][0]} if headers.get(header) else {}


def _http_request(request: Mapping[str, Any], issuer: str) -> HttpRequest:
    """Return the request of a case; a valid token that names no issuer is of the one asked for."""
    headers = [
        (str(name), str(value))
        for name, given in (request.get("headers") or {}).items()
        for value in (given if isinstance(given, list) else [given])
    ]
    forwarded = request.get("xff")
    if forwarded is not None:
        values = forwarded if isinstance(forwarded, list) else [forwarded]
        headers += [("x-forwarded-for", str(value)) for value in values]
    bearer = bearer_of(request)
    if bearer is not None:
        # A header's value loses the space at its end on the way.
        headers.append(("authorization", f"Bearer {bearer}".strip()))
    claims = request.get("claims")
    return HttpRequest(
        method=request.get("method") or "GET",
        path=request.get("path") or "/",
        host=request.get("host") or _DEFAULT_HOST,
        headers=tuple(headers),
        claims="" if claims is None else orjson.dumps({"iss": issuer, **claims}).decode(),
    )


class _Authorizer:
    """The external authorizer of a case."""

    def __init__(self, case: Mapping[str, Any]) -> None:
        named = {
            str((_spec(each).get("provider") or {}).get("name") or "")
            for each in case["policies"]
            if _spec(each).get("action") == "CUSTOM"
        }
        self.providers = frozenset() if "bad-provider" in case["id"] else frozenset(named)
        down = "provider-down" in case["id"]
        open_then = re.search(r"fail-?open", case["id"])
        self._fixed = (Truth.YES if open_then else Truth.NO) if down else None

    def answer(self, headers: Mapping[str, tuple[str, ...]]) -> Truth:
        """Return whether it lets a request with these headers pass."""
        if self._fixed is not None:
            return self._fixed
        return Truth.YES if headers.get("x-custom-id") == ("allow",) else Truth.NO


def _selecting(given: list[Mapping[str, Any]]) -> tuple[list[Mapping[str, Any]], str]:
    """Return the objects of a case such that each selects its workload, as the cases promise.

    What a policy is attached to is left out where it is no label, or where two policies ask for
    different values of one: the case is about what they then do.
    """
    spaces = [_namespace(each) for each in given if _namespace(each) != ROOT]
    namespace = spaces[0] if spaces else NAMESPACE
    labels: dict[str, str] = {}
    found: list[Mapping[str, Any]] = []
    for each in given:
        wanted = _labels(each)
        spec = {key: value for key, value in _spec(each).items() if not key.startswith("targetRef")}
        if any(labels.get(key, value) != value for key, value in wanted.items()):
            spec.pop("selector", None)
        else:
            labels |= wanted
        found.append({**each, "spec": spec})
    return found, namespace


def _namespace(given: Mapping[str, Any]) -> str:
    return str((given.get("metadata") or {}).get("namespace") or NAMESPACE)


def _labels(given: Mapping[str, Any]) -> dict[str, str]:
    return (_spec(given).get("selector") or {}).get("matchLabels") or {}


def _principal(written: str | None) -> str | None:
    return written.removeprefix("spiffe://") if written else None


def _pod(objects: list[Mapping[str, Any]], namespace: str) -> Pod:
    """Return a pod that every policy of the case selects."""
    labels: dict[str, str] = {}
    for each in objects:
        labels |= _labels(each)
    return Pod(
        namespace=namespace,
        name="httpbin",
        labels=MappingProxyType(labels),
        addresses=(ip_address(_DEFAULT_DESTINATION),),
        containers=("httpbin", "istio-proxy"),
        workload="httpbin",
    )


def _spec(given: Mapping[str, Any]) -> Mapping[str, Any]:
    return given.get("spec") or {}


def _peer_authentication(mode: str, namespace: str) -> dict[str, Any]:
    return {
        "apiVersion": "security.istio.io/v1",
        "kind": "PeerAuthentication",
        "metadata": {"name": "default", "namespace": namespace},
        "spec": {"mtls": {"mode": mode}},
    }


def _document(given: Mapping[str, Any]) -> Document:
    metadata = given.get("metadata") or {}
    return Document(
        kind=given["kind"],
        api_version=str(given.get("apiVersion") or ""),
        namespace=_namespace(given),
        name=str(metadata.get("name") or ""),
        body=given,
        source=Source("case"),
    )
