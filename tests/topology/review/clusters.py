"""Small clusters under review, and how policies of each kind are written for them."""

__all__ = ["AKS", "AMBIENT", "MESH", "SHOP", "authz", "ccnp", "cnp", "dns", "knp", "peer", "token"]


def _pod(namespace: str, name: str, labels: str, ports: str = "", more: str = "") -> str:
    return f"""
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: {namespace}, labels: {{{labels}}}}}
spec: {{{more}containers: [{{name: main, image: i, ports: [{ports}]}}]}}
---"""


def _space(name: str, labels: str = "") -> str:
    return f"""
apiVersion: v1
kind: Namespace
metadata: {{name: {name}, labels: {{{labels}}}}}
---"""


def _service(namespace: str, name: str, selector: str, ports: str, more: str = "") -> str:
    return f"""
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: {namespace}}}
spec: {{{more}selector: {{{selector}}}, ports: [{ports}]}}
---"""


_DNS = (
    _space("kube-system")
    + _pod(
        "kube-system",
        "coredns",
        "k8s-app: kube-dns",
        "{containerPort: 53, protocol: UDP}, {containerPort: 53, protocol: TCP}",
    )
    + _service("kube-system", "kube-dns", "k8s-app: kube-dns", "{port: 53, protocol: UDP}")
)
SHOP = (
    _DNS
    + _space("shop", "env: prod")
    + _space("data")
    + _pod("shop", "web", "app: web, tier: front", "{containerPort: 8080, name: http}")
    + _pod(
        "shop",
        "api",
        "app: api, tier: back",
        "{containerPort: 8080, name: http}, {containerPort: 9090, name: metrics}",
    )
    + _pod("data", "db", "app: db", "{containerPort: 5432, name: sql}")
    + _pod("data", "old", "app: old", "{containerPort: 8081, name: http}")
    + _pod("kube-system", "agent", "app: agent", more="hostNetwork: true, ")
    + _service("shop", "api", "app: api", "{port: 80, targetPort: 8080}")
    + _service("data", "db", "app: db", "{port: 5432}")
)
"""Two workloads in `shop`, two in `data`, DNS, and a pod on the host network."""
AKS = (
    SHOP
    + """
apiVersion: v1
kind: Node
metadata: {name: n, labels: {kubernetes.azure.com/role: agent}}
---"""
)

_PROXY = "{name: istio-proxy, image: p}"


def _meshed(name: str, ports: str = "", account: str = "") -> str:
    return f"""
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: mesh, labels: {{app: {name}}}}}
spec:
  serviceAccountName: {account or name}
  containers: [{{name: main, image: i, ports: [{ports}]}}, {_PROXY}]
---"""


MESH = (
    _DNS
    + _space("mesh", "istio.io/rev: default")
    + _space("plain")
    + _space("istio-system")
    + _meshed("client")
    + _meshed("server", "{containerPort: 8080}, {containerPort: 6379}")
    + _pod("plain", "bare", "app: bare", more="serviceAccountName: bare, ")
    + _pod("istio-system", "istiod", "app: istiod", "{containerPort: 15012}")
    + _service("istio-system", "istiod", "app: istiod", "{port: 15012}")
    + _service(
        "mesh",
        "server",
        "app: server",
        "{name: http, port: 80, targetPort: 8080}, {name: tcp-redis, port: 6379}",
    )
)
"""`client` and `server` carry sidecars, `plain/bare` does not."""
AMBIENT = (
    _DNS
    + _space("calm", "istio.io/dataplane-mode: ambient")
    + _pod("calm", "one", "app: one", "{containerPort: 8080}")
    + _pod("calm", "two", "app: two")
)


def _policy(version: str, kind: str, spec: str, namespace: str, name: str, notes: str = "") -> str:
    place = f", namespace: {namespace}" if namespace else ""
    annotations = f", annotations: {{{notes}}}" if notes else ""
    return f"""
apiVersion: {version}
kind: {kind}
metadata: {{name: {name}{place}{annotations}}}
spec: {spec}
---"""


def cnp(spec: str, namespace: str = "shop", name: str = "p", notes: str = "") -> str:
    """Return a CiliumNetworkPolicy."""
    return _policy("cilium.io/v2", "CiliumNetworkPolicy", spec, namespace, name, notes)


def ccnp(spec: str, name: str = "p") -> str:
    """Return a CiliumClusterwideNetworkPolicy."""
    return _policy("cilium.io/v2", "CiliumClusterwideNetworkPolicy", spec, "", name)


def knp(spec: str, namespace: str = "shop", name: str = "p") -> str:
    """Return a NetworkPolicy."""
    return _policy("networking.k8s.io/v1", "NetworkPolicy", spec, namespace, name)


def authz(spec: str, namespace: str = "mesh", name: str = "p", notes: str = "") -> str:
    """Return an AuthorizationPolicy."""
    return _policy("security.istio.io/v1", "AuthorizationPolicy", spec, namespace, name, notes)


def peer(spec: str, namespace: str = "mesh", name: str = "p") -> str:
    """Return a PeerAuthentication."""
    return _policy("security.istio.io/v1", "PeerAuthentication", spec, namespace, name)


def token(spec: str, namespace: str = "mesh", name: str = "t") -> str:
    """Return a RequestAuthentication."""
    return _policy("security.istio.io/v1", "RequestAuthentication", spec, namespace, name)


def dns(names: str) -> str:
    """Return an egress rule that sends lookups through the proxy of Cilium."""
    labels = "{k8s:io.kubernetes.pod.namespace: kube-system, k8s:k8s-app: kube-dns}"
    ports = f'[{{ports: [{{port: "53", protocol: ANY}}], rules: {{dns: [{names}]}}}}]'
    return f"{{toEndpoints: [{{matchLabels: {labels}}}], toPorts: {ports}}}"
