"""A whole cluster from its API server, with what could not be read named as missing."""

from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final, TextIO

from topology.errors import TopologyError, UnreadableInput
from topology.load.clusters import assemble
from topology.load.kinds import is_dns_config, is_mesh_config
from topology.load.live.connection import Connection, ListFailed
from topology.load.live.resources import RESOURCES, Resource
from topology.load.problems import Report
from topology.load.reading import read_files
from topology.model import Cluster, Source

__all__ = ["LiveUnavailable", "connect", "load_live"]

Progress = Callable[[str], None]
_GONE: Final = 404
_REFUSED: Final = (401, 403)


class LiveUnavailable(TopologyError):
    """No live cluster can be read: the client is not installed, or there is no such context."""


def connect(context: str, *, kubeconfig: str = "", timeout: float = 30.0) -> Connection:
    """Return the way to the cluster of a context of the kubeconfig.

    Args:
        context: Its name; empty for the current one.
        kubeconfig: The file; empty for where kubectl looks.
        timeout: Seconds for one answer.

    Raises:
        LiveUnavailable: The client is not installed, or the kubeconfig does not have the context.
    """
    try:
        # As modules of any type: the package is an extra, which type checking must not need.
        client: Any = import_module("kubernetes.client")
        config: Any = import_module("kubernetes.config")
    except ImportError:
        message = "Reading a live cluster needs the Kubernetes client."
        raise LiveUnavailable(
            message, hint="Install it: `pip install 'netassist[live]'`."
        ) from None
    settings = client.Configuration()
    try:
        config.load_kube_config(
            config_file=kubeconfig or None,
            context=context or None,
            client_configuration=settings,
            persist_config=False,
        )
    except (config.ConfigException, OSError, ValueError, TypeError, KeyError) as error:
        said = " ".join(str(error).split())
        message = f"The context `{context or 'current'}` cannot be used: {said}"
        raise LiveUnavailable(message, hint="`kubectl config get-contexts` lists them.") from None
    return Connection(client=client.ApiClient(settings), timeout=timeout)


def load_live(
    connection: Connection,
    name: str,
    paths: Sequence[str | Path] = (),
    *,
    stdin: TextIO | None = None,
    progress: Progress = lambda _: None,
) -> Cluster:
    """Return the cluster that an API server holds; files on top of it count as `load` has it.

    A kind that may not be listed, or not to its end, becomes a problem of the cluster, and the rest
    is read. Secrets are never asked for.

    Args:
        connection: To the server.
        name: Of the context, by which objects say where they were read.
        paths: Files and folders whose objects are added.
        stdin: What `-` among them stands for.
        progress: Told what is being read.

    Raises:
        UnreadableInput: The server does not answer at all, or knows the caller for nobody.
    """
    report = Report()
    objects: list[tuple[Any, Source]] = []
    for resource in RESOURCES:
        objects += _read(connection, resource, name, report, progress)
    for file in read_files(paths, stdin=stdin) if paths else ():
        objects += [(one.body, one.source) for one in file.documents]
        report.extend(*file.problems)
    progress("")
    return assemble(objects, report, sources=(f"context:{name}", *map(str, paths)))


def _read(
    connection: Connection, resource: Resource, name: str, report: Report, progress: Progress
) -> list[tuple[Any, Source]]:
    """Return the objects of one kind; those of pages that came count even if the rest does not."""
    found: dict[tuple[str, str], tuple[Any, Source]] = {}
    for path in resource.paths:
        try:
            for number, one in enumerate(_wanted(connection, resource, path), start=1):
                meta = one.get("metadata") or {}
                key = (str(meta.get("namespace") or ""), str(meta.get("name") or ""))
                # After an expired page the list begins anew: what comes again replaces itself.
                found[key] = (one, Source(f"context:{name}/{resource.kind}/{'/'.join(key)}", {}))
                if number % connection.page == 1:
                    progress(f"{resource.kind}: {number}")
        except ListFailed as error:
            if error.code == _GONE:
                continue
            _refuse(connection, resource, error, report, len(found))
        break
    return list(found.values())


def _wanted(connection: Connection, resource: Resource, path: str) -> Iterator[dict[str, Any]]:
    for one in connection.items(path, resource.fields):
        if resource.kind != "ConfigMap":
            yield one
            continue
        name = str((one.get("metadata") or {}).get("name") or "")
        if is_mesh_config(name) or is_dns_config(name):
            yield one


def _refuse(
    connection: Connection, resource: Resource, error: ListFailed, report: Report, got: int
) -> None:
    """Report a kind that is missing; without any answer, or without a name, there is no cluster.

    Raises:
        UnreadableInput: Nothing of the server can be read.
    """
    first = resource is RESOURCES[0]
    if error.code == 401:
        message = f"`{connection.host}` does not know who asks (401)."
        hint = "Log in anew: `az aks get-credentials`, or whatever the kubeconfig's plugin needs."
        raise UnreadableInput(message, hint=hint)
    if error.code == 0 and first:
        message = f"`{connection.host}` cannot be read: {error.reason}."
        raise UnreadableInput(message, hint="Check the network, VPN and the context's address.")
    plural = resource.paths[0].rpartition("/")[2]
    part = f" after {got} of them" if got else ""
    if error.code in _REFUSED:
        what = (
            f"`{resource.kind}` objects are missing: listing them is not permitted ({error.code})"
        )
        hint = f"Grant `list` on `{plural}`, or export them: `kubectl get {plural} -A -o yaml`."
    else:
        what = f"`{resource.kind}` objects are missing{part}: {error.reason}"
        hint = f"Try again, or export them: `kubectl get {plural} -A -o yaml`."
    report.add("error", "live-missing", f"{what}.", hint=hint)
