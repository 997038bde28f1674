"""What nodes and Prometheus count: the counters of a kernel, and metrics of Cilium and Retina."""

from topology.telemetry.host import HostReading, HostSample, read_hosts
from topology.telemetry.recognition import find_telemetry, telemetry_kind

__all__ = ["HostReading", "HostSample", "find_telemetry", "read_hosts", "telemetry_kind"]
