"""The words of requests, by what they do in a sentence."""

import re
from typing import Final

from topology.names.words import DETERMINERS, FUNCTION_WORDS, NEVER_LINKED

__all__ = ["CLOSED_WORDS", "MAYBE_NAMES", "NOISE", "NO_NAMES", "SYMBOLS"]


def _forms(*stems: str) -> str:
    """Return a pattern for verbs with their regular endings."""
    return "|".join(_inflected(stem) for stem in stems)


def _inflected(stem: str) -> str:
    if stem.endswith("e"):
        return rf"{stem[:-1]}(?:e|es|ed|ing)"
    if stem.endswith("y") and stem[-2] not in "aeiou":
        return rf"{stem[:-1]}(?:y|ies|ied|ying)"
    return rf"{stem}{stem[-1]}?(?:s|es|ed|ing)?"


_BE = r"(?:is|are|be|being|gets?|becomes?|remains?|stays?|was|were)"
_THING = (
    r"(?:traffic|connections?|requests?|access|communications?|packets?|calls?|flows?|connectivity|"
    r"sources?|destinations?|pods?|workloads?|endpoints?|callers?|clients?|services?|apps?"
    r"|namespaces?|"
    r"things?|peers?|ports?|hosts?|sites?|domains?|urls?|methods?|paths?|ingress|egress|one"
    r"|ones|dns\s+queries)"
)
SYMBOLS: Final = tuple(
    (symbol, re.compile(rf"(?<![\w<-])(?:{pattern})(?![\w>-])", re.I))
    for symbol, pattern in (
        ("LAYERED",
            r"defen[cs]e\s+in\s+depth|layered|belt\s+and\s+(?:braces|suspenders)|(?:both"
            r"|two)\s+layers|at\s+(?:both|every|all)\s+layers?|(?:both"
            r"|at)\s+(?:the\s+)?network\s+and\s+(?:the\s+)?mesh(?:\s+(?:layer|level))?"),
        ("DEFAULTDENY",
            r"default[\s-]+deny(?:[\s-]+all)?|deny[\s-]+by[\s-]+default"
            r"|deny[\s-]+all(?!\s+(?:the\s+)?(?:requests?|traffic|ingress|egress|connections?"
            r"|access|inbound|outbound|incoming|outgoing|queries|pods|other))"
            r"|deny[\s-]+everything(?!\s+(?:from|to|else|but))|zero[\s-]+trust(?:\s+baseline)?"),
        ("WHOLLY", r"completely|totally|fully|entirely|wholly|altogether"),
        ("LOCK", r"lock(?:s|ed|ing)?[\s-]+(?:it\s+)?down|lock(?=\s+(?:<|up))|lockdown"),
        ("ISOLATE",
            r"isolat(?:e|es|ed|ing|ion)|quarantin(?:e|es|ed|ing)|seal(?:s|ed|ing)?(?:\s+off)?"
            r"|ring-?fenc(?:e|es|ed|ing)|fenc(?:e|ed|ing)(?:\s+(?:off|in))?|air-?gap(?:s|ped)?"
            r"|firewall(?:ed)?(?:\s+off)?|wall(?:ed)?\s+off|shut(?:s|ting)?(?:\s+(?:down|off))?"
            r"|close(?:s|d)?(?:\s+(?:down|off))?|cut(?:s|ting)?\s+off"),
        ("GETIN", r"(?<=> )in(?=\s+(?:on|via|over)\b|\s*<T)"),
        ("GETIN",
            r"(?:gets?|getting|come|comes|goes|go|(?:is|are|be)\s+let|let"
            r"|allowed)\s+in(?:side)?(?=\s*(?:[.,;]|$)|\s+(?:on|via|over|with|<T))"),
        ("GETOUT",
            r"(?:gets?|getting|goes|go|(?:is|are|be)\s+let|let"
            r"|allowed)\s+out(?:side)?(?=\s*(?:[.,;]|$)|\s+(?:on|via|over|to|<T))"),
        ("RESTT",
            r"no\s+other\s+(?:http\s+)?(?:methods?|verbs?|paths?|urls?|requests?|ports?)"
            r"|(?:requests?\s+)?(?:on\s+)?(?:any\s+)?ports?\s+other\s+than\s+<[OT]\d+>"
            r"|(?:requests?\s+(?:to|on|for|with|using)\s+)?(?:any|all)?\s*other\s+(?:urls?|paths?"
            r"|methods?|requests?|ports?)(?:\s*,?\s*or\s+(?:using\s+)?(?:another"
            r"|any\s+other)\s+(?:urls?|paths?|methods?))?"),
        ("NELSE", r"(?:to|from|by|with|into)\s+(?:nothing|no[\s-]?one|nobody)\s+else"),
        ("NELSE",
            r"(?:to\s+|from\s+)?nothing\s+(?:beyond|besides|apart\s+from|except)\s+"
            r"(?:that|those|these|this)(?!\s*<)"),
        ("NELSE",
            r"keep(?:s|ing)?\s+(?:everyone|everything|everybody|anyone|anything|all\s+others?|others?"
            r"|the\s+rest)(?:\s+else)?\s+(?:out|away|off)"),
        ("NELSE",
            rf"(?:from\s+|to\s+)?nowhere\s+else|(?:and\s+)?that\s+is\s+the\s+only\s+thing\s+(?:it"
            rf"|they)\s+(?:answers?|responds?|listens?|accepts?|serves?)(?:\s+to)?"
            rf"|nothing\s+(?:else|more|other)(?:\s+(?:at\s+all|than\s+that))?|no(?:\s+"
            rf"|-)?one\s+else|nobody\s+else|none\s+other|no\s+other\s+(?:\w+\s+)?{_THING}"
            rf"|no\s+others?|neither\s+more|that\s+is\s+(?:it|all)|and\s+no\s+more"),
        ("OTHERSPACES",
            r"(?:all\s+|any\s+|every\s+|the\s+)?other\s+namespaces?|outside\s+(?:of\s+)?(?:the|its|their"
            r"|that|this)\s+(?:own\s+)?namespace"),
        ("ONLYONE",
            r"(?:is|be|are)\s+the\s+only\s+(?:ones?|services?|pods?|workloads?|apps?|clients?|callers?"
            r"|things?|namespaces?)"),
        ("APPLY", r"appl(?:y|ies|ied)\s+to|is\s+(?:attached|scoped)\s+to"),
        ("PELSE",
            rf"(?:pods?|endpoints?|workloads?)\s+with\s+(?:any\s+)?other\s+labels"
            rf"|everything\s+else|anything\s+else|every(?:\s?one|body)\s+else|any(?:\s?one"
            rf"|body)\s+else|all\s+else|(?:all|any"
            rf"|every)(?:\s+of)?(?:\s+the)?\s+other\s+(?:[\w-]+\s+)?{_THING}"
            rf"|(?:all\s+)?(?:the\s+)?rest|all\s+others?|other\s+{_THING}|others"),
        ("NONE",
            r"nowhere|no(?:\s+|-)?one|nobody|nothing|none|no\s+(?:pods?|workloads?|traffic"
            r"|connections?|requests?|clients?|callers?|endpoints?|access|ingress|egress|inbound"
            r"|outbound)(?:\s+(?:traffic|connections?|whatsoever))?(?:\s+at\s+all)?"),
        ("EXCEPT",
            r"except(?:ing)?(?:\s+(?:for|from|to|that|on))?|excluding|with\s+the\s+exception\s+of"
            r"|other\s+than|apart\s+from|aside\s+from|besides|save\s+for|but\s+(?:leaves?|leaving"
            r"|keep|keeping)(?=\s+(?:the\s+)?<O)"),
        ("ONLY", r"only|alone(?=\s+(?:may|can|should|must|is|are|gets?|reach(?:es)?|calls?|talks?"
            r"|uses?))"
            r"|solely|exclusively|just|strictly|at\s+most|no\s+more\s+than"),
        ("STILL",
            r"still|continue(?:s)?\s+to|keep(?:s)?\s+(?:on\s+)?(?:being\s+able\s+to|working"
            r"|flowing|scraping|functioning|running)|(?:must|should|has\s+to|have\s+to"
            r"|needs\s+to)\s+(?:still\s+|keep\s+|continue\s+to\s+)?(?:work|function)(?:ing)?"
            r"|(?:to\s+)?work(?:s|ing)?|as\s+(?:it\s+is|before)"),
        ("ISOLATE", r"cut(?:s|ting)?(?=\s+<P\d+>\s+off\b)"),
        ("DENY", r"cut(?:s|ting)?(?=\s+<P\d+>(?:'s)?\s+(?:access|traffic|connections?)\b)"),
        ("TRAFFIC", r"(?:the\s+)?(?:network\s+)?path(?=\s+(?:from|between)\s+<P)"),
        ("REACH", r"gets?\s+(?:anywhere\s+)?near(?=\s+<)"),
        ("COMPLAINT",
            r"(?:is|are)\s+(?:just\s+|far\s+|way\s+|much\s+)*too\s+(?:open|exposed|permissive|wide"
            r"|public)|(?:is|are)\s+wide\s+open"),
        ("NOTONE",
            r"(?:is|are)\s+not\s+(?:one\s+of|among|part\s+of)\s+(?:them|those|these|that)|(?:is"
            r"|are)\s+not\s+included|do(?:es)?\s+not\s+count"),
        ("DENY", r"keep(?:s|ing)?(?=\s+<P\d+>\s+(?:from|away|out)\b)"),
        ("KEEP",
            r"keep(?:s|ing)?|leav(?:e|es|ing)|preserv(?:e|es|ing)|retain(?:s|ing)?|maintain(?:s"
            r"|ing)?|without\s+breaking|do(?:es)?\s+not\s+break|not\s+break(?:ing)?"),
        ("NOT", r"not|never|no\s+longer|neither|nor"),
        ("MAY",
            rf"(?:{_BE}\s+)(?:still\s+)?(?:allowed|permitted|able|authori[sz]ed|supposed|meant"
            rf"|entitled|free|granted|expected)\s+to(?!\s+(?:<|any\s|the\s))|may|might|can|could"
            rf"|should|must|shall|will|ought\s+to|(?:needs?|has|have|wants?|gets?"
            rf"|want)\s+to(?=\s+(?:be\s+|only\s+|still\s+)*[a-z])|be\s+able\s+to"),
        ("REACH",
            r"open(?:s|ing)?\s+(?:up\s+)?(?:any\s+|new\s+|tcp\s+)*(?:connections?|sessions?"
            r"|sockets?)|gets?\s+(?:at|hold\s+of|through\s+to)(?=\s+(?:<|it\b|them\b))"),
        ("RECEIVE", _forms("accept", "receive", "admit") +
            r"|gets?(?=\s+(?:its\s+|any\s+)?(?:traffic|connections?|requests?|calls?)\b)"
            r"|takes?(?=\s+(?:traffic|connections?|requests?|calls?|only|from))"
            r"|listens?(?:\s+to)?(?=\s+(?:only\s+)?(?:to\s+|for\s+)?(?:traffic|connections?"
            r"|requests?|calls?|only|from))|hear\s+from"),
        ("REACHED",
            rf"(?<=and )(?:read|written|updated|called|reached|queried)"
            rf"(?=\s+(?:\(?<T\d+>\)?\s+)?(?:by|from)\b)|(?:{_BE}\s+)?(?:reachable|accessible|contactable|callable|visible"
            rf"|addressable|available|consumable|scrapeable|scrapable)|(?:{_BE}\s+)(?:only\s+"
            rf"|solely\s+|exclusively\s+|just\s+)?(?:reached|accessed|called|contacted|queried|hit"
            rf"|used|consumed|read|written|updated|touched|talked\s+to|spoken\s+to|connected\s+to"
            rf"|scraped|requested|invoked|exposed|opened|open|read|polled)|(?<=be )(?:reached"
            rf"|accessed|called|contacted|queried|hit|used|consumed|scraped|invoked)"
            rf"|(?<=only )(?:reached|accessed|called|contacted|queried|used|consumed|invoked)"),
        ("ALLOWED",
            rf"(?:{_BE}\s+)(?:still\s+)?(?:allowed|permitted|accepted|whitelisted|allowlisted"
            rf"|authori[sz]ed|let\s+(?:in|out|through)|granted|enabled|fine|ok|okay)"
            rf"|goes\s+through"),
        ("DENIED",
            rf"(?:stays?|remains?|keeps?)\s+(?:out|away|closed|blocked|off)|(?:(?:{_BE}|gets?|to"
            rf"|must|should)\s+)(?:all\s+)?(?:be\s+)?(?:denied|blocked|forbidden|dropped|rejected"
            rf"|refused|prohibited|disallowed|off[\s-]+limits|closed|cut\s+off|banned|kept\s+(?:out|away|off))"),
        ("BREAKOFF", r"(?<=> )(?:away|out|off)(?=\s+(?:from|of)\b)"),
        ("ALLOW",
            _forms("allow", "permit", "enable", "whitelist", "allowlist", "authorize", "authorise")
            +
            r"|let(?:s|ting)?(?:\s+us)?(?:\s+through)?|make\s+sure(?:\s+that)?"
            r"|ensure(?:s)?(?:\s+that)?|give(?:s)?|giving|grant(?:s|ed|ing)?|punch\s+a\s+hole"
            r"|ok(?=\s+<)"),
        ("DENY",
            _forms("deny", "block", "prevent", "drop", "reject", "refuse", "disallow", "prohibit",
                   "ban", "stop", "disable", "blacklist", "denylist", "bar") +
            r"|forbid(?:s|den|ding)?|keep(?=\s+<P\d+>\s+(?:from|away|out))|protect(?:s|ed|ing)?"
            r"|shield(?:s|ed|ing)?"),
        ("LIMIT",
            _forms("restrict", "limit", "confine", "constrain", "narrow", "scope", "tighten",
                   "lock")
            + r"|restriction|reserv(?:e|ed|es)"),
        ("EXPOSE", _forms("expose") + r"|publish(?:es|ed|ing)?(?!\s+(?:\w+\s+)?(?:in)?to\b)"
            r"|open(?:s|ed|ing)?(?:\s+up)?|make(?:s)?(?=\s+<P\d+>\s+(?:only\s+)?(?:reachable"
            r"|accessible|available))"),
        ("NEED", r"needs?|requires?|depends?(?:\s+(?:up)?on)?|relies\s+on|rely\s+on"),
        ("REACH",
            r"(?:has|have|had|having|gets?|getting|given|gains?)\s+(?:full\s+"
            r"|any\s+)?access(?:\s+to\b)?(?=\s+<|\s+(?:to|the|our|any)\b)"),
        ("TRAFFIC",
            r"(?:network\s+|http\s+|api\s+|any\s+|all\s+)?(?:access|requests?|calls?|quer(?:y|ies)"
            r"|connections?|contact|communications?|pulls?|pushes|reads?"
            r"|writes?)(?=\s+(?:only\s+)?(?:from|to|by|between|on|for"
            r"|via)\b)(?<!to access)(?<!may access)(?<!can access)(?<!to call)(?<!may call)(?<!to "
            r"contact)(?<!may contact)(?<!to read)(?<!may read)(?<!can read)(?<!to write)(?<!may w"
            r"rite)(?<!can write)(?<!and write)"),
        ("REACH",
            _forms("reach", "access", "contact", "communicate", "connect", "query", "talk", "speak",
                   "consume", "emit", "publish", "dial", "invoke", "scrape", "poll", "interact",
                   "touch")
         +
             r"|calls?|calling|hits?|hitting|uses?|using|used?(?=\s+<)|send(?:s|ing)?"
             r"|gets?(?=\s+(?:in)?to\b)|getting(?=\s+(?:in)?to\b)|goes?|going|reads?(?=\s+(?:from"
             r"|and|<))|writes?(?=\s+(?:to|<))|establish(?:es)?|initiates?"
             r"|make(?=\s+(?:http\s+)?(?:requests|calls|connections))|opens?(?=\s+(?:connections?"
             r"|sessions?))|sees?|see|requests?(?=\s+<P)|quer(?:y|ies)|resolves?|pings?|pull(?:s"
             r"|ing)?|push(?:es|ing)?|fetch(?:es|ing)?"),
        ("ING", r"ingress|inbound|incoming|in-bound|into\s+it|in(?=\s*[.,;]|$)"),
        ("EG",
            r"egress(?:es|ing)?|outbound|outgoing|out-bound|out(?=\s*[.,;]|$)|outwards?|externally"),
        ("BOTHWAYS", r"(?:and\s+)?(?:vice[\s-]+versa|the\s+other\s+way\s+a?round|back\s+again)"),
        ("BOTHWAYS",
            r"(?:in\s+)?(?:both\s+(?:ways|directions)|either\s+direction|each\s+other"
            r"|one\s+another|among(?:st)?\s+(?:themselves|each\s+other)|mutually|bidirectional(?:ly)?"
            r"|both\s+inbound\s+and\s+outbound)"),
        ("TRAFFIC",
            r"(?:http\s+|network\s+|any\s+|all\s+)?(?:traffic|connections?|requests?"
            r"|communications?|packets?|flows?|connectivity|access|sessions?|calls|comms|queries)"),
        ("DNS",
            r"(?:kube-?)?dns(?:\s+(?:lookups?|queries|resolution|traffic|egress|names|access))?"
            r"|name\s+resolution|core-?dns|resolving(?:\s+names)?"),
        ("METRICS",
            r"(?:metrics?|monitoring)(?:\s+(?:scraping|scrapes?|collection))?|scraping|scrapes?"
            r"|observability"),
        ("PROBES",
            r"(?:kubelet\s+)?(?:health|liveness|readiness|startup)(?:\s*(?:,|and|/|or)\s*(?:health"
            r"|liveness|readiness|startup))*[\s-]*(?:probes?|checks?)|probes?|kubelet\s+checks?"
            r"|health\s?checks?"),
        ("FROM",
            r"(?:coming\s+|originating\s+|sent\s+|received\s+|starting\s+)?from|out\s+of"
            r"|away\s+from|against"),
        ("BY", r"(?:made\s+|sent\s+|opened\s+|initiated\s+)?by"),
        ("BETWEEN", r"between|among|amongst"),
        ("TO",
            r"(?:going\s+|destined\s+|headed\s+|bound\s+|addressed\s+)?(?:to|into|towards?|onto"
            r"|unto)|toward"),
        ("WITH", r"with"),
        ("FOR", r"(?:destined\s+|bound\s+)for|for|on\s+behalf\s+of|of"),
        ("ON", r"on|at|in|inside|within|across|over|under|via|through"),
        ("WHEN", r"when|if|provided(?:\s+that)?|as\s+long\s+as|whenever|where"),
        ("THAT", r"that|which|who|so\s+that|such\s+that|so|whose"),
        ("BUT", r"but|while|whereas|however|though|although|yet|otherwise"),
        ("AND",
            r"and(?:\s+also)?|as\s+well\s+as|plus|also|then|or|together\s+with|along\s+with"
            r"|and\s+then"),
    )
)  # fmt: skip
"""Symbol by symbol, the longer phrases before the words in them."""

