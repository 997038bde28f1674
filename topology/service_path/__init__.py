"""The way of a request from outside to pods: entries, Services, endpoints, and what breaks it.

`service_findings(cluster)` is what is wrong; `topology.service_path.ways` goes the way hop by hop.
"""

from topology.service_path.findings import service_findings

__all__ = ["service_findings"]
