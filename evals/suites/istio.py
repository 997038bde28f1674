"""Authorization against the answers of a real Envoy.

Each line of the file is a case: policies that select one workload, and requests with the answer
that Envoy gave. The case is laid out as a cluster of one pod, so that reading, selection, mutual
TLS and evaluation are all the product's own. A case whose answer depends on something outside the
input (an external authorizer, the signature of a token) is answered `unknown` and skipped.
"""

import time
from collections.abc import Iterator, Mapping
from ipaddress import ip_address, ip_network
from pathlib import Path
from types import MappingProxyType
from typing import Any

import orjson

from evals.suites.result import SuiteResult
from topology.model import Cluster, Document, Namespace, Pod, Source, Workload
from topology.policy.istio import Connection, MeshPolicies, MeshSettings
from topology.policy.istio.paths import normalize
from topology.policy.istio.requests import carries_token, remote_range
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
    path = cases or DEFAULT_CASES
    started = time.monotonic()
    count = checks = agree = skipped = 0
    wrong: list[dict[str, Any]] = []
    for case in _read(path):
        count += 1
        workload = _Workload(case)
        for each in case["requests"]:
            checks += 1
            got = workload.answer(each["request"])
            if got == "unknown":
                skipped += 1
            elif got == each["verdict"]:
                agree += 1
            else:
                row = {"case": case["id"], "query": orjson.dumps(each["request"]).decode()}
                wrong.append(row | {"expected": each["verdict"], "got": got})
    return SuiteResult(
        suite="istio",
        cases=count,
        checks=checks,
        agree=agree,
        skipped=skipped,
        disagreements=tuple(wrong),
        seconds=time.monotonic() - started,
    )


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
        objects = [*case["policies"], *(case.get("request_authn") or ())]
        self.http = case["proto"] == "http"
        self.mode = case.get("peer_authn_mode")
        self.hops = case.get("gateway_hops")
        self.metadata = case.get("meta")
        domains = case.get("tds") or ["cluster.local"]
        self.settings = MeshSettings(
            root_namespace=ROOT,
            trust_domain=domains[0],
            trust_domain_aliases=tuple(domains[1:]),
            path_normalization=case.get("norm") or "BASE",
        )
        self.pod = _pod(objects)
        documents = [_document(each) for each in objects]
        if self.mode:
            documents.append(_document(_peer_authentication(self.mode)))
        cluster = Cluster(
            namespaces={NAMESPACE: Namespace(name=NAMESPACE)},
            workloads=(
                Workload(kind="Pod", namespace=NAMESPACE, name=self.pod.name, pods=(self.pod,)),
            ),
            policies=tuple(documents),
        )
        self.mesh = MeshPolicies.build(cluster, settings=self.settings)
        self.guarded_by_tokens = case.get("request_authn") is not None

    def answer(self, request: Mapping[str, Any]) -> str:
        """Return what the product says the proxy answers."""
        port = request.get("dst_port", _DEFAULT_PORT)
        plain = not request.get("principal")
        if self.mesh.index.mode(self.pod, port).mode == "STRICT" and plain:
            return "connection-refused"
        http = _http_request(request)
        path = normalize(http.path, self.settings.path_normalization)
        if self.http and path is None:
            # The proxy answers 400 before any policy, which is none of the verdicts of a case.
            return "unknown"
        unchecked = self.guarded_by_tokens and carries_token(
            http, self.mesh.index.request_authentications(self.pod)
        )
        connection = self._connection(request, http, path or "/", port)
        found = self.mesh.judge(self.pod, connection, unchecked_token=unchecked)
        if unchecked and found.layer.verdict == "deny":
            # Refused whatever the token says, but 401 and 403 cannot be told apart.
            return "unknown"
        return found.layer.verdict

    def _connection(
        self, request: Mapping[str, Any], http: HttpRequest, path: str, port: int
    ) -> Connection:
        headers: dict[str, tuple[str, ...]] = {}
        for name, value in http.headers:
            headers[name.lower()] = (*headers.get(name.lower(), ()), value.strip())
        source = ip_network(request.get("src_ip") or _DEFAULT_SOURCE)
        trusted = 1 if self.hops is None else self.hops
        forwarded = headers if self.http else {}
        return Connection(
            http=self.http,
            port=port,
            principal=request.get("principal"),
            source_ip=source,
            remote_ip=remote_range(source, forwarded, trusted),
            destination_ip=ip_address(request.get("dst_ip") or _DEFAULT_DESTINATION),
            sni=request.get("sni"),
            method=http.method,
            path=path,
            host=http.host,
            headers=headers,
            claims=request.get("claims"),
            metadata=self._metadata(headers),
        )

    def _metadata(self, headers: Mapping[str, tuple[str, ...]]) -> dict[tuple[str, str], str]:
        """Return the metadata that the case's own filter takes from a header."""
        if not self.metadata or not self.http:
            return {}
        filter_name, key, header = self.metadata
        return {(filter_name, key): headers[header][0]} if headers.get(header) else {}


def _http_request(request: Mapping[str, Any]) -> HttpRequest:
    headers = [
        (name, value)
        for name, given in (request.get("headers") or {}).items()
        for value in (given if isinstance(given, list) else [given])
    ]
    if request.get("xff") is not None:
        headers.append(("x-forwarded-for", request["xff"]))
    if request.get("raw_token") is not None:
        headers.append(("authorization", f"Bearer {request['raw_token']}"))
    return HttpRequest(
        method=request.get("method") or "GET",
        path=request.get("path") or "/",
        host=request.get("host") or _DEFAULT_HOST,
        headers=tuple(headers),
    )


def _pod(objects: list[Mapping[str, Any]]) -> Pod:
    """Return a pod that every policy of the case selects, as the cases promise."""
    labels: dict[str, str] = {}
    for each in objects:
        selector = ((each.get("spec") or {}).get("selector") or {}).get("matchLabels") or {}
        labels |= selector
    return Pod(
        namespace=NAMESPACE,
        name="httpbin",
        labels=MappingProxyType(labels),
        addresses=(ip_address(_DEFAULT_DESTINATION),),
        containers=("httpbin", "istio-proxy"),
        workload="httpbin",
    )


def _peer_authentication(mode: str) -> dict[str, Any]:
    return {
        "apiVersion": "security.istio.io/v1",
        "kind": "PeerAuthentication",
        "metadata": {"name": "default", "namespace": NAMESPACE},
        "spec": {"mtls": {"mode": mode}},
    }


def _document(given: Mapping[str, Any]) -> Document:
    metadata = given.get("metadata") or {}
    return Document(
        kind=given["kind"],
        api_version=given.get("apiVersion", ""),
        namespace=metadata.get("namespace", NAMESPACE),
        name=metadata.get("name", ""),
        body=given,
        source=Source("case"),
    )
