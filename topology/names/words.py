"""The words that people put around names, and words that mean the same thing."""

from typing import Final

__all__ = [
    "CONTENT_LABELS",
    "DETERMINERS",
    "ENTITIES",
    "ENTITY_PHRASES",
    "ENVIRONMENTS",
    "FIRM_ENTITIES",
    "FUNCTION_WORDS",
    "GENERIC",
    "KIND_PREFIXES",
    "KIND_WORDS",
    "MARK_LABELS",
    "NAME_LABELS",
    "NEVER_LINKED",
    "ONLY_WHEN_EXACT",
    "SERVICE_WORDS",
    "SOFTWARE",
    "SPOKEN_KINDS",
    "SYNONYMS",
]

KIND_PREFIXES: Final = {
    "cj": "CronJob",
    "cronjob": "CronJob",
    "cronjobs": "CronJob",
    "daemonset": "DaemonSet",
    "daemonsets": "DaemonSet",
    "deploy": "Deployment",
    "deployment": "Deployment",
    "deployments": "Deployment",
    "ds": "DaemonSet",
    "job": "Job",
    "jobs": "Job",
    "namespace": "Namespace",
    "namespaces": "Namespace",
    "no": "Node",
    "node": "Node",
    "nodes": "Node",
    "ns": "Namespace",
    "po": "Pod",
    "pod": "Pod",
    "pods": "Pod",
    "replicaset": "ReplicaSet",
    "replicasets": "ReplicaSet",
    "rs": "ReplicaSet",
    "service": "Service",
    "services": "Service",
    "statefulset": "StatefulSet",
    "statefulsets": "StatefulSet",
    "sts": "StatefulSet",
    "svc": "Service",
    "workload": "Workload",
    "workloads": "Workload",
}
"""What kubectl accepts before a slash, and what a sentence says beside a name."""

KIND_WORDS: Final = frozenset(KIND_PREFIXES) - {"no", "cj", "ds", "rs", "po"} | {
    "app",
    "application",
    "applications",
    "apps",
    "backend pods",
    "component",
    "container",
    "containers",
    "host",
    "microservice",
    "replica",
    "replicas",
    "server",
    "servers",
    "microservices",
    "tier",
}
"""Words beside a name that say what kind of thing it is; they are no part of the name."""

SPOKEN_KINDS: Final = frozenset(
    {"CronJob", "DaemonSet", "Deployment", "Job", "ReplicaSet", "StatefulSet"}
)
"""Kinds that no Service goes by in speech."""

ENVIRONMENTS: Final = frozenset(
    {
        "default", "dev", "development", "preprod", "prod", "production", "qa", "sandbox", "stage",
        "staging", "stg", "system", "test", "uat",
    }
)  # fmt: skip
"""Never part of another name: who says `prod` means a namespace, whether there is one or not."""

GENERIC: Final = frozenset(
    {"app", "application", "deployment", "microservice", "pod", "server", "service", "workload"}
)
"""Words (singular) that a name may carry without telling it apart from others."""

DETERMINERS: Final = frozenset(
    {
        "a", "all", "an", "any", "anyone", "anything", "each", "every", "everyone", "everything",
        "its", "my", "our", "same", "that", "the", "their", "these", "this", "those", "your",
    }
)  # fmt: skip

SYNONYMS: Final = {
    "authentication": "auth",
    "configuration": "config",
    "database": "db",
    "development": "dev",
    "elasticsearch": "elastic",
    "fe": "frontend",
    "gw": "gateway",
    "image": "img",
    "mongodb": "mongo",
    "msg": "message",
    "notif": "notification",
    "pg": "postgres",
    "postgresql": "postgres",
    "production": "prod",
    "stage": "staging",
    "stg": "staging",
    "svc": "service",
}
"""A word (singular) and the word that it is taken for; `front end` needs no entry."""

SOFTWARE: Final = {
    "db": frozenset({"cassandra", "cockroachdb", "mariadb", "mongo", "mssql", "mysql", "postgres"}),
    "cache": frozenset({"memcached", "redis", "valkey"}),
    "queue": frozenset({"activemq", "kafka", "nats", "rabbitmq"}),
    "broker": frozenset({"activemq", "kafka", "nats", "rabbitmq"}),
}
"""What people call a product by its use; tried only when nothing carries the word itself."""

ENTITIES: Final = frozenset(
    {
        "all", "cluster", "health", "host", "ingress", "init", "kube-apiserver", "none",
        "remote-node", "unmanaged", "world", "world-ipv4", "world-ipv6",
    }
)  # fmt: skip

FIRM_ENTITIES: Final = frozenset({"host", "kube-apiserver", "remote-node", "world"})
"""Entities that win over an object of the same name; the others give way to it."""

ENTITY_PHRASES: Final = {
    "anything outside": ("world",),
    "anything outside the cluster": ("world",),
    "anywhere outside the cluster": ("world",),
    "api server": ("kube-apiserver",),
    "apiserver": ("kube-apiserver",),
    "external world": ("world",),
    "internet": ("world",),
    "k8s api": ("kube-apiserver",),
    "kube api": ("kube-apiserver",),
    "kube api server": ("kube-apiserver",),
    "kube apiserver": ("kube-apiserver",),
    "kubernetes api": ("kube-apiserver",),
    "kubernetes api server": ("kube-apiserver",),
    "local host": ("host",),
    "local node": ("host",),
    "node": ("host", "remote-node"),
    "nodes": ("host", "remote-node"),
    "other node": ("remote-node",),
    "other nodes": ("remote-node",),
    "outside": ("world",),
    "outside of the cluster": ("world",),
    "outside the cluster": ("world",),
    "outside world": ("world",),
    "own node": ("host",),
    "public internet": ("world",),
    "remote node": ("remote-node",),
    "remote nodes": ("remote-node",),
    "same node": ("host",),
}
"""What people call an entity; two entities mean that the person has to say which."""