_NOISE = """
    a about according again ahead all always am an any anyway app applied applies apply are as
    asap back basically be because been being bit bringing configured cool could do does doing
    done each effectively either end ever every example explicitly following follows general
    good has have having he help here hey hi how i id im in including is it its itself kind
    kindly make manifest may me mean means might mine must my network new next now of off ok
    okay old on one ones other our ourselves permission pl please point policy policies pretty
    prefer pure put quick quickly really regardless right rule rules said set setup she should
    show simple simply single so something sort such sure take team thank thanks that the their
    them themselves then there these they thing things this those thus too total track try us
    use very via want wants was way we well were what whatever will with work would yaml yes you
    your yourself whatsoever immediately given labels label labelled labeled service services
    workload workloads pod pods endpoint endpoints container containers application applications
    deployment deployments component components microservice microservices server servers layer
    level
"""
NOISE: Final = frozenset(_NOISE.split())
"""Words that may be left over without a change of meaning."""

_GRAMMAR = """
    accept accepts access accesses accessible admit against allow allowed allowing allows alone
    also and anybody anyone anything anywhere apart at authenticated authorize authorized ban
    bar besides between block blocked blocking blocks both but by call called caller callers
    calling calls can cidr clear client clients close closed clusterwide cluster-wide
    communicate communicates communicating communication connect connecting connection
    connections connects consume contact contacts cut default defence defense deny denied denies
    denying depth direct direction directions disable disallow dns down draft drop dropped drops
    egress else enable enables enforce enforced ensure entirely entity entities every everybody
    everyone everything except exclusively expose exposed exposes external find fine firewall
    for forbid forbidden from full fully generate get gets give gives go goes grant health hit
    hits hold host hosts http https identity in inbound incoming ingress inside internal
    internally into isolate isolated isolation issuer jwt just keep keeping keeps label labeled
    labelled labels layer layered leave let letting like limit limited limits lock locked
    lockdown may metrics mode mtls mutual namespace namespaces need needs never no nobody node
    nodes none nor not nothing of on one only open opened opens or other others out outbound
    outgoing outside own path peer peers permissive permit permitted permits plain plaintext
    policy policies port ports prevent principal probes prohibit protect put quarantine queries
    query reach reachable reached reaches reaching read receive receives refuse reject rejected
    rejects remain remains request requests require required requires restrict restricted
    restricting restricts rest rule rules same scrape scrapes scraping seal see send sending
    sends service services set shall should shut so solely speak speaks stay stays still stop
    strict strictly such talk talking talks tcp than that the their them then there they this
    tls to token tokens towards traffic trust udp under until use used uses using valid via who
    whole with within without work workload workloads works world write zero but each only pods
    pod endpoint endpoints lets fenced fence off through throughout across unless
    cluster-internal anybody hands touch touches talked spoken called invoked nothing's needed
    allowlist whitelist plus minus carry carries carrying present presenting bearing claim
    claims audience subject tight tighten narrow confine scope exception hole punch sure clients
    callers internet cluster kind named defence-in-depth
"""
NO_NAMES: Final = (
    frozenset(_GRAMMAR.split())
    | DETERMINERS
    | FUNCTION_WORDS
    | (NEVER_LINKED - {"file", "poll", "query", "question", "reply", "response", "search", "time"})
)
"""Words that name nothing unless they are quoted."""

CLOSED_WORDS: Final = frozenset(_GRAMMAR.split()) | DETERMINERS | FUNCTION_WORDS
"""Those of them that have a part in the grammar of a request."""

MAYBE_NAMES: Final = frozenset(
    {
        "audience", "caller", "callers", "claim", "claims", "client", "clients", "gateway",
        "health", "host", "hosts", "identity", "issuer", "metrics", "probes", "proxy", "subject",
        "token", "tokens",
    }
)  # fmt: skip
"""Words of those that do name something where the whole name of an object is that word."""
