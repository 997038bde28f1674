"""The words that carry a question's structure, as sets and pattern fragments."""

from assistant.models.rules.words import word_set

__all__ = [
    "ABILITY",
    "BACKWARD",
    "BLOCK",
    "BREACHED",
    "BREACHES",
    "COMMON",
    "DESTINATION_PREPOSITION",
    "FOOTHOLD",
    "FORWARD",
    "KIND_NOUNS",
    "LET",
    "PULL",
    "SOURCE_PREPOSITION",
    "TASKS",
    "VOCABULARY",
    "alternatives",
]


def alternatives(*phrases: str) -> str:
    """Return a pattern that matches any of the phrases as whole words, longest first."""
    ordered = sorted(phrases, key=len, reverse=True)
    return r"\b(?:" + "|".join(phrase.replace(" ", r"\s+") for phrase in ordered) + r")\b"


ABILITY = (
    r"\b(?:can|could|may|might|will|would|shall|should|does|do|did|is|are|was|were|has|have|am)\b"
)

FORWARD = alternatives(
    r"(?:interact|attack|store|save|persist|cache|insert|nc|netcat|mount|sync|replicate|back up|"
    r"handshake)(?:s|d|ed|ing)?",
    r"(?:reach|access|contact|call|hit|query|ping|dial|scrape|poll|use|consume|invoke|curl|"
    r"telnet|see|"
    r"resolve|visit|browse|probe|message|address|touch|target)(?:s|es|ed|ing)?",
    r"hitting", r"getting (?:at|to|into|through)",
    r"quer(?:ies|ied|ying)", r"scrap(?:ing|ed)", r"us(?:ing|ed)", r"invok(?:ing|ed)",
    r"(?:connect|talk|speak|communicate|egress|ssh|talked|log|post|push|write|writ|publish|"
    r"forward|send|"
    r"dial|authenticate|attach|tunnel|route|flow|travel|go|come|pass|proceed)(?:s|es|ed|ing|ting)?",
    r"sent", r"spoke", r"wrote", r"went", r"goes",
    r"connectivity", r"connections?", r"access", r"traffic", r"get(?:s|ting)? (?:at|to|into|"
                                                             r"through|in touch|hold|out)",
    r"(?:make|makes|making|open|opens|opening|establish|establishes|initiate|start)\s+\w*\s*\w*\s*"
    r"(?:connections?|calls?|requests?|sessions?)",
    r"(?:fetch|read|pull|download|load)(?:s|es|ed|ing)?", r"reachability", r"requests?",
    r"packets?",
    r"(?:time|times|timed|timing)(?:[ -]?out|s? out)", r"time-?outs?", r"path", r"route",
)  # fmt: skip
"""Whoever stands before these words sends, whoever stands after them receives."""

BACKWARD = alternatives(
    r"(?:serve|answer|trust|ignore)(?:s|d|ed|ing)?(?: to)?", r"(?:respond|repl(?:y|ie))(?:s|"
                                                             r"ed|ing)?(?: to)?",
    r"accept(?:s|ed|ing)?(?: \w+){0,3}(?: (?:from|by|of))?",
    r"receiv(?:e|es|ed|ing)(?: \w+){0,3}(?: (?:from|by))?",
    r"(?:take|takes|taking|get|gets|getting|serve|serves|serving|admit|admits|welcome|"
    r"welcomes)(?: \w+){0,3} (?:from|by)",
    r"(?:wants?|expects?) (?:any )?(?:traffic|requests?|calls?|connections?|packets?|visits|"
    r"anything|nothing) (?:from|by)",
    r"(?:allow|allows|permit|permits|let|lets)(?: \w+){0,3} (?:from|by)",
    r"(?:let|lets|letting|admit|admits|admitting)(?: (?:in|traffic|requests?))*",
    r"listen(?:s|ing)? (?:to|for)(?:(?: \w+){0,3} (?:from|by))?", r"hear(?:s|d|ing)? (?:from|of)",
    r"h[au]ng(?:s|ing)? up on", r"(?:talk|speak|write|call)(?:s|ing)? back",
    r"(?:reached|accessed|contacted|called|hit|queried|pinged|dialled|dialed|scraped|polled|"
    r"used|consumed|invoked|"
    r"seen|visited|probed|connected to|talked to|spoken to|written to|read|hit up|"
    r"touched)\s+(?:directly\s+)?(?:by|from)",
    r"(?:reachable|accessible|visible|invisible|available|unavailable|contactable|callable|"
    r"usable|addressable)(?: "
    r"\w+)?(?: (?:from|by|to|for))?",
    r"unreachable(?: (?:from|by|to|for))?", r"inaccessible(?: (?:from|by|to|for))?",
    r"(?:opened|open|exposed|closed|off[- ]?limits|shielded|protected|hidden|isolated|locked "
    r"down)(?: up)? (?:to|for|from|against)",
    r"(?:block|reject|refuse|deny|drop|filter|ban|forbid|denie)(?:s|es|ed|ing|ped|ping)?(?: "
    r"\w+){0,3}(?: from)?",
)  # fmt: skip
"""Whoever stands before these words receives, whoever stands after them sends."""

