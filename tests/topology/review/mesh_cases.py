"""For each code about Istio's policies: a cluster that has the fault, and one that nearly does."""

from clusters import AMBIENT, MESH, authz, cnp, knp, peer, token

__all__ = ["CASES"]

SERVER = "selector: {matchLabels: {app: server}}"
CLIENT = "cluster.local/ns/mesh/sa/client"
STRICT = peer("{mtls: {mode: STRICT}}", name="strict")
ISSUER = "{jwtRules: [{issuer: https://issuer.example}]}"


def allow(rule: str, name: str = "p", notes: str = "") -> str:
    return authz(f"{{{SERVER}, rules: [{rule}]}}", name=name, notes=notes)


def deny(rule: str) -> str:
    return authz(f"{{{SERVER}, action: DENY, rules: [{rule}]}}")


def source(fields: str) -> str:
    return f"{{from: [{{source: {{{fields}}}}}]}}"


def operation(fields: str) -> str:
    return f"{{to: [{{operation: {{{fields}}}}}]}}"


PLAIN_CALLER = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: job, namespace: plain}
spec:
  selector: {matchLabels: {app: job}}
  template:
    metadata: {labels: {app: job}}
    spec: {containers: [{name: c, env: [{name: SERVER_ADDR, value: "server.mesh:80"}]}]}
