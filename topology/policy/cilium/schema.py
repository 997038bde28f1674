"""The fields of Cilium's policies, as its CustomResourceDefinitions have them.

Source: the CRDs of Cilium 1.18.10 and 1.19.4; a test compares every path and limit with them.
Patterns and formats stand where Cilium's own parser does not check the same.
"""

from functools import lru_cache

from topology.policy.schema import Field, each, of, texts

__all__ = ["policy_schema"]

_TEXT = Field(kind="string")
_ANY = Field(kind="any")
_LABEL_VALUE = Field(
    kind="string",
    longest=63,
    pattern=r"^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$",
    form="a label value",
)
_SELECTOR = of(
    matchExpressions=each(
        of(
            ("key", "operator"),
            key=_TEXT,
            operator=Field(kind="string", enum=("In", "NotIn", "Exists", "DoesNotExist")),
            values=texts(),
        )
    ),
    matchLabels=Field(kind="map", item=_LABEL_VALUE),
)
_CIDR_SET = each(
    Field(
        kind="object",
        one_of=("cidr", "cidrGroupRef", "cidrGroupSelector"),
        fields={
            "cidr": Field(kind="string", format="cidr"),
            "cidrGroupRef": Field(
                kind="string",
                longest=253,
                pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
                form="the name of a CiliumCIDRGroup",
            ),
            "cidrGroupSelector": _SELECTOR,
            "except": texts(format="cidr"),
        },
    )
)
_ENTITIES = texts(
    enum=(
        "all", "world", "cluster", "host", "init", "ingress", "unmanaged", "remote-node",
        "health", "none", "kube-apiserver",
    )
)  # fmt: skip
_GROUPS = each(
    of(
        aws=of(
            labels=Field(kind="map", item=_TEXT),
            region=_TEXT,
            securityGroupsIds=texts(),
            securityGroupsNames=texts(),
        )
    )
)
_ICMPS = each(
    of(
        fields=each(
            of(
                ("type",),
                family=Field(kind="string", enum=("IPv4", "IPv6")),
                type=Field(kind="number-or-text"),
            ),
            most=40,
        )
    )
)
_NAMES = each(
    Field(
        kind="object",
        one_of=("matchName", "matchPattern"),
        fields={
            "matchName": Field(
                kind="string",
                longest=255,
                pattern=r"^([-a-zA-Z0-9_]+[.]?)+$",
                linear=r"^[-a-zA-Z0-9_]([-a-zA-Z0-9_]|[.](?![.]))*$",
                form="a DNS name such as `api.example.com`",
            ),
            "matchPattern": Field(
                kind="string",
                longest=255,
                pattern=r"^([-a-zA-Z0-9_*]+[.]?)+$",
                linear=r"^[-a-zA-Z0-9_*]([-a-zA-Z0-9_*]|[.](?![.]))*$",
                form="a pattern of DNS names such as `*.example.com`",
            ),
        },
    )
)
_SECRET = of(("name",), name=_TEXT, namespace=_TEXT)
_TLS = of(("secret",), certificate=_TEXT, privateKey=_TEXT, secret=_SECRET, trustedCA=_TEXT)
_HTTP = each(
    of(
        headerMatches=each(
            of(
                ("name",),
                mismatch=Field(kind="string", enum=("LOG", "ADD", "DELETE", "REPLACE")),
                name=Field(kind="string", shortest=1),
                secret=_SECRET,
                value=_TEXT,
            )
        ),
        headers=texts(),
        host=_TEXT,
        method=_TEXT,
        path=_TEXT,
    )
)
_KAFKA = each(
    of(
        apiKey=_TEXT,
        apiVersion=_TEXT,
        clientID=_TEXT,
        role=Field(kind="string", enum=("produce", "consume")),
        topic=Field(kind="string", longest=255),
    )
)
_L7 = Field(
    kind="object",
    one_of=("http", "kafka", "dns", "l7proto"),
    fields={
        "dns": _NAMES,
        "http": _HTTP,
        "kafka": _KAFKA,
        "l7": each(Field(kind="map", item=_TEXT)),
        "l7proto": _TEXT,
    },
)
_LISTENER = of(
    ("envoyConfig", "name"),
    envoyConfig=of(
        ("name",),
        kind=Field(kind="string", enum=("CiliumEnvoyConfig", "CiliumClusterwideEnvoyConfig")),
        name=Field(kind="string", shortest=1),
    ),
    name=Field(kind="string", shortest=1),
    priority=Field(kind="integer", least=1, most=100),
)
_SERVICES = each(
    of(
        k8sService=of(namespace=_TEXT, serviceName=_TEXT),
        k8sServiceSelector=of(("selector",), namespace=_TEXT, selector=_SELECTOR),
    )
)
_PORT_PATTERN = (
    r"^(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[0-9]{1,4})"
    r"|([a-zA-Z0-9]-?)*[a-zA-Z](-?[a-zA-Z0-9])*$"
)
_PORT = r"^[0-9]|[a-zA-Z](-?[0-9])*$"
_SECTIONS = ("ingress", "ingressDeny", "egress", "egressDeny")