BLOCK = alternatives(
    r"(?:block|stop|prevent|keep|den(?:y|ie)|forbid|hinder|ban|bar|reject|refuse|drop|stopp|"
    r"dropp|barr|bann|forbidd|"
    r"restrict|disallow|prohibit|filter|cut|cutt|den)(?:s|es|ed|ing|ied|ies|ying)?",
    r"kept", r"denied", r"denies", r"gets? in the way of", r"responsible for", r"in the way",
)  # fmt: skip
LET = alternatives(
    r"(?:allow|permit|let|enable|grant|admit|authori[sz]e|lett|lett)(?:s|ed|d|ing|ting|ted)?"
)

PULL = alternatives(
    r"(?:pull|fetch|read|download|scrape|get|load|consume|collect|obtain|retrieve|query|grab|pick|"
    r"take|draw|request|want|receive data)(?:s|es|ed|ing)?|getting|taking"
)
"""Verbs whose `from` names the end that is connected to."""

BREACHED = (
    r"(?:compromised|hacked|breached|owned|taken over|exploited|infected|pwned|popped|rooted|"
    r"hijacked|poisoned|backdoored|subverted|broken into|under attack|malicious|rogue|rce)"
    r"(?!\s+(?:by|from|via|through|over|with)\b)"
)
"""What is said of an end that somebody else has taken; what matters then is what it reaches."""
BREACHES = (
    r"(?:compromis(?:e[sd]?|ing)|hack(?:s|ed|ing)?|breach(?:es|ed|ing)?|own(?:s|ed)?|"
    r"tak(?:es?|ing) over|took over|exploit(?:s|ed|ing)?|infect(?:s|ed)?|pwn(?:s|ed)?|"
    r"pop(?:s|ped)?|root(?:s|ed)?|hijack(?:s|ed)?|break(?:s|ing)? into|broke into|"
    r"(?:gets?|got|gains?|gained)\s+(?:in|into|inside|on|onto|over)|inside|"
    r"(?:gets?|got|gains?|gained|has|have|had)\s+(?:a\s+)?(?:shell|foothold|rce|control)\s+"
    r"(?:on|in|of|over)|lands?\s+(?:on|in)|landed\s+(?:on|in)|sits?\s+(?:on|in))"
)
"""Verbs whose object is an end that somebody takes, where a sentence supposes it."""
FOOTHOLD = (
    r"(?:(?:attackers?|hackers?|intruders?|malware|adversar(?:y|ies)|burglars?|virus|worm|"
    r"ransomware|bad actors?)\s+(?:\w+\s+)?"
    r"(?:lands?|landed|sits?|sitting|is|are|got|in|on|has|have|holds?|owns?|controls?|runs?)"
    r"\s*(?:on|in|inside|into)?|"
    r"(?:compromise|breach|takeover|exploit|hack)\s+(?:of|in|on)|"
    r"(?:lateral movement|foothold|rce|shell)\s+(?:from|in|on|inside)|"
    r"(?:starting|logged in|pivot(?:s|ing)?)\s+(?:from|on|in|into))"
)
"""Words whose object is an end that somebody has taken already."""

SOURCE_PREPOSITION = (
    r"(?:from|by|out of|leaving|originating (?:in|from|at)|coming (?:from|"
    r"out of)|sent by|starting (?:in|at|from)|"
    r"(?:with)?in (?:the )?(?:reach|range|scope|sight) (?:of|for))"
)
DESTINATION_PREPOSITION = (
    r"(?:to|into|onto|towards?|against|reach(?:ing)?|access(?:ing)?|"
    r"hitting|calling|querying|with|at|on|via)"
)

KIND_NOUNS: dict[str, str] = {
    noun: kind
    for kind, nouns in {
        "pod": "pod pods container containers replica replicas instance instances",
        "service": "service services svc svcs",
        "workload": (
            "workload workloads deployment deployments deploy statefulset statefulsets daemonset "
            "daemonsets job jobs cronjob cronjobs app apps application applications tier component "
            "microservice microservices layer process machine backend"
        ),
        "namespace": "namespace namespaces ns environment env",
        "policy": "policy policies netpol netpols networkpolicy networkpolicies cnp ccnp "
        "rule rules",
        "node": "node nodes",
        "database": "database db databases datastore server cluster",
    }.items()
    for noun in nouns.split()
}