NAME_LABELS: Final = (
    "app.kubernetes.io/name",
    "app",
    "k8s-app",
    "name",
    "service",
    "run",
    "app.kubernetes.io/component",
    "component",
)
"""Labels whose value names a workload."""

CONTENT_LABELS: Final = ("tier", "role", "class", "function", "org")
"""Labels whose value describes a workload; weaker than a name, stronger than likeness."""

MARK_LABELS: Final = (
    *NAME_LABELS,
    *CONTENT_LABELS,
    "app.kubernetes.io/instance",
    "app.kubernetes.io/part-of",
    "project",
    "team",
    "version",
)
"""Labels whose words may stand beside the name, as in `the guestbook frontend`."""

_SERVICE_WORDS = """
    account address admin analytics audit billing booking cache cart catalog checkout config
    container content customer delivery detail discount email event export feedback file gateway
    history identity image import inventory invoice location login mail media member message
    metric monitor notification offer order page partner payment picture plan policy price pricing
    product profile promotion queue quote rating receipt recommendation refund registry report
    request return review reward route sales schedule search seller session setting shipping
    shopping signup stock storage store subscription supplier support task tax ticket token
    tracking transaction upload usage user vendor video voucher wallet warehouse weather
"""

SERVICE_WORDS: Final = frozenset(_SERVICE_WORDS.split())
"""Real words that services are called by: none of them is a misspelling of another."""

_FUNCTION_WORDS = """
    a about access after all allow allowed also an and any are as at be been before behind being
    between but by can cannot connect could did do does each either every for from get had has have
    how i if in inside into is it its let may me might must my no nor not of off on one only onto
    open or our out over per reach reached reaches reaching send should so some talk talking talks
    than that the their them then there these they this those through to too under up use via was
    we were what when where whether which while who whom whose why will with within without would
    yes you your
"""

FUNCTION_WORDS: Final = frozenset(_FUNCTION_WORDS.split())
"""Words that are no part of a name that is spelled with spaces."""

_NEVER_LINKED = """
    a about above access accessed accesses accessible accessing across after against all allow
    allowed allowing allows already also although always am among an and another answer any anyone
    anything anywhere apply applies are around as ask at attempt available away back be because
    become been before behind being below between block blocked blocking blocks both bring but by
    call called calling calls can cannot cant cause change check cidr clear close closed cluster
    come command communicate communicates communicating communication compare completely configure
    connect connected connecting connection connections connectivity connects could count create
    currently cut default defined denied denies deny denying describe destination did different
    directly do does doesn doing don done drop dropped drops due each egress either else
    enabled end enforce enforced enough entire environment establish even ever every everybody
    everyone everything exactly except exist exists explain expose exposed exposes exposing
    external fail failed failing fails false fetch few file find firewall fix flow for forbid
    forbidden forward from full get gets getting give given go goes going good got had happen
    happens has have having help here hit hits hitting hold how however i if impossible in inbound
    incoming ingress inside instead internal into ip ips is isn isolated isolation it its itself
    just keep kind know label labels last layer least legal let like line link list listen
    listening listens load local long look looking make makes many matter may me mean means might
    missing more most much must my name named names namespace namespaces need needs network
    networking networkpolicy never new no nobody node nodes none nor normal not nothing now number
    object objects of off ok okay on once one only onto open opened opens or other others our out
    outbound outgoing outside over own packet packets part path pass peer peers per permission
    permit permits permitted ping place please pod pods point policies policy poll port ports
    possible possibly prevent prevented prevents problem protocol protocols public pull push put
    query question rather reach reachability reachable reached reaches reaching read ready really
    reason receive recommend recommended refuse refused related reply request requests
    resource respond response
    restrict restricted restricts return right route rule rules run running runs said same say
    says secure see seems select selected selecting selects send sending sends sent service
    services several shall she should show shut side since size so some somebody someone something
    source speak speaks start status still stop stopped stops subnet such support sure svc take
    talk talked talking talks tcp tell than that the their them then there these they thing things
    think this those through throughout time timeout to together too traffic true try trying turn
    two udp under unless until up upon us use used uses using valid verdict very via view wants
    want was way we well were what when where whether which while who whole whom whose why will
    with within without won wont work workload workloads works would wrong yes yet you your
"""

NEVER_LINKED: Final = frozenset(_NEVER_LINKED.split())
"""Words of questions: they name an object only where they are quoted or qualified."""

_ONLY_WHEN_EXACT = """
    address addresses agent app application applications apps attack base client clients code
    component config container containers control controller core cost critical customer data day
    demo deployment deployments detail details dev direct dns domain error errors event external
    first front group header headers health high home host hosts http https id image info init
    instance job jobs key kubernetes level log login low machine main master message method
    metric metrics mode model monitor page people person plan point pool post primary prod
    product production proxy range rating ratings real region release report review reviews role
    root safe sample search second secret security server servers set simple site small stage
    staging standard state stateful string system table task team test tests tier token tool type
    user users value version web wide world worker workers zone
"""

ONLY_WHEN_EXACT: Final = frozenset(_ONLY_WHEN_EXACT.split())
"""Everyday words that name an object only where its whole name is that word."""
