"""Words of a question that its frame leaves unused, and that may turn the answer.

A grammar that finds a known pattern reads past what stands around it: "is the image of web
vulnerable" has the grammar of "describe web". What is left over is therefore looked at once the
frame is known: a question about a property that no object has is declined, a condition that no
verdict depends on is told beside the verdict, and one that would change it is asked about.
"""

import re
from collections.abc import Collection
from dataclasses import replace

from rapidfuzz.distance import OSA

from assistant.models.rules.frame import Frame
from assistant.models.rules.lexicon import BACKWARD, BLOCK, FORWARD, KIND_NOUNS, LET, PULL
from assistant.models.rules.reading import Reading
from assistant.models.rules.words import singular, word_set
from tools.wording import join, quote

__all__ = ["heed_unread", "unread_words"]

_LITTLE = word_set(
    """
    a an the this that these those my our your their its his her it them they he she we you i me us
    one ones is are was were be been being am do does did done has have had having can could may
    might must shall should will would need want wants wanna like let get gets got going go and or
    but nor not no yes if then else than so because as at by for from in into of off on onto out
    over to toward towards under up upon via with within without between through about across after
    along among around before both either neither each every all any some such same other another
    only just still even ever never also too very quite actually really currently directly right
    now today already again please hello hi hey thanks thank ok okay well what which who whom whose
    where when why how here there whether tell say said give show check see look find know think
    want ask asking question quick quickly exactly precisely basically simply maybe perhaps once
    everything anything something nothing everyone anyone someone nobody much many more most few
    less lot lots bit kind sort type thing things stuff way ways case point fact sure guys folks
    anyway though although while until since during able there's anybody everybody somebody instead
    doing made make makes true possible correct new old whole entire full own different various
    certain actual whatever walk brief rundown lowdown overview picture pick picks picked
    hm hmm btw fyi plus per etc ie eg vs versus mine ours yours called named name names known
    """
)
_NETWORK = word_set(
    """
    cluster clusters network networks networking kubernetes k8s aks cilium istio mesh policy
    policies netpol netpols networkpolicy networkpolicies rule rules namespace namespaces workload
    workloads pod pods deployment deployments statefulset daemonset service services svc app apps
    application applications container containers port ports protocol tcp udp sctp http https grpc
    dns traffic connection connections request requests packet packets flow flows address addresses
    ip ips cidr label labels ingress egress inbound outbound internet world outside inside external
    """
)
_OF_AN_OBJECT = word_set(
    """
    describe description inspect detail details info information status state summary summarise
    summarize overview definition define defined manifest spec yaml object selector selectors
    select selects selected selecting replica replicas instance instances copy copies count number
    node nodes host hosts endpoint endpoints backend backends ready readiness healthy health
    points pointing target targets targeted targetport behind back backs backed backing route
    routes routed forward forwards forwarded map maps mapped listen listens listening bind binds
    expose exposes exposed exposing offer offers serve serves serving speak speaks clusterip
    loadbalancer nodeport headless account sa serviceaccount identity run runs running live lives
    located sit sits place location file files line lines stand stands declared declare declares
    print display explain mean means meaning purpose role job use used uses load balancer sidecar
    sidecars proxy injected labelled labeled tagged effect effects effective reads read owner owns
    carry carries bear bears wear wears hold holds contain contains include includes provide
    provides belong belongs part set up configured configuration config setup look looks exist
    exists
    """
)
_OF_A_LIST = word_set(
    """
    list enumerate full callers caller clients client consumers users peers principals sources
    source origin originates destinations destination targets target upstream downstream deps
    dependencies dependents depends open opens opened opening close closed isolated isolate
    isolation protects protect protected protection guard guards guarding guarded shielded cover
    covers apply applies applied govern governs hold holds select selects mention mentions makes
    locked lock down firewalled firewall restrict restrictions restricted unrestricted unprotected
    limited limits lack lacks control controls exposed expose exposure exposes surface compromised
    hacked breached attacker attackers intruder adversary malicious rogue popped pwned owned rooted
    rce infected taken shell foothold lands sits blast radius lateral movement next hop hops pivot
    damage worst reach range scope far wide outgoing incoming compare compared comparison bigger
    biggest larger largest wider widest two three anymore still whitelisted allowlisted granted
    permission permissions entitled authorized authorised cleared reason reasons evidence proof
    confirm verify agree default deny ports port fqdn fqdns domains hostnames hosts databases data
    suppose supposing assume assuming happens happen breaks break prepared hear phone home mail
    database databases store stores cache caches queue queues server servers client rest picture
    production prod staging test dev everywhere anywhere nowhere elsewhere ones member members
    permitted accepts accept receive receives serve serves use uses work works working set thru
    """
)
_NOT_NAMES = re.compile(
    r"(?:cross|non|re|pre|in|out|east|north|inter|intra|multi|self|co|on|off|up|so|end|third|"
    r"first|two|one|l\d)-.+|.+-(?:wise|cli|level|only|based|side|to|in|out|way|facing|wide|"
    r"party|reachable|namespace|cluster|service|pod|node|side|free|like|ish|ready|deny|up|down)"
)
_NAMELIKE = re.compile(r"[a-z]+(?:-[a-z0-9]+)+")
_OF_A_POLICY = re.compile(
    rf"{FORWARD}|{BACKWARD}|{BLOCK}|{LET}|\b(?:appl(?:y|ies|ied)|affect\w*|cover\w*|match\w*|"
    r"protect\w*|mention\w*|contain\w*|includ\w*|name\w*|restrict\w*|govern\w*|guard\w*|work\w*|enforc\w*|isolat\w*|open\w*|clos\w*|"
    r"source\w*|destination\w*|direction\w*|default|deny|valid\w*|correct\w*|wrong|secure\w*|"
    r"english|words|authori[sz]ation|peer ?auth\w*|cnps?|ccnps?|peers?|callers?|clients?)\b"
)
_AUTHOR = re.compile(
    r"\bwho(?:m|se)?\b.{0,20}\b(?:wrote|writes?|written|creat\w+|made|owns?|added|changed|edited|"
    r"applied|approved|reviewed|deployed|introduced|committed)\b|"
    r"\b(?:written|created|made|added|changed|edited|applied|approved|introduced) by whom\b|"
    r"\b(?:when|since when|how long)\b.{0,30}\b(?:wrote|written|created|made|added|changed|applied|"
    r"there|place|exist\w*)\b",
    re.I,
)
"""Who made an object, and when, is in no file that is read."""
_WORD = re.compile(r"(?<![@\w./=-])[a-z][a-z'-]{2,}(?![@\w/=-])")
_SHOWN = 3

