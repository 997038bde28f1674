"""Pods: real ones as exported, and the parts of a pod template that planned ones share."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from topology.load.fields import Fields
from topology.load.objects import Manifest
from topology.load.problems import Report
from topology.model import NO_LABELS, Address, ContainerPort, Labels, Pod

__all__ = ["PodShape", "Shapes", "read_pod", "read_shape"]

_SHAPING: Final = ("containers", "initContainers", "serviceAccountName", "serviceAccount")


class PodShape(NamedTuple):
    """What a pod spec says about the network."""

    ports: tuple[ContainerPort, ...]
    containers: tuple[str, ...]
    service_account: str
    host_network: bool
    environment: Labels


def read_shape(spec: Mapping[str, Any], path: str, fields: Fields) -> PodShape:
    """Return what a pod spec says about the network.

    Init containers count among the containers; their ports only if they keep running
    (`restartPolicy: Always`, a native sidecar), because only then can a Service name them.
    """
    names: list[str] = []
    ports: list[ContainerPort] = []
    environment: dict[str, str] = {}
    for key in ("initContainers", "containers"):
        if key not in spec:
            continue
        for index, container in enumerate(fields.mappings(spec, key, path)):
            place = f"{path}{key}[{index}]."
            names.append(fields.text(container, "name", place))
            stays = key == "containers" or container.get("restartPolicy") == "Always"
            if stays and "ports" in container:
                ports.extend(_read_ports(container, place, fields))
            if "env" in container:
                _read_environment(container, place, fields, environment)
    return PodShape(
        ports=tuple(dict.fromkeys(ports)),
        containers=tuple(names),
        service_account=fields.text(spec, "serviceAccountName", path)
        or fields.text(spec, "serviceAccount", path)
        or "default",
        host_network=spec.get("hostNetwork") is True,
        environment=MappingProxyType(environment) if environment else NO_LABELS,
    )


def _read_ports(container: Mapping[str, Any], path: str, fields: Fields) -> list[ContainerPort]:
    """Return the ports that a container declares."""
    ports = []
    for index, port in enumerate(fields.mappings(container, "ports", path)):
        place = f"{path}ports[{index}]."
        number = fields.number(port, "containerPort", place, most=65535)
        protocol = fields.protocol(port, "protocol", place)
        if number and protocol:
            ports.append(ContainerPort(number, protocol, fields.text(port, "name", place)))
    return ports


def _read_environment(
    container: Mapping[str, Any], path: str, fields: Fields, into: dict[str, str]
) -> None:
    """Add the literal environment variables of a container; the first of a name counts."""
    for index, variable in enumerate(fields.mappings(container, "env", path)):
        value = variable.get("value")
        if value is not None:
            place = f"{path}env[{index}]."
            name = fields.text(variable, "name", place)
            into.setdefault(name, fields.text(variable, "value", place))


class Shapes:
    """Shapes of pods; pods of one workload say the same, which is read once."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, str, str], tuple[Mapping[str, Any], PodShape]] = {}

    def read(
        self, spec: Mapping[str, Any], owner: tuple[str, str, str], fields: Fields
    ) -> PodShape:
        """Return what the spec of a real pod says about the network.

        Args:
            spec: Of the pod.
            owner: Namespace, kind and name of its workload.
            fields: Reads the pod; a spec with faults is read for each pod, as each is reported.
        """
        last = self._last.get(owner)
        if last is not None and _say_the_same(last[0], spec):
            return last[1]
        shape = read_shape(spec, "spec.", fields)
        if not fields.has_complained:
            self._last[owner] = (spec, shape)
        return shape


def _say_the_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Say whether two pod specs have one shape."""
    return (one.get("hostNetwork") is True) is (other.get("hostNetwork") is True) and all(
        one.get(key) == other.get(key) for key in _SHAPING
    )


def read_pod(
    manifest: Manifest, owner: tuple[str, str], shapes: Shapes, report: Report
) -> tuple[Pod, Labels]:
    """Return a real pod and its literal environment variables.

    Args:
        manifest: The pod.
        owner: Kind and name of the workload that it belongs to.
        shapes: Those of the pods that were read before.
        report: Takes what is wrong with it.
    """
    fields = Fields(manifest.source, report)
    metadata = manifest.body["metadata"]
    spec = fields.mapping(manifest.body, "spec", "")
    status = fields.mapping(manifest.body, "status", "")
    shape = shapes.read(spec, (manifest.namespace, *owner), fields)
    phase = status.get("phase")
    pod = Pod(
        namespace=manifest.namespace,
        name=manifest.name,
        labels=fields.labels(metadata, "labels", "metadata."),
        annotations=fields.labels(metadata, "annotations", "metadata."),
        addresses=_read_addresses(status, fields),
        node=fields.text(spec, "nodeName", "spec."),
        service_account=shape.service_account,
        host_network=shape.host_network,
        ports=shape.ports,
        containers=shape.containers,
        ready=_is_ready(status, fields) and "deletionTimestamp" not in metadata,
        running=phase not in ("Succeeded", "Failed"),
        workload_kind=owner[0],
        workload=owner[1],
        location=manifest.source.at(),
    )
    return pod, shape.environment


def _read_addresses(status: Mapping[str, Any], fields: Fields) -> tuple[Address, ...]:
    """Return the addresses of a pod, the primary one first."""
    written = [(status.get("podIP"), "status.podIP")]
    for index, entry in enumerate(fields.mappings(status, "podIPs", "status.")):
        if entry.get("ip") != written[0][0]:
            written.append((entry.get("ip"), f"status.podIPs[{index}].ip"))
    found = [fields.address(text, path) for text, path in written if text]
    return tuple(dict.fromkeys(address for address in found if address is not None))


def _is_ready(status: Mapping[str, Any], fields: Fields) -> bool:
    """Say whether a pod is ready; a manifest without status is taken as one that will be."""
    for condition in fields.mappings(status, "conditions", "status."):
        if condition.get("type") == "Ready":
            return str(condition.get("status")) == "True"
    return str(status.get("phase", "Running")) == "Running"