@lru_cache(maxsize=4)
def policy_schema(*, latest: bool) -> Field:
    """Return the fields of a CiliumNetworkPolicy or CiliumClusterwideNetworkPolicy.

    Args:
        latest: Those of Cilium 1.19, else of 1.18.
    """
    spec = _spec(_port(latest), each(_ANY, most=0) if latest else each(_SELECTOR))
    return of(
        ("metadata",),
        apiVersion=_TEXT,
        kind=_TEXT,
        metadata=_ANY,
        spec=spec,
        specs=each(spec),
        status=_ANY,
    )


def _port(latest: bool) -> Field:
    extended = ("VRRP", "IGMP") if latest else ()
    return of(
        () if latest else ("port",),
        endPort=Field(kind="integer", least=0, most=65535),
        port=Field(
            kind="string", pattern=_PORT_PATTERN, linear=_PORT, form="a port number or name"
        ),
        protocol=Field(kind="string", enum=("TCP", "UDP", "SCTP", *extended, "ANY")),
    )


def _spec(port: Field, requires: Field) -> Field:
    allow = {
        "authentication": of(
            ("mode",),
            mode=Field(kind="string", enum=("disabled", "required", "test-always-fail")),
        ),
        "toPorts": each(
            of(
                listener=_LISTENER,
                originatingTLS=_TLS,
                ports=each(port, most=40),
                rules=_L7,
                serverNames=each(
                    Field(
                        kind="string",
                        longest=255,
                        pattern=r"^(\*?\*\.)?([-a-zA-Z0-9_]+\.?)+$",
                        linear=r"^(\*?\*\.)?[-a-zA-Z0-9_]([-a-zA-Z0-9_]|\.(?!\.))*$",
                        form="a server name such as `api.example.com`",
                    ),
                    least=1,
                ),
                terminatingTLS=_TLS,
            )
        ),
    }
    deny = {"toPorts": each(of(ports=each(port)))}
    return Field(
        kind="object",
        one_of=("endpointSelector", "nodeSelector"),
        some_of=_SECTIONS,
        fields={
            "description": _TEXT,
            "egress": each(
                of(**_side("to", requires), **allow, toFQDNs=_NAMES, toServices=_SERVICES)
            ),
            "egressDeny": each(of(**_side("to", requires), **deny, toServices=_SERVICES)),
            "enableDefaultDeny": of(egress=Field(kind="boolean"), ingress=Field(kind="boolean")),
            "endpointSelector": _SELECTOR,
            "ingress": each(of(**_side("from", requires), **allow)),
            "ingressDeny": each(of(**_side("from", requires), **deny)),
            "labels": each(of(("key",), key=_TEXT, source=_TEXT, value=_TEXT)),
            "log": of(
                value=Field(
                    kind="string", longest=32, pattern=r"^\PC*$", form="text without controls"
                )
            ),
            "nodeSelector": _SELECTOR,
        },
    )


def _side(side: str, requires: Field) -> dict[str, Field]:
    return {
        f"{side}CIDR": texts(format="cidr"),
        f"{side}CIDRSet": _CIDR_SET,
        f"{side}Endpoints": each(_SELECTOR),
        f"{side}Entities": _ENTITIES,
        f"{side}Groups": _GROUPS,
        f"{side}Nodes": each(_SELECTOR),
        f"{side}Requires": requires,
        "icmps": _ICMPS,
    }