_TIME = re.compile(
    r"\b(?:at night|overnight|tonight|tomorrow|on weekends?|at the weekend|"
    r"on (?:mon|tues|wednes|thurs|fri|satur|sun)days?|"
    r"(?:before|after|until|between|at|by) \d{1,2}(?::\d\d)? ?(?:am|pm|o'?clock)|"
    r"(?:during|outside|in) (?:office|business|working|peak) hours|"
    r"(?:within|in|for|every) (?:under )?\d+ ?(?:ms|milliseconds?|s|secs?|seconds?|mins?|"
    r"minutes?|h|hours?|days?)|"
    r"in the (?:morning|evening|afternoon))\b",
    re.I,
)
_SECRET = re.compile(
    r"\b(?:(?:un|non-)?encrypt\w*|in (?:the )?(?:clear|plain ?text)|clear ?text|plain ?text|"
    r"m-?tls|mutual(?:ly)? (?:tls|authenticated))\b",
    re.I,
)
_BEARER = re.compile(
    r"\b(?:with(?:out)?|using|carrying|sending) (?:an? |the |its |valid |invalid |expired )*"
    r"(?:jwts?|tokens?|bearer \w+|credentials?|passwords?|api ?keys?|client certs?|certificates?|"
    r"headers?|cookies?)\b",
    re.I,
)
_PLACE = re.compile(
    r"\b(?:on|from|to|across|between) (?:the same|another|a different|other|different|each) "
    r"(?:nodes?|hosts?|machines?|zones?)\b",
    re.I,
)
_OTHER_PORT = re.compile(
    r"\b(?:(?:any|some|every|all|no|another|on)\s+)?(?:other|another|different|else)\s+ports?\b|"
    r"\b(?:ports?|anything|anywhere)\s+(?:other|else)\b(?:\s+than\b)?|"
    r"\b(?:other than|except|besides|apart from|anything but|everything but)\s+"
    r"(?:on\s+|over\s+)?(?:the\s+)?(?:port\s+)?(?:\d{2,5}|https?|grpc|ssh|dns)\b",
    re.I,
)
_ONLY_PORT = re.compile(
    r"\b(?:only|just|solely|exclusively|nothing but)\s+(?:on|over|via|through|at|to|use)?\s*"
    r"(?:the\s+)?(?:tcp\s+|udp\s+)?(?:ports?\s+)?(?:\d{2,5}|https?|grpc|ssh|dns|redis|postgres)\b",
    re.I,
)
_MOST_LEFT = 2
"""Words of a question for a list that may stay unused: one may well be a manner of speaking."""
_MEASURE = re.compile(
    r"\bhow (?:fast|slow|quick|quickly|long|old|heavy|loaded|busy|expensive|cheap|reliable|stable|"
    r"healthy|big|large|frequent|frequently|often)\b|"
    r"\b(?:latency|bandwidth|throughput|jitter|round[- ]trip|rtt|uptime|cpu|memory|disk|"
    r"cert\w*\b.{0,40}\b(?:expir\w*|valid\w*|renew\w*|rotat\w*|issue[rd]|due)|cost|costs|price|bill)\b",
    re.I,
)
"""What is measured or paid is in no file of objects and policies."""
_SERVICE = re.compile(
    r"^\W*(?:(?:please|and|so|ok)\s+)*(?:(?:can|could|would|will)\s+you\s+)?(?:please\s+)?"
    r"(?:e-?mail|notify|alert|remind|page|text|monitor|watch|schedule|subscribe|"
    r"(?:tell|ping|message|warn|call) (?:me|us|them) (?:when|once|as soon as))\b"
    r"(?!\s+(?:@|reach))",
    re.I,
)
"""Asks for something to be done later or elsewhere."""
_ASKED_FOR = re.compile(
    r"^\W*(?:(?:and|so|ok|but|then|please|tell me)\s+)*(?:which|what|how many|whose)\s+(?:of\s+)?"
    r"(?:(?:the|our|my|kind|kinds|type|types|sort)\s+(?:of\s+)?)*(?P<noun>[a-z][a-z-]*)"
)
"""The thing that a question asks for: it is what has to be understood before anything else."""
_SAID_OF_IT = re.compile(
    r"^\W*(?:(?:and|so|but|then|hey|ok)\s+)*(?:is|are|was|were)\s+(?:the\s+|all\s+|any\s+)?"
    r"(?:traffic|quer\w+|requests?|connections?|calls?|links?|packets?|path|way|route|sessions?)\b"
    r"[^@]*@\d+@[^@]*@\d+@\s+(?:(?:really|very|too|always|still|being|also|ever|now)\s+)*"
    r"(?P<manner>[a-z-]+(?:ed|ing|low|ast|able|y|ent)?)\s*\W*$"
)
"""Read "are the calls from A to B slow": what is said at the end of the connection."""
_PASSES = re.compile(
    r"allow\w*|permit\w*|possible|impossible|ok|okay|fine|open\w*|clos\w*|block\w*|den\w+|drop\w*|"
    r"reject\w*|refus\w*|filter\w*|stop\w*|cut|prevent\w*|forbid\w*|legal|legit\w*|right|correct|"
    r"working|works?|up|down|broken|fail\w*|through|reachable|unreachable|accept\w*|admit\w*|good|"
    r"authori\w*|restrict\w*|limit\w*|unrestrict\w*|unlimit\w*|free|safe|secure\w*|let|enabled|"
    r"disabled|there|in|expected|intended|wanted|bann\w*|prohibited|illegal|go|pass\w*|too|then|now|"
    r"today|currently|directly|please|protected|tight|loose|wrong|denied|gated|guarded|isolated|"
    r"inspected|policed|matched|covered|granted|conditional|unaffected|affected|involved|needed|"
    r"required|used|missing|present|configured|defined|set|off|on|clear|true|false|not|either"
)
_BESIDE = (
    (_TIME, "Policies hold at any time and for any length of time: `{}` plays no part in it."),
    (_BEARER, "What the request carries (`{}`) was not part of what was computed."),
    (_PLACE, "Policies look at labels and addresses, not at where a pod runs: `{}` was not used."),
)


