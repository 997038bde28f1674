"""For each code about network policies: a cluster that has the fault, and one that nearly does."""

from clusters import AKS, SHOP, ccnp, cnp, dns, knp

__all__ = ["CASES"]

WEB = "endpointSelector: {matchLabels: {app: web}}"
API = "endpointSelector: {matchLabels: {app: api}}"
KUBE_DNS = "{k8s:io.kubernetes.pod.namespace: kube-system, k8s:k8s-app: kube-dns}"


def tcp(port: str) -> str:
    return f'toPorts: [{{ports: [{{port: "{port}", protocol: TCP}}]}}]'


def http(rule: str, port: str = "8080") -> str:
    return f'toPorts: [{{ports: [{{port: "{port}", protocol: TCP}}], rules: {{http: [{rule}]}}}}]'


FROM_WEB = "fromEndpoints: [{matchLabels: {app: web}}]"
TO_API = "toEndpoints: [{matchLabels: {app: api}}]"


PAID = "{toFQDNs: [{matchName: pay.example.com}]}"


def ranged(first: int, last: int) -> str:
    ports = f'{{port: "{first}", endPort: {last}, protocol: TCP}}'
    return f"{{{FROM_WEB}, toPorts: [{{ports: [{ports}]}}]}}"


ADDRESSED = """
apiVersion: v1
kind: Pod
metadata: {name: placed, namespace: data, labels: {app: placed}}
spec: {containers: [{name: c, image: i}]}
status: {phase: Running, podIP: 10.1.2.3}
---"""
LOW, HIGH = ranged(8000, 8080), ranged(8081, 9090)
EXTERNAL = """
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  type: LoadBalancer
  externalTrafficPolicy: POLICY
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080}]
---"""
API_SERVER = """
apiVersion: v1
kind: Service
metadata: {name: kubernetes, namespace: default}
spec: {ports: [{port: 443}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: kubernetes, namespace: default, labels: {kubernetes.io/service-name: kubernetes}}
addressType: IPv4
endpoints: [{addresses: [20.1.2.3]}]
ports: [{port: 443}]
---"""
CALLER = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: shopper, namespace: shop}
spec:
  selector: {matchLabels: {app: shopper}}
  template:
    metadata: {labels: {app: shopper}}
    spec: {containers: [{name: c, env: [{name: API_ADDR, value: "api:80"}]}]}