VOCABULARY = word_set(
    """
    reach reaches reached reachable access accessible connect connects connected connection
    connections connectivity talk talks call calls query queries contact traffic allow allowed
    allows allowing permitted permit permits deny denied block blocked blocks blocking blocker
    prevent prevents prevented stop stops stopping stopped policy policies network service services
    namespace namespaces pod pods workload workloads deployment deployments port ports which what
    where when why how who whom whose from into toward towards between expose exposed exposes open
    internet outside world anyone anything everyone everything anybody everybody nobody nothing
    nodes node subnet subnets cluster clusters overlay addresses address isolated isolation
    protected protect protects protecting list show explain describe does
    should would could cannot able unable
    possible receive receives accept accepts request requests send sends
    communicate speak listen listens
    database external public ingress egress database databases
    """
)
"""Words worth mending when they are misspelt, and names only with more than the word."""

TASKS = word_set(
    "review audit validate matrix redundant unused wrong least privilege delete remove"
)
"""Words of tasks that are worth mending, too; workloads may well be called like them."""

COMMON = (
    word_set(
        """
    a an the this that these those my our your their its his her it they them he she we you i me us
    is are was were be been being am do does did done has have had having can could may might must
    shall should will would need needs want wants let lets get gets got getting go goes going come
    comes coming and or but nor not no yes if then else than so because as at by for from in into of
    off on onto out over to toward towards under up upon via with within without between through
    against about across after along among around before behind below beneath beside besides beyond
    despite down during except inside like near per plus since till until versus any anyone anything
    anybody all each every everyone everything everybody both either neither few many much more most
    none some such same other another others only own just still even ever never also too very quite
    actually really currently directly now today already again please hello hi hey thanks thank what
    which who whom whose where when why how here there tell say said show give check see look find
    know think make makes made take takes took put use uses used using work works working worked
    right wrong true false ok okay well good bad new old first second third last next one two three
    four five six seven eight nine ten time times request requests response responses error errors
    message messages question questions answer answers problem problems issue issues thing things
    way ways case cases name names named kind kinds type types number numbers people person user
    users team teams client clients world internet outside public external internal inside
    local remote network networks networking networked traffic packet packets flow flows connection
    connections connectivity connect connects connected connecting talk talks talking reach reaches
    reached reaching reachable unreachable access accesses accessed accessing accessible call calls
    called calling hit hits hitting query queries querying contact contacts allow allows allowed
    allowing permit permits permitted deny denies denied denying block blocks blocked blocking stop
    stops stopped stopping prevent prevents keep keeps keeping open opens opened opening expose
    exposes exposed exposing close closed closes port ports protocol protocols tcp udp icmp http
    https grpc dns tls ssl policy policies rule rules namespace namespaces pod pods service services
    workload workloads deployment deployments container containers cluster clusters node nodes host
    hosts address addresses ip ips cidr subnet subnets database databases db server servers app apps
    application applications label labels labelled labeled selector list lists explain explains
    describe describes reason reasons cause causes able unable possible impossible ability isolated
    isolation secure secured security protect protects protected protecting safe safely default
    test tests tested try tries tried trying run runs running start started send sends sent sending
    receive receives received receiving accept accepts accepted listen listens listening speak
    speaks read reads write writes wrote post posts put delete deletes patch head options push pull
    fetch serve serves served responsible able timeout timeouts timing refused refuse refuses fail
    fails failed failing broken break breaks down up health healthy ping pings ssh curl order orders
    attack attacker compromised breach pizza weather poem joke restart scale create write generate
    apply update upgrade migrate migration support supported supports supporting compare comparison
    difference between mode modes node design plan size sizes overlay azure kubernetes cilium istio
    mesh mtls gateway ingress egress direct directly talk line lines file files currently anyway
    somehow something someone somebody somewhere nobody nothing nowhere else instead rather maybe
    mean means meant really sure correct whether while during everything everywhere anywhere total
    count many database environment environments stage tier component components layer machine live
    there theirs themselves itself myself ourselves yourself together apart
    restrict restricts restricted restriction restrictions strict metric metrics step steps quick
    process processes resource resources resolve resolves resolution healthy status state provide
    pattern patterns option options feature features version versions price cost costs
    broken crash crashes loop restarts image images deploy deploys deployed manage managed manager
    storage account subscription subscriptions portal front door application balancer balancing
    virtual machine machines peering peerings firewall firewalls attackers interact interacts
    """
    )
    | VOCABULARY
    | frozenset(KIND_NOUNS)
)
"""Everyday words: a name spelt like one of them needs more than the word to be meant."""