def heed_unread(frame: Frame, reading: Reading) -> Frame:
    """Return the frame with what its question says besides: declined, asked about, or told."""
    if _SERVICE.match(reading.shape) and (frame.is_path or frame.intent == "inspect"):
        return Frame(intent="decline", kind="change")
    if frame.intent == "inspect":
        return _heed_property(frame, reading)
    if not (frame.is_path or frame.intent == "policies") or not frame.ends:
        return frame
    if asked := _ask_unknown(frame, reading) or _ask_ports(frame, reading):
        return asked
    measured = _MEASURE.search(reading.shape)
    if said := measured[0].strip() if measured else _manner(reading.shape):
        words = quote(said)
        return Frame(
            intent="decline", kind="measure", text=f"Nothing that was loaded measures {words}."
        )
    notes = [
        note.format(found[0].strip())
        for pattern, note in _BESIDE
        if (found := pattern.search(reading.text))
    ]
    if frame.intent == "reach" and (secret := _SECRET.search(reading.text)):
        notes.append(
            f"Whether it is encrypted is another question, and `{secret[0]}` was not part of this "
            "one: ask `is mutual TLS strict in NAMESPACE`."
        )
    if not notes:
        return frame
    return replace(frame, text=" ".join([frame.text, *notes]).strip())