---"""
TLS = """
apiVersion: v1
kind: Service
metadata: {name: secure, namespace: shop}
spec: {selector: {app: api}, ports: [{name: https, port: 443, targetPort: 8080}]}
---"""
IN_API = f"{{{API}, ingress: [{{RULE}}]}}"


def into_api(rule: str) -> str:
    return cnp(f"{{{API}, ingress: [{{{rule}}}]}}")


def out_of_web(rule: str) -> str:
    return cnp(f"{{{WEB}, egress: [{{{rule}}}]}}")


CASES: dict[str, tuple[str, str]] = {
    "refused": (SHOP + into_api("fromEntities: [moon]"), SHOP + into_api("fromEntities: [world]")),
    "duplicate-object": (
        SHOP + into_api(FROM_WEB) + into_api("fromEntities: [world]"),
        SHOP + into_api(FROM_WEB) + cnp(f"{{{API}, ingress: [{{}}]}}", name="q"),
    ),
    "unknown-field": (
        SHOP + into_api(f"{FROM_WEB}, port: 80"),
        SHOP + into_api(f"{FROM_WEB}, {tcp('8080')}"),
    ),
    "dns-namespace": (
        SHOP + out_of_web("toEndpoints: [{matchLabels: {k8s-app: kube-dns}}]"),
        SHOP + out_of_web(f"toEndpoints: [{{matchLabels: {KUBE_DNS}}}]"),
    ),
    "host-network-peer": (
        SHOP
        + into_api(
            "fromEndpoints: [{matchLabels: {app: agent, "
            "k8s:io.kubernetes.pod.namespace: kube-system}}]"
        ),
        SHOP
        + into_api(
            "fromEndpoints: [{matchLabels: {app: db, k8s:io.kubernetes.pod.namespace: data}}]"
        ),
    ),
    "host-network-subject": (
        SHOP + cnp("{endpointSelector: {matchLabels: {app: agent}}, ingress: [{}]}", "kube-system"),
        SHOP
        + cnp(
            "{endpointSelector: {matchLabels: {k8s-app: kube-dns}}, ingress: [{}]}", "kube-system"
        ),
    ),
    "impossible-selector": (
        SHOP
        + cnp(
            "{endpointSelector: {matchLabels: {app: web}, matchExpressions: "
            "[{key: app, operator: In, values: [api]}]}, ingress: [{}]}"
        ),
        SHOP
        + cnp(
            "{endpointSelector: {matchExpressions: "
            "[{key: app, operator: In, values: [api, web]}]}, ingress: [{}]}"
        ),
    ),
    "namespace-label": (
        SHOP + into_api("fromEndpoints: [{matchLabels: {kubernetes.io/metadata.name: data}}]"),
        SHOP + into_api("fromEndpoints: [{matchLabels: {k8s:io.kubernetes.pod.namespace: data}}]"),
    ),
    "no-such-namespace": (
        SHOP + into_api("fromEndpoints: [{matchLabels: {k8s:io.kubernetes.pod.namespace: datta}}]"),
        SHOP + into_api("fromEndpoints: [{matchLabels: {k8s:io.kubernetes.pod.namespace: data}}]"),
    ),
    "other-namespace": (
        SHOP + into_api("fromEndpoints: [{matchLabels: {app: db}}]"),
        SHOP + into_api("fromEndpoints: [{matchLabels: {app: nobody}}]"),
    ),
    "split-peer": (
        SHOP
        + knp(
            "{podSelector: {matchLabels: {app: api}}, ingress: [{from: [{namespaceSelector: "
            "{matchLabels: {kubernetes.io/metadata.name: data}}}, "
            "{podSelector: {matchLabels: {app: db}}}]}]}"
        ),
        SHOP
        + knp(
            "{podSelector: {matchLabels: {app: api}}, ingress: [{from: [{namespaceSelector: "
            "{matchLabels: {kubernetes.io/metadata.name: data}}}, "
            "{podSelector: {matchLabels: {app: web}}}]}]}"
        ),
    ),
    "subject-namespace": (
        SHOP
        + cnp(
            "{endpointSelector: {matchLabels: {k8s:io.kubernetes.pod.namespace: data}}, "
            "ingress: [{}]}"
        ),
        SHOP
        + cnp(
            "{endpointSelector: {matchLabels: {k8s:io.kubernetes.pod.namespace: shop}}, "
            "ingress: [{}]}"
        ),
    ),
    "volatile-label": (
        SHOP
        + cnp(
            "{endpointSelector: {matchLabels: {app: web, pod-template-hash: abc}}, ingress: [{}]}"
        ),
        SHOP + cnp("{endpointSelector: {matchLabels: {app: web, tier: front}}, ingress: [{}]}"),
    ),
    "world-by-negation": (
        SHOP
        + into_api(
            "fromEndpoints: [{matchExpressions: "
            "[{key: k8s:io.kubernetes.pod.namespace, operator: NotIn, values: [data]}]}]"
        ),
        SHOP
        + into_api(
            "fromEndpoints: [{matchExpressions: "
            "[{key: k8s:io.kubernetes.pod.namespace, operator: NotIn, values: [data]}, "
            "{key: k8s:io.kubernetes.pod.namespace, operator: Exists}]}]"
        ),
    ),
    "changes-nothing": (
        SHOP + cnp(f"{{{API}, ingress: [{LOW}, {HIGH}, {ranged(8050, 8085)}]}}"),
        SHOP + cnp(f"{{{API}, ingress: [{LOW}, {HIGH}, {ranged(8050, 9095)}]}}"),
    ),
    "covered": (
        SHOP + cnp(f"{{{API}, ingress: [{{{FROM_WEB}}}, {{{FROM_WEB}, {tcp('8080')}}}]}}"),
        SHOP
        + cnp(
            f"{{{API}, ingress: [{{{FROM_WEB}, {tcp('9090')}}}, {{{FROM_WEB}, {tcp('8080')}}}]}}"
        ),
    ),
    "denied": (
        SHOP + cnp(f"{{{API}, ingress: [{{{FROM_WEB}}}], ingressDeny: [{{{FROM_WEB}}}]}}"),
        SHOP
        + cnp(
            f"{{{API}, ingress: [{{{FROM_WEB}}}], ingressDeny: [{{{FROM_WEB}, {tcp('9090')}}}]}}"
        ),
    ),
    "duplicate-policy": (
        SHOP + into_api(FROM_WEB) + cnp(f"{{{API}, ingress: [{{{FROM_WEB}}}]}}", name="q"),
        SHOP + into_api(FROM_WEB) + cnp(f"{{{WEB}, ingress: [{{{FROM_WEB}}}]}}", name="q"),
    ),
    "never-matches": (
        SHOP + into_api("fromEndpoints: [{matchLabels: {app: nobody}}]"),
        SHOP
        + into_api(
            "fromEndpoints: [{matchLabels: {app: x, k8s:io.kubernetes.pod.namespace: kube-x}}]"
        ),
    ),
    "peer-covered": (
        SHOP + into_api("fromEntities: [cluster, host]"),
        SHOP + into_api("fromEntities: [world, host]"),
    ),
    "peer-matches-nothing": (
        SHOP + into_api("fromEndpoints: [{matchLabels: {app: web}}, {matchLabels: {app: nobody}}]"),
        SHOP + into_api("fromEndpoints: [{matchLabels: {app: web}}, {matchLabels: {app: api}}]"),
    ),
    "selects-nothing": (
        SHOP + cnp("{endpointSelector: {matchLabels: {app: wbe}}, ingress: [{}]}"),
        SHOP.replace(
            "kind: Namespace\nmetadata: {name: kube-system",
            "kind: Namespace\nmetadata: {name: some",
        )
        + cnp("{endpointSelector: {matchLabels: {app: wbe}}, ingress: [{}]}", "elsewhere"),
    ),
    "ambiguous-port-name": (
        SHOP + out_of_web(f"{TO_API}, {tcp('http')}"),
        SHOP + out_of_web(f"{TO_API}, {tcp('metrics')}"),
    ),
    "end-port": (
        SHOP + into_api(f'{FROM_WEB}, toPorts: [{{ports: [{{port: "8080", endPort: 80}}]}}]'),
        SHOP + into_api(f'{FROM_WEB}, toPorts: [{{ports: [{{port: "8080", endPort: 9090}}]}}]'),
    ),
    "no-ports": (
        SHOP + into_api(f"{FROM_WEB}, toPorts: [{{ports: []}}]"),
        SHOP + into_api(f"{FROM_WEB}, toPorts: []"),
    ),
    "port-zero": (
        SHOP + into_api(f"{FROM_WEB}, {tcp('0')}"),
        SHOP + into_api(f"{FROM_WEB}, {tcp('8080')}"),
    ),
    "reply-ports": (
        SHOP
        + out_of_web(f"{TO_API}, {tcp('8080')}")
        + cnp(
            f"{{{WEB}, ingress: [{{fromEndpoints: [{{matchLabels: {{app: api}}}}], toPorts: "
            '[{ports: [{port: "32768", endPort: 60999, protocol: TCP}]}]}]}',
            name="q",
        ),
        SHOP
        + cnp(
            f"{{{WEB}, ingress: [{{fromEndpoints: [{{matchLabels: {{app: api}}}}], toPorts: "
            '[{ports: [{port: "32768", endPort: 60999, protocol: TCP}]}]}]}',
            name="q",
        ),
    ),
    "service-port": (
        SHOP + into_api(f"{FROM_WEB}, {tcp('80')}"),
        SHOP + into_api(f"{FROM_WEB}, {tcp('8080')}"),
    ),
    "undeclared-port": (
        SHOP + into_api(f"{FROM_WEB}, {tcp('8088')}"),
        SHOP + into_api(f"{FROM_WEB}, {tcp('9090')}"),
    ),
    "unknown-port-name": (
        SHOP + into_api(f"{FROM_WEB}, {tcp('metrix')}"),
        SHOP + into_api(f"{FROM_WEB}, {tcp('metrics')}"),
    ),
    "deep-wildcard": (
        SHOP
        + cnp(
            f'{{{WEB}, egress: [{dns("""{matchPattern: "*"}""")}, '
            '{toFQDNs: [{matchPattern: "**.example.com"}]}]}'
        ),
        SHOP
        + cnp(
            f'{{{WEB}, egress: [{dns("""{matchPattern: "*"}""")}, '
            '{toFQDNs: [{matchPattern: "*.example.com"}]}]}'
        ),
    ),
    "dns-blocked": (
        SHOP + out_of_web(TO_API),
        SHOP
        + cnp(f"{{{WEB}, egress: [{{{TO_API}}}, {{toEndpoints: [{{matchLabels: {KUBE_DNS}}}]}}]}}"),
    ),
    "dns-server-closed": (
        SHOP + cnp("{endpointSelector: {}, ingress: [{fromEntities: [host]}]}", "kube-system"),
        SHOP + cnp("{endpointSelector: {}, ingress: [{fromEntities: [cluster]}]}", "kube-system"),
    ),
    "dns-udp": (
        SHOP + knp("{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 53}]}]}"),
        SHOP
        + knp(
            "{podSelector: {}, policyTypes: [Egress], "
            "egress: [{ports: [{port: 53}, {port: 53, protocol: UDP}]}]}"
        ),
    ),
    "fqdn-everything": (
        SHOP + out_of_web('toFQDNs: [{matchPattern: "*.com"}]'),
        SHOP + out_of_web('toFQDNs: [{matchPattern: "*.example.com"}]'),
    ),
    "fqdn-not-looked-up": (
        SHOP
        + cnp(
            f"{{{WEB}, egress: [{dns('{matchName: a.example.com}')}, "
            "{toFQDNs: [{matchName: b.example.com}]}]}"
        ),
        SHOP
        + cnp(
            f"{{{WEB}, egress: [{dns('{matchName: a.example.com}')}, "
            "{toFQDNs: [{matchName: a.example.com}]}]}"
        ),
    ),
    "fqdn-service": (
        SHOP + out_of_web("toFQDNs: [{matchName: db.data.svc.cluster.local}]"),
        SHOP + out_of_web("toFQDNs: [{matchName: db.example.com}]"),
    ),
    "fqdn-without-dns": (
        SHOP + out_of_web("toFQDNs: [{matchName: a.example.com}]"),
        SHOP
        + out_of_web("toFQDNs: [{matchName: a.example.com}]")
        + cnp(
            f"{{endpointSelector: {{}}, egress: [{dns('{matchName: a.example.com}')}]}}", name="q"
        ),
    ),
    "api-server-address": (
        SHOP + API_SERVER + out_of_web("toCIDR: [20.1.2.3/32]"),
        SHOP + API_SERVER + out_of_web("toCIDR: [20.1.0.0/16]"),
    ),
    "cidr-pods": (
        SHOP + ADDRESSED + out_of_web("toCIDR: [10.1.2.0/24]"),
        SHOP + ADDRESSED + out_of_web("toCIDR: [192.0.2.0/24]"),
    ),
    "client-address-hidden": (
        SHOP
        + EXTERNAL.replace("POLICY", "Cluster")
        + cnp(f"{{{WEB}, ingress: [{{fromCIDR: [203.0.113.0/24]}}]}}"),
        SHOP
        + EXTERNAL.replace("POLICY", "Local")
        + cnp(f"{{{WEB}, ingress: [{{fromCIDR: [203.0.113.0/24]}}]}}"),
    ),
    "except-opened": (
        SHOP
        + cnp(
            f"{{{API}, ingress: [{{fromCIDRSet: [{{cidr: 198.51.0.0/16, except: "
            "[198.51.100.0/24]}]}, {fromEntities: [world]}]}"
        ),
        SHOP
        + cnp(
            f"{{{API}, ingress: [{{fromCIDRSet: [{{cidr: 198.51.0.0/16, except: "
            "[198.51.100.0/24]}]}, {fromCIDR: [192.0.2.0/24]}]}"
        ),
    ),
    "except-wider": (
        SHOP + into_api("fromCIDRSet: [{cidr: 10.1.0.0/16, except: [10.1.0.0/16]}]"),
        SHOP + into_api("fromCIDRSet: [{cidr: 10.1.0.0/16, except: [10.1.0.0/17]}]"),
    ),
    "host-bits": (
        SHOP + into_api("fromCIDR: [192.0.2.7/24]"),
        SHOP + into_api("fromCIDR: [192.0.2.0/24]"),
    ),
    "world-family": (
        SHOP + into_api("fromEntities: [world-ipv4]"),
        SHOP + into_api("fromEntities: [world]"),
    ),
    "bare-dot": (
        SHOP + into_api(f"{FROM_WEB}, {http('{host: a.example.com}')}"),
        SHOP + into_api(f"{FROM_WEB}, {http('''{host: 'a[.]example[.]com'}''')}"),
    ),
    "host-regex": (
        SHOP + into_api(f"{FROM_WEB}, {http('''{host: '*.example.com'}''')}"),
        SHOP + into_api(f"{FROM_WEB}, {http('''{host: '.*example'}''')}"),
    ),
    "http-method-case": (
        SHOP + into_api(f"{FROM_WEB}, {http('{method: get}')}"),
        SHOP + into_api(f"{FROM_WEB}, {http('''{method: 'GET|PUT'}''')}"),
    ),
    "http-path-slash": (
        SHOP + into_api(f"{FROM_WEB}, {http('''{path: 'api/.*'}''')}"),
        SHOP + into_api(f"{FROM_WEB}, {http('''{path: '.*/api'}''')}"),
    ),
    "l7-conflict": (
        SHOP
        + into_api(f"{FROM_WEB}, {http('{method: GET}')}")
        + cnp(
            f'{{{API}, ingress: [{{{FROM_WEB}, toPorts: [{{ports: [{{port: "8080", '
            "protocol: TCP}], rules: {kafka: [{topic: a}]}}]}]}",
            name="q",
        ),
        SHOP
        + into_api(f"{FROM_WEB}, {http('{method: GET}')}")
        + cnp(
            f'{{{API}, ingress: [{{{FROM_WEB}, toPorts: [{{ports: [{{port: "9090", '
            "protocol: TCP}], rules: {kafka: [{topic: a}]}}]}]}",
            name="q",
        ),
    ),
    "l7-on-tls": (
        SHOP + TLS + into_api(f"{FROM_WEB}, {http('{method: GET}')}"),
        SHOP + TLS.replace("https", "http") + into_api(f"{FROM_WEB}, {http('{method: GET}')}"),
    ),
    "l7-void": (
        SHOP
        + into_api(f"{FROM_WEB}, {http('{method: GET}')}")
        + cnp(f"{{{API}, ingress: [{{{FROM_WEB}}}]}}", name="q"),
        SHOP
        + into_api(f"{FROM_WEB}, {http('{method: GET}')}")
        + cnp(f"{{{API}, ingress: [{{{FROM_WEB}, {tcp('9090')}}}]}}", name="q"),
    ),
    "egress-open": (
        SHOP + cnp("{endpointSelector: {}, ingress: [{}]}"),
        SHOP + cnp("{endpointSelector: {}, ingress: [{}], egress: [{}]}"),
    ),
    "metadata-service": (
        AKS,
        AKS
        + ccnp(
            "{endpointSelector: {}, enableDefaultDeny: {egress: false}, "
            "egressDeny: [{toCIDR: [169.254.169.254/32]}]}"
        ),
    ),
    "namespace-open": (
        SHOP,
        SHOP
        + cnp("{endpointSelector: {}, ingress: [{}]}")
        + cnp("{endpointSelector: {}, ingress: [{}]}", "data"),
    ),
    "open-to-world": (
        SHOP + into_api("fromEntities: [world]"),
        SHOP + into_api(f"fromEntities: [world], {tcp('8080')}"),
    ),
    "probes-denied": (
        SHOP + cnp(f"{{{API}, ingressDeny: [{{fromEntities: [all]}}]}}"),
        SHOP + cnp(f"{{{API}, ingressDeny: [{{fromEntities: [world]}}]}}"),
    ),
    "workload-open": (
        SHOP + cnp(f"{{{WEB}, ingress: [{{}}]}}"),
        SHOP + cnp("{endpointSelector: {}, ingress: [{}]}"),
    ),
    "clusterwide-default-deny": (
        SHOP + ccnp("{endpointSelector: {}, egress: [{}]}"),
        SHOP
        + ccnp(
            "{endpointSelector: {matchExpressions: [{key: k8s:io.kubernetes.pod.namespace, "
            "operator: NotIn, values: [kube-system]}]}, egress: [{}]}"
        ),
    ),
    "default-deny-idle": (
        SHOP + cnp(f"{{{WEB}, enableDefaultDeny: {{egress: true}}, ingress: [{{}}]}}"),
        SHOP + cnp(f"{{{WEB}, enableDefaultDeny: {{egress: true}}, egress: [{{}}]}}"),
    ),
    "deny-only": (
        SHOP + cnp(f"{{{API}, ingressDeny: [{{{FROM_WEB}}}]}}"),
        SHOP
        + cnp(f"{{{API}, ingressDeny: [{{{FROM_WEB}}}]}}")
        + cnp("{endpointSelector: {}, ingress: [{}]}", name="q"),
    ),
    "empty-list": (
        SHOP + into_api("fromEndpoints: []"),
        SHOP + into_api("fromEndpoints: [{}]"),
    ),
    "empty-rule": (
        SHOP + cnp(f"{{{API}, ingress: [{{}}, {{{FROM_WEB}}}]}}"),
        SHOP + cnp(f"{{{API}, ingress: [{{}}]}}"),
    ),
    "no-pod-selector": (
        SHOP + knp("{policyTypes: [Ingress]}"),
        SHOP + knp("{podSelector: {}, policyTypes: [Ingress]}"),
    ),
    "rules-ignored": (
        SHOP + knp("{podSelector: {}, policyTypes: [Ingress], egress: [{}]}"),
        SHOP + knp("{podSelector: {}, policyTypes: [Ingress, Egress], egress: [{}]}"),
    ),
    "call-blocked": (
        SHOP + CALLER + into_api(FROM_WEB),
        SHOP + CALLER + into_api("fromEndpoints: [{matchLabels: {app: shopper}}]"),
    ),
    "egress-not-admitted": (
        SHOP
        + out_of_web(f"{TO_API}, {tcp('8080')}")
        + cnp(f"{{{API}, ingress: [{{}}]}}", name="q"),
        SHOP
        + out_of_web(f"{TO_API}, {tcp('8080')}")
        + cnp(f"{{{API}, ingress: [{{{FROM_WEB}}}]}}", name="q"),
    ),
    "ingress-not-sent": (
        SHOP + into_api(FROM_WEB) + cnp(f"{{{WEB}, egress: [{{}}]}}", name="q"),
        SHOP + into_api(FROM_WEB) + cnp(f"{{{WEB}, egress: [{{{TO_API}}}]}}", name="q"),
    ),
    "services-wildcard": (
        SHOP
        + out_of_web(
            f"toServices: [{{k8sService: {{serviceName: none, namespace: data}}}}], {tcp('443')}"
        ),
        SHOP
        + out_of_web(
            f"toServices: [{{k8sService: {{serviceName: db, namespace: data}}}}], {tcp('5432')}"
        ),
    ),
    "kafka-deprecated": (
        SHOP
        + into_api(
            f'{FROM_WEB}, toPorts: [{{ports: [{{port: "9090", protocol: TCP}}], '
            "rules: {kafka: [{topic: a}]}}]"
        ),
        SHOP + into_api(f"{FROM_WEB}, {http('{method: GET}')}"),
    ),
    "requires-removed": (
        SHOP + into_api(f"fromRequires: [{{matchLabels: {{app: web}}}}], {FROM_WEB}"),
        SHOP + into_api(FROM_WEB),
    ),
    "aks-host-policy": (
        AKS + ccnp("{nodeSelector: {}, ingress: [{}]}"),
        SHOP + ccnp("{nodeSelector: {}, ingress: [{}]}"),
    ),
    "aks-fqdn": (
        AKS + out_of_web("toFQDNs: [{matchName: a.example.com}]"),
        SHOP + out_of_web("toFQDNs: [{matchName: a.example.com}]"),
    ),
    "aks-l7": (
        AKS + into_api(f"{FROM_WEB}, {http('{method: GET}')}"),
        AKS + into_api(f"{FROM_WEB}, {tcp('8080')}"),
    ),
    "aks-clusterwide-l7": (
        AKS + ccnp(f"{{{API}, ingress: [{{{FROM_WEB}, {http('{method: GET}')}}}]}}"),
        AKS + into_api(f"{FROM_WEB}, {http('{method: GET}')}"),
    ),
    "aks-dns-any": (
        AKS + cnp(f'{{{WEB}, egress: [{PAID}, {dns("""{matchPattern: "*"}""")}]}}'),
        AKS + cnp(f'{{{WEB}, egress: [{PAID}, {dns("""{matchPattern: "*.example.com"}""")}]}}'),
    ),
    "aks-groups": (
        AKS + out_of_web("toGroups: [{aws: {securityGroupsIds: [sg-1]}}]"),
        SHOP + out_of_web("toGroups: [{aws: {securityGroupsIds: [sg-1]}}]"),
    ),
    "aks-authentication": (
        AKS + into_api(f"{FROM_WEB}, authentication: {{mode: required}}"),
        AKS + into_api(f"{FROM_WEB}, authentication: {{mode: disabled}}"),
    ),
    "aks-protocol": (
        AKS + into_api(f'{FROM_WEB}, toPorts: [{{ports: [{{port: "0", protocol: VRRP}}]}}]'),
        AKS + into_api(f'{FROM_WEB}, toPorts: [{{ports: [{{port: "1", protocol: SCTP}}]}}]'),
    ),
    "suppression-without-reason": (
        SHOP + cnp(f"{{{API}, ingress: [{{}}]}}", notes="netassist.io/ignore: egress-open"),
        SHOP
        + cnp(
            f"{{{API}, ingressDeny: [{{{FROM_WEB}}}]}}",
            notes='netassist.io/ignore: "deny-only: on purpose"',
        ),
    ),
    "suppression-unused": (
        SHOP + cnp(f"{{{API}, ingress: [{{}}]}}", notes='netassist.io/ignore: "deny-only: it may"'),
        SHOP
        + cnp(
            f"{{{API}, ingressDeny: [{{{FROM_WEB}}}]}}",
            notes='netassist.io/ignore: "deny-only: on purpose"',
        ),
    ),
}