---"""
MESH_CONFIG = """
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data: {mesh: "extensionProviders: [{name: known, envoyExtAuthzGrpc: {service: a, port: 1}}]"}
---"""
CUSTOM = f"{{{SERVER}, action: CUSTOM, provider: {{name: NAME}}, rules: [{{}}]}}"
HTTP = 'toPorts: [{ports: [{port: "8080", protocol: TCP}], rules: {http: [{method: GET}]}}]'

CASES: dict[str, tuple[str, str]] = {
    "dry-run": (
        MESH + allow("{}", notes='istio.io/dry-run: "true"'),
        MESH + allow("{}", notes='istio.io/dry-run: "false"'),
    ),
    "dry-run-value": (
        MESH + allow("{}", notes='istio.io/dry-run: "yes"'),
        MESH + allow("{}", notes='istio.io/dry-run: "true"'),
    ),
    "empty-selector": (
        MESH + authz("{selector: {}, rules: [{}]}"),
        MESH + authz("{rules: [{}]}"),
    ),
    "ignored-in-root": (
        MESH + peer(f"{{{SERVER}, mtls: {{mode: STRICT}}}}", "istio-system"),
        MESH + peer(f"{{{SERVER}, mtls: {{mode: STRICT}}}}"),
    ),
    "missing-target": (
        MESH + authz("{targetRefs: [{kind: Service, group: '', name: nobody}], rules: [{}]}"),
        MESH + authz("{targetRefs: [{kind: Service, group: '', name: server}], rules: [{}]}"),
    ),
    "no-sidecar": (
        MESH + authz("{selector: {matchLabels: {app: bare}}, rules: [{}]}", "plain"),
        MESH + allow("{}"),
    ),
    "no-workload": (
        MESH + authz("{selector: {matchLabels: {app: severr}}, rules: [{}]}"),
        MESH.replace("metadata: {name: kube-system, labels", "metadata: {name: some, labels")
        + authz("{selector: {matchLabels: {app: severr}}, rules: [{}]}", "elsewhere"),
    ),
    "not-a-pod-port": (
        MESH + peer(f"{{{SERVER}, portLevelMtls: {{80: {{mode: STRICT}}}}}}"),
        MESH + peer(f"{{{SERVER}, portLevelMtls: {{8080: {{mode: STRICT}}}}}}"),
    ),
    "not-oldest": (
        MESH + STRICT + peer("{mtls: {mode: PERMISSIVE}}", name="younger"),
        MESH + STRICT + peer(f"{{{SERVER}, mtls: {{mode: PERMISSIVE}}}}", name="younger"),
    ),
    "root-namespace": (
        MESH + authz("{rules: [{}]}", "aks-istio-system"),
        MESH + authz("{rules: [{}]}", "istio-system"),
    ),
    "admits-anonymous": (
        MESH + allow(source("notNamespaces: [plain]")),
        MESH + allow(source('notNamespaces: [plain], principals: ["*"]')),
    ),
    "caller-without-identity": (
        MESH + allow(source("principals: [cluster.local/ns/plain/sa/bare]")),
        MESH + allow(source(f"principals: [{CLIENT}]")),
    ),
    "deny-by-identity": (
        MESH + deny(source("namespaces: [plain]")),
        MESH + STRICT + deny(source("namespaces: [plain]")),
    ),
    "foreign-trust-domain": (
        MESH + allow(source("principals: [other.example/ns/mesh/sa/client]")),
        MESH + allow(source(f"principals: [{CLIENT}]")),
    ),
    "missing-account": (
        MESH + allow(source("principals: [cluster.local/ns/mesh/sa/cleint]")),
        MESH + allow(source("principals: [cluster.local/ns/unseen/sa/cleint]")),
    ),
    "missing-namespace": (
        MESH + allow(source("namespaces: [messh]")),
        MESH + allow(source("namespaces: [istio-system]")),
    ),
    "mtls-disabled": (
        MESH + peer("{mtls: {mode: DISABLE}}"),
        MESH + peer("{mtls: {mode: PERMISSIVE}}"),
    ),
    "permissive": (MESH, MESH + STRICT),
    "spiffe-prefix": (
        MESH + allow(source(f'principals: ["spiffe://{CLIENT}"]')),
        MESH + allow(source(f"principals: [{CLIENT}]")),
    ),
    "strict-refuses-caller": (MESH + PLAIN_CALLER + STRICT, MESH + PLAIN_CALLER),
    "allow-all": (
        MESH + allow("{}", name="deny-everything"),
        MESH + allow("{}", name="open-house"),
    ),
    "allow-neutralised": (
        MESH + allow("{}") + allow(source(f"principals: [{CLIENT}]"), name="q"),
        MESH + authz("{}") + allow(source(f"principals: [{CLIENT}]"), name="q"),
    ),
    "allow-nothing": (
        MESH + authz(f"{{{SERVER}, rules: []}}"),
        MESH + authz(f"{{{SERVER}}}", name="shut"),
    ),
    "deny-tcp": (
        MESH + deny(operation("methods: [POST]")),
        MESH + deny(operation('methods: [POST], ports: ["8080"]')),
    ),
    "forwarded-address": (
        MESH + allow(source("remoteIpBlocks: [192.0.2.0/24]")),
        MESH + allow(source("ipBlocks: [192.0.2.0/24]")),
    ),
    "host-without-port": (
        MESH + allow(operation("hosts: [a.example.com]")),
        MESH + allow(operation('hosts: [a.example.com, "a.example.com:*"]')),
    ),
    "http-on-tcp": (
        MESH + allow(operation('methods: [GET], ports: ["6379"]')),
        MESH + allow(operation('methods: [GET], ports: ["8080"]')),
    ),
    "literal-star": (
        MESH + allow(operation('paths: ["/a/*/b"]')),
        MESH + allow(operation('paths: ["/a/b*"]')),
    ),
    "method-case": (
        MESH + allow(operation("methods: [get]")),
        MESH + allow(operation("methods: [GET]")),
    ),
    "path-variants": (
        MESH + deny(operation("paths: [/admin]")),
        MESH + allow(operation("paths: [/admin]")),
    ),
    "path-without-slash": (
        MESH + allow(operation("paths: [admin]")),
        MESH + allow(operation("paths: [/admin]")),
    ),
    "request-principal": (
        MESH + token(ISSUER) + allow(source('requestPrincipals: ["*/*"]')),
        MESH + token(ISSUER) + allow(source('requestPrincipals: ["*"]')),
    ),
    "service-port-in-mesh": (
        MESH + allow(operation('ports: ["80"]')),
        MESH + allow(operation('ports: ["8080"]')),
    ),
    "token-never-checked": (
        MESH + allow(source('requestPrincipals: ["*"]')),
        MESH + token(ISSUER) + allow(source('requestPrincipals: ["*"]')),
    ),
    "token-optional": (
        MESH + token(f"{{{SERVER}, {ISSUER[1:]}"),
        MESH + token(f"{{{SERVER}, {ISSUER[1:]}") + deny(source('notRequestPrincipals: ["*"]')),
    ),
    "unknown-issuer": (
        MESH + token(ISSUER) + allow(source('requestPrincipals: ["https://other.example/*"]')),
        MESH + token(ISSUER) + allow(source('requestPrincipals: ["https://issuer.example/*"]')),
    ),
    "unknown-provider": (
        MESH + MESH_CONFIG + authz(CUSTOM.replace("NAME", "nobody")),
        MESH + MESH_CONFIG + authz(CUSTOM.replace("NAME", "known")),
    ),
    "admits-plaintext": (
        MESH + allow(operation("methods: [GET]")),
        MESH + STRICT + allow(operation("methods: [GET]")),
    ),
    "authorized-but-blocked": (
        MESH
        + allow(source(f"principals: [{CLIENT}]"))
        + knp("{podSelector: {matchLabels: {app: server}}, policyTypes: [Ingress]}", "mesh"),
        MESH
        + allow(source(f"principals: [{CLIENT}]"))
        + knp(
            "{podSelector: {matchLabels: {app: server}}, ingress: [{from: [{podSelector: "
            "{matchLabels: {app: client}}}]}]}",
            "mesh",
        ),
    ),
    "l7-at-ztunnel": (
        AMBIENT + authz("{rules: [{to: [{operation: {methods: [GET]}}]}]}", "calm"),
        AMBIENT + authz('{rules: [{to: [{operation: {ports: ["8080"]}}]}]}', "calm"),
    ),
    "l7-behind-mtls": (
        MESH
        + STRICT
        + cnp(
            "{endpointSelector: {matchLabels: {app: server}}, ingress: [{fromEndpoints: [{}], "
            f"{HTTP}}}]}}",
            "mesh",
        ),
        MESH
        + cnp(
            "{endpointSelector: {matchLabels: {app: server}}, ingress: [{fromEndpoints: [{}], "
            f"{HTTP}}}]}}",
            "mesh",
        ),
    ),
    "open-at-l4": (
        MESH + allow(source(f"principals: [{CLIENT}]")),
        MESH
        + allow(source(f"principals: [{CLIENT}]"))
        + knp("{podSelector: {}, policyTypes: [Ingress]}", "mesh"),
    ),
    "open-at-l7": (
        MESH + knp("{podSelector: {}, policyTypes: [Ingress]}", "mesh"),
        MESH + knp("{podSelector: {}, policyTypes: [Ingress]}", "mesh") + authz("{}"),
    ),
    "sidecar-cut-off": (
        MESH + cnp("{endpointSelector: {}, egress: [{toEndpoints: [{}]}]}", "mesh"),
        MESH
        + cnp(
            "{endpointSelector: {}, egress: [{toEndpoints: [{}]}, {toEndpoints: [{matchLabels: "
            "{k8s:io.kubernetes.pod.namespace: istio-system}}]}]}",
            "mesh",
        ),
    ),
    "tunnel-blocked": (
        AMBIENT
        + cnp(
            "{endpointSelector: {matchLabels: {app: one}}, ingress: [{fromEndpoints: [{}], "
            'toPorts: [{ports: [{port: "8080", protocol: TCP}]}]}]}',
            "calm",
        ),
        AMBIENT
        + cnp(
            "{endpointSelector: {matchLabels: {app: one}}, ingress: [{fromEndpoints: [{}], "
            'toPorts: [{ports: [{port: "15008", protocol: TCP}]}]}]}',
            "calm",
        ),
    ),
}