def unread_words(reading: Reading, known: Collection[str] = ()) -> list[str]:
    """Return the words of a question that are neither little, nor names, nor of the network.

    Args:
        reading: Of the question.
        known: Further words that are understood, in lower case.
    """
    every = {*_LITTLE, *_NETWORK, *KIND_NOUNS, *known}
    words = _WORD.findall(reading.shape)
    return [word for word in dict.fromkeys(words) if not _is_known(word, every)]


def _is_known(word: str, known: Collection[str]) -> bool:
    if word in known or singular(word) in known or word.removesuffix("'s") in known:
        return True
    near = (good for good in known if abs(len(good) - len(word)) <= 1 and good[0] == word[0])
    return len(word) > 4 and any(OSA.distance(word, good) == 1 for good in near)


def _heed_property(frame: Frame, reading: Reading) -> Frame:
    """Decline what is asked of an object and that no description of one has."""
    left = unread_words(reading, _OF_AN_OBJECT)
    if not _AUTHOR.search(reading.text):
        # "What is blocking" tells of the connections of an object, which is no property of it.
        left = [word for word in left if not re.fullmatch(f"{BLOCK}|{LET}", word)]
    else:
        left = left or ["who" if re.search(r"\bwho", reading.text, re.I) else "when"]
    if frame.kind == "policy" and not _AUTHOR.search(reading.text):
        # A policy is described in words; a single strange one is a manner of asking for them.
        left = [word for word in left if not _OF_A_POLICY.search(word)]
        left = left if len(left) >= _MOST_LEFT else []
    if not left:
        return frame
    words = join([quote(word) for word in left[:_SHOWN]])
    names = join([quote(ref.name.removeprefix("service:")) for ref in frame.destinations[:2]])
    return Frame(
        intent="decline",
        kind="property",
        text=f"Nothing that was loaded tells of {words} where {names} is asked about.",
    )


def _manner(shape: str) -> str:
    """Return what a connection is asked to be, where that is not whether it gets through."""
    found = _SAID_OF_IT.search(shape)
    return found["manner"] if found and not _PASSES.fullmatch(found["manner"]) else ""


def _ask_unknown(frame: Frame, reading: Reading) -> Frame | None:
    """Ask about a word that looks like a name, or words that make another question of a list."""
    verbs = rf"{FORWARD}|{BACKWARD}|{BLOCK}|{LET}|{PULL}"
    left = [word for word in unread_words(reading, _OF_A_LIST) if not re.fullmatch(verbs, word)]
    homes = {ref.name.removeprefix("service:").partition("/")[0] for ref in frame.ends}
    left = [word for word in left if word not in homes]
    named = [word for word in left if _NAMELIKE.fullmatch(word) and not _NOT_NAMES.fullmatch(word)]
    if named and not any(ref.kind == "unknown" for ref in frame.ends):
        text = f"Nothing in this workspace is called {quote(named[0])}. What is meant by it?"
        return Frame(intent="ask", text=text)
    wanted = _ASKED_FOR.match(reading.shape)
    if wanted and wanted["noun"] in left:
        text = f"What is meant by {quote(wanted['noun'])}? It is nothing that I can look for here."
        return Frame(intent="ask", text=text)
    left = [word for word in left if not word.endswith("ly") and word not in named]
    if frame.intent == "reach" or len(left) < _MOST_LEFT:
        return None
    words = join([quote(word) for word in left[:_SHOWN]])
    name = quote(frame.ends[0].name.removeprefix("service:"))
    asked = {"what_can": "what it can reach", "policies": "which policies select it"}.get(
        frame.intent, "who can reach it"
    )
    text = f"What is meant by {words}? Of {name} it can be computed {asked}."
    return Frame(intent="ask", text=text)


def _ask_ports(frame: Frame, reading: Reading) -> Frame | None:
    """Ask for the ports of "any other port", and tell all of them for "only on 443"."""
    if found := _OTHER_PORT.search(reading.text):
        if frame.intent != "reach":
            return None
        text = (
            f"Which ports are meant by `{found[0].strip()}`? Each of them is computed, once named."
        )
        return replace(frame, intent="ask", kind="ports", ports=(), text=text)
    if frame.ports and frame.intent == "reach" and (found := _ONLY_PORT.search(reading.text)):
        text = f"`{found[0].strip()}`: so every port that the destination declares was looked at."
        return replace(frame, ports=(), text=" ".join([frame.text, text]).strip())
    return None
