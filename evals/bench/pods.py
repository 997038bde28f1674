"""Pods and pod templates of a generated cluster."""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address
from typing import Any

from evals.bench.apps import CREATED, App, backends

__all__ = ["Object", "make_pods", "make_spec"]

Object = dict[str, Any]


def _container_ports(app: App) -> list[Object]:
    return [
        {"name": name, "containerPort": number, "protocol": protocol}
        for name, number, protocol in app.ports
    ]


def make_spec(app: App) -> Object:
    """Return what a person writes into the pod template."""
    spec: Object = {
        "serviceAccountName": app.account,
        "containers": [
            {
                "name": "main",
                "image": f"registry.example.com/{app.name}:1.4.2",
                "ports": _container_ports(app),
            }
        ],
    }
    if app.meshed:
        spec["initContainers"] = [
            {"name": "istio-proxy", "image": "istio/proxyv2:1.27.3", "restartPolicy": "Always"}
        ]
    return spec


def make_pods(apps: Iterable[App], nodes: int, *, full: bool) -> Iterator[Object]:
    """Yield the pods, all that the API server prints or only what decides."""
    for backend in backends(apps, nodes):
        app = backend.app
        pod: Object = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": backend.name,
                "namespace": app.namespace,
                "labels": {**app.labels, "pod-template-hash": app.revision},
                "ownerReferences": [
                    {
                        "apiVersion": "apps/v1",
                        "kind": "ReplicaSet",
                        "name": f"{app.name}-{app.revision}",
                        "controller": True,
                    }
                ],
            },
            "spec": {**make_spec(app), "nodeName": backend.node},
            "status": {
                "phase": "Running",
                "podIP": backend.address,
                "conditions": [{"type": "Ready", "status": "True"}],
            },
        }
        yield _as_printed(pod, backend.address) if full else pod


def _as_printed(pod: Object, address: str) -> Object:
    """Add what the API server fills in."""
    serial = int(IPv4Address(address))
    uid = f"{serial:08x}-7c1d-4b2a-9f00-{serial * 40503 % 2**48:012x}"
    pod["metadata"] |= {
        "creationTimestamp": CREATED,
        "generateName": pod["metadata"]["name"].rpartition("-")[0] + "-",
        "resourceVersion": str(serial),
        "uid": uid,
        "annotations": {"prometheus.io/scrape": "true", "prometheus.io/port": "9102"},
    }
    pod["spec"] |= {
        "dnsPolicy": "ClusterFirst",
        "enableServiceLinks": True,
        "preemptionPolicy": "PreemptLowerPriority",
        "priority": 0,
        "restartPolicy": "Always",
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "serviceAccount": pod["spec"]["serviceAccountName"],
        "terminationGracePeriodSeconds": 30,
        "tolerations": [
            {
                "effect": "NoExecute",
                "key": f"node.kubernetes.io/{reason}",
                "operator": "Exists",
                "tolerationSeconds": 300,
            }
            for reason in ("not-ready", "unreachable")
        ],
        "volumes": [
            {
                "name": "kube-api-access",
                "projected": {
                    "defaultMode": 420,
                    "sources": [
                        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
                        {"configMap": {"name": "kube-root-ca.crt"}},
                    ],
                },
            }
        ],
    }
    for container in pod["spec"]["containers"]:
        container |= {
            "env": [{"name": "LOG_LEVEL", "value": "info"}],
            "imagePullPolicy": "IfNotPresent",
            "readinessProbe": {
                "failureThreshold": 3,
                "httpGet": {"path": "/ready", "port": "metrics", "scheme": "HTTP"},
                "periodSeconds": 10,
                "successThreshold": 1,
                "timeoutSeconds": 1,
            },
            "resources": {
                "limits": {"cpu": "500m", "memory": "256Mi"},
                "requests": {"cpu": "100m", "memory": "128Mi"},
            },
            "terminationMessagePath": "/dev/termination-log",
            "terminationMessagePolicy": "File",
            "volumeMounts": [
                {
                    "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
                    "name": "kube-api-access",
                    "readOnly": True,
                }
            ],
        }
    pod["status"] |= {
        "conditions": [
            {
                "lastProbeTime": None,
                "lastTransitionTime": CREATED,
                "status": "True",
                "type": condition,
            }
            for condition in ("Initialized", "Ready", "ContainersReady", "PodScheduled")
        ],
        "containerStatuses": [
            {
                "containerID": f"containerd://{uid.replace('-', '') * 2}",
                "image": pod["spec"]["containers"][0]["image"],
                "imageID": "registry.example.com/app@sha256:" + uid.replace("-", "") * 2,
                "lastState": {},
                "name": "main",
                "ready": True,
                "restartCount": 0,
                "started": True,
                "state": {"running": {"startedAt": CREATED}},
            }
        ],
        "hostIP": "10.0.0.4",
        "podIPs": [{"ip": address}],
        "qosClass": "Burstable",
        "startTime": CREATED,
    }
    return pod
