"""The words of the strict reader: what each does in a sentence. What is in no list stays a word."""

import re
from typing import Final

__all__ = ["PERSONS", "WORDS"]

PERSONS: Final = re.compile(
    r"\b(?:nobody|no[\s-]?one|every(?:one|body)|any(?:one|body)|callers?|clients?|peers?|pods?"
    r"|workloads?|services?|apps?|applications?|sources?|namespaces?|teams?|others|consumers?)\b",
    re.I,
)
"""Words for `else` that mean whoever connects, rather than what is connected to."""


def _verbs(text: str) -> dict[str, str]:
    """Return the forms of regular verbs: `base` (with -s), `ing`, `done`."""
    base, ing, done = [], [], []
    for stem in text.split():
        if stem.endswith("e"):
            base.append(f"{stem}s?")
            ing.append(f"{stem[:-1]}ing")
            done.append(f"{stem}d")
        elif stem.endswith("y") and stem[-2] not in "aeiou":
            base.append(f"{stem[:-1]}(?:y|ies)")
            ing.append(f"{stem}ing")
            done.append(f"{stem[:-1]}ied")
        else:
            base.append(f"{stem}(?:e?s)?")
            ing.append(f"{stem}{stem[-1]}?ing")
            done.append(f"{stem}{stem[-1]}?ed")
    return {"base": "|".join(base), "ing": "|".join(ing), "done": "|".join(done)}


_REACH = _verbs(
    "reach access contact call query hit use consume invoke dial scrape poll touch resolve probe"
    " visit browse target monitor connect talk speak communicate interact curl ping request hook"
)
_SEND = _verbs(
    "emit publish push post report ship forward stream upload deliver replicate submit transmit"
    " relay subscribe route"
)
_FETCH = _verbs("pull fetch download collect retrieve load read")
_RECEIVE = _verbs("accept receive admit serve answer take expect")
_ALLOW = _verbs("allow permit enable whitelist allowlist authorize authorise approve")
_DENY = _verbs(
    "deny block prevent drop reject refuse disallow prohibit ban stop disable blacklist denylist"
    " bar revoke remove kill"
)
_LIMIT = _verbs("restrict limit confine constrain narrow scope tighten reserve lock")
_ISO = _verbs("isolate quarantine firewall ring-fence ringfence seal fence wall air-gap")
_M = r"(?:may|might|can|could|should|must|shall|will|would|ought\s+to)"
_BE = r"(?:is|are|be|being|gets?|becomes?|remains?|stays?|was|were)"
_ADV = r"(?:\s+(?:still|also|always|ever|explicitly|directly|then|really|in\s+future|however))*"
_ONLY = r"(?:\s+(?:only|solely|exclusively|just))?"
_LEAVE = (
    r"(?:allowed|permitted|able|authori[sz]ed|supposed|meant|entitled|free|granted|cleared"
    r"|expected|welcome|required)"
)
_NOT = r"(?:not|never|no\s+longer|by\s+no\s+means|under\s+no\s+circumstances|in\s+no\s+case)"
_KIND = (
    r"(?:traffic|connections?|requests?|access|communications?|packets?|calls?|flows?|sources?"
    r"|destinations?|pods?|workloads?|endpoints?|callers?|clients?|services?|apps?|applications?"
    r"|namespaces?|things?|peers?|hosts?|sites?|domains?|targets?|teams?|consumers?|ones?"
    r"|one|components?|parties|party|systems?|names?|addresses|identit(?:y|ies)|external\s+hosts?)"
)
_PASSING = r"(?:ports?|methods?|verbs?|paths?|urls?|routes?|requests?|protocols?|calls?)"
_CIRCUMSTANCE = (
    r"(?:\s+(?:at\s+all|whatsoever|any\s?more|any\s+longer|in\s+any\s+way|for\s+anything))*"
)
_NOUN = (
    r"(?:(?:read-?only|network|http|tcp|api|data|live|new|direct|external|l[347])\s+)*(?:traffic"
    r"|connections?|requests?|access|communications?|connectivity|packets?|flows?|sessions?"
    r"|comms|calls|queries|contact|paths?(?=\s+(?:from|between|to)\b)|network\s+paths?)"
)

_LEXICON: tuple[tuple[str, str], ...] = (
    ("EXCEPT",
        r"unless\s+(?:(?:it|they|that|the\s+\w+)\s+)?(?:comes?|originates?|is|are"
        r"|stems?)(?:\s+sent)?"
        r"(?=\s+(?:from|by|to)\b)"),
    ("WANT", r"(?:please\s+)?(?:change|fix|adjust|arrange)\s+(?:that|this|it)(?:\s+so\s+that"
        r"|\s+so)?"
        r"|it\s+(?:would|will|should)\s+be\s+(?:good|nice|great|best|better|helpful"
        r"|ideal)\s+(?:if|when)"
        r"|so\s+that|(?:we|i)\s+(?:want|need|would\s+like)(?=\s)|make\s+sure(?:\s+that)?"
        r"|ensure(?:\s+that)?"
        r"|see\s+to\s+it\s+that|verify\s+that|it\s+is\s+(?:important|essential|required|mandatory)"
        r"\s+that|guarantee(?:\s+that)?"),
    ("FILL", r"at\s+all|whatsoever|in\s+any\s+(?:way|form)|any\s?more|any\s+longer"
        r"|as\s+well(?!\s+as)"
        r"|from\s+now\s+on|going\s+forward|as\s+of\s+now|right\s+away|straight\s+away"),
    ("ASBEFORE",
        r"(?:keeps?|retains?)\s+(?:their|its|the)\s+(?:(?:current|present|existing)\s+)?access"
        r"|(?:stays?|remains?|is|are|be)\s+(?:to\s+be\s+)?(?:unaffected|untouched|unchanged"
        r"|as\s+(?:it|they)\s+(?:is|are)|as\s+before"
        r"|left\s+alone)|unaffected|untouched"),
    ("ABILITY", r"(?:abilit(?:y|ies)|rights?|permissions?|privileges?)\s+to"),
    ("RESTN",
        rf"no\s+other\s+(?:http\s+)?{_PASSING}(?:\s+(?:and|or)\s+{_PASSING})*"
        rf"|(?:and\s+)?not\s+on\s+(?:any\s+)?other\s+ports?"),
    ("RESTP",
        rf"(?:(?:all|any|every|the)\s+(?:the\s+)?)?(?:other|remaining)\s+(?:http\s+)?{_PASSING}"
        rf"(?:\s+(?:and|or)\s+{_PASSING})*"),
    ("NELSE",
        rf"(?:nothing|nobody|no(?:\s|-)?one|none|nowhere)\s+(?:else|more|further|other)(?:\s+at\s+"
        rf"all)?|no\s+others?(?:\s+(?:[\w-]+\s+)?{_KIND})?(?![\w-])|no\s+further\s+{_KIND}"
        rf"|nothing\s+(?:but|beyond|besides|except)\s+(?:that|those|these|this)(?!\s*<)"
        rf"|(?:and\s+)?that\s+is\s+the\s+only\s+thing\s+(?:it|they)\s+(?:answers?|responds?"
        rf"|listens?"
        r"|accepts?|serves?)(?:\s+to)?|(?:and\s+)?that\s+is\s+(?:it|all)(?:\s+(?:that\s+)?(?:it"
        r"|they)\s+(?:should\s+do|needs?|may\s+do|gets?|should\s+get))?|and\s+no\s+more"),
    ("PELSE",
        rf"(?:(?:all|any|every)\s+)?(?:the\s+)?other\s+(?:ingress|egress|inbound|outbound)"
        rf"(?:\s+{_KIND})?(?:\s+(?:that\s+)?(?:it|they)\s+(?:makes?|opens?|receives?|gets?|has"
        r"|have|sends?|wants?))?|every(?:\s?(?:thing|one|body))\s+else|any(?:\s?(?:thing|one"
        rf"|body))\s+else|all\s+else"
        rf"|(?:(?:all|any|every)(?:\s+of)?\s+(?:the\s+)?)?(?:other|remaining)\s+(?:[\w-]+\s+)?"
        rf"{_KIND}(?![\w-])|all\s+(?:the\s+)?others?|the\s+others?|others"
        rf"|(?:all\s+)?(?:the\s+)?rest(?:\s+of\s+(?:its|their|the)\s+(?:egress|ingress|outbound"
        rf"|inbound|traffic)(?:\s+traffic)?)?"
        rf"|the\s+remainder|the\s+remaining\s+ones"),
    ("ONLYONE",
        rf"(?:is|are|be|shall\s+be|should\s+be|must\s+be|remains?|stays?)\s+the\s+(?:only|sole)\s+"
        rf"(?:one|ones|{_KIND})"),
    ("NOUN", rf"(?:the\s+|any\s+|all\s+)?(?:only|sole)\s+{_KIND}\s+of(?=\s+<P)"),
    ("MAYNOT",
        rf"(?:{_M}){_ADV}\s+{_NOT}{_ADV}(?:\s+(?:even|ever))?(?:\s+(?:get\s+to|have\s+to"
        rf"|be\s+{_LEAVE}\s+to))?(?!\s+only)"
        rf"|{_BE}\s+{_NOT}{_ADV}\s+(?:be\s+)?{_LEAVE}\s+to(?!\s+(?:<|the\s|any\s))"
        rf"|(?:do|does|did)\s+{_NOT}\s+(?:need|have|get)\s+to|no\s+longer\s+(?:needs?|has|have"
        rf"|gets?)"
        rf"\s+to|(?:has|have)\s+no\s+(?:business|need|reason|right|cause)\s+to"
        rf"|{_BE}\s+(?:to\s+)?(?:never|no\s+longer)\s+to"),
    ("MAY",
        rf"(?:{_M}){_ONLY}{_ADV}(?:\s+be(?=(?:\s+only)?\s+{_LEAVE}))?(?:\s+"
        rf"(?:{_ONLY.strip()}\s*)?(?:{_LEAVE})\s+{_ONLY}\s*to"
        rf"(?!\s+(?:<|the\s|any\s)))?{_ONLY}"
        rf"|{_BE}{_ONLY}{_ADV}\s+{_LEAVE}{_ONLY}\s+to(?!\s+(?:<|the\s|any\s))"
        rf"|(?:needs?|has|have|wants?|gets?){_ONLY}\s+to(?=\s+[a-z]){_ONLY}"
        rf"|(?:is|are)\s+to(?=\s+(?:be\s|{_REACH['base']}|only\s)){_ONLY}"),
    ("REACH",
        r"(?:open|initiate|establish|make|start|create|set\s+up)(?:s|es)?\s+(?:up\s+)?(?:(?:any"
        r"|new"
        r"|tcp|http|outbound|outgoing|network|fresh)\s+)*(?:connections?|sessions?|requests?"
        r"|calls?)"
        r"(?=\s+(?:to|with|towards|against|into)\b)"),
    ("GOOUT",
        r"(?:open|initiate|establish|make|start|create)(?:s|es)?\s+(?:(?:any|new|outbound|outgoing"
        r"|egress|tcp|network|external|own)\s+)*(?:connections?|sessions?|requests?|calls?"
        r"|traffic)"
        r"(?!\s+(?:to|with|towards|against|into|on)\b)"),
    ("REACHING",
        r"(?:opening|initiating|establishing|making|starting|creating)\s+(?:up\s+)?(?:(?:any|new"
        r"|tcp|http|outbound|network|fresh)\s+)*(?:connections?|sessions?|requests?|calls?)"
        r"(?=\s+(?:to|with|towards|against|into)\b)"),
    ("HASACCESS",
        r"(?:has|have|get|gets|need|needs|require|requires|retain|retains|keep|keeps|want|wants)"
        r"\s+(?:an?\s+|the\s+|network\s+|direct\s+|full\s+|outbound\s+|egress\s+)*(?:access"
        r"|connectivity|a\s+path"
        r"|a\s+line|a\s+route)(?=\s+(?:only\s+)?to\b)"),
    ("GIVEN", r"(?:given|granted)(?=\s+(?:\w+\s+)?access)"),
    ("GIVE",
        r"(?:give|gives|grant|grants|provide)(?=\s+<P\d+>(?:\s*,?\s*(?:and\s+)?<P\d+>)*\s+"
        r"(?:network\s+|read\s+)?access)"),
    ("DEFAULTDENY",
        r"(?:a\s+)?default[\s-]+deny(?:[\s-]+all)?(?:\s+(?:policy|posture|baseline))?"
        r"|deny[\s-]+by[\s-]+default|zero[\s-]+trust(?:\s+baseline)?"),
    ("ISO", rf"(?:{_ISO['base']}|cut|lock|shut|close|block)(?:s)?\s+(?:down|off|up)|(?:lock"
        rf"|close|shut|seal)(?=\s+(?:<P|all\s|the\s|any\s))"
        rf"|{_ISO['base']}|lock-?down"),
    ("CUT",
        r"keep(?=\s+(?:both\s+of\s+)?(?:them|it|these|those)\s+(?:away|out|off)\b)"
        r"|cut(?=\s+<P)|keep(?=\s+<P\d+>(?:\s*,?\s*(?:and\s+)?<P\d+>)*\s+(?:from|away|out|off)\b)"),
    ("BREAKOFF", r"(?:(?<=them )|(?<=it )|(?<=these )|(?<=those ))(?:away|out)(?=\s+from\s+<P)"),
    ("BREAKOFF", r"(?<=> )(?:off|down|away)(?=\s*(?:[.,;:]|$)|\s+(?:from|except|but|apart"
        r"|save)\b)"),
    ("EXPOSE", r"open(?:s|ing)?\s+up|exposes?|publishes"),
    ("ISOLATED",
        rf"(?:{_ISO['done']}|locked|sealed|closed|cut|shut|walled)(?:\s+(?:down|off))?"),
    ("KEEPWORK",
        r"(?:(?:has|have|needs?|must|should|ought)\s+(?:to\s+)?)?(?:(?:still|keeps?"
        r"|continues?\s+to"
        r"|to\s+keep|stays?)\s+)*(?:works?|working|functional|functioning|flowing|unaffected"
        r"|intact)"),
    ("KEEP", r"keep(?:s|ing)?|leav(?:e|es|ing)|preserv(?:e|es|ing)|retain(?:s|ing)?|maintain(?:s)?"
        r"|without\s+breaking|do\s+not\s+break"),
    ("NOMORE",
        r"(?:do\s+not|never|without)\s+(?:open(?:ing)?|allow(?:ing)?|permit(?:ting)?|let(?:ting)?)"
        r"\s+(?:up\s+)?(?:anything|anyone)\s+(?:else|more|further)(?:\s+(?:in|through))?"),
    ("NOBUSINESS", r"(?:has|have)\s+no\s+(?:business|reason|need|right|cause)(?=\s+[a-z]+ing\b)"),
    ("EXCHANGE",
        r"exchange(?:\s+any)?(?:\s+(?:data|traffic|messages|requests|packets|information))?"),
    ("NONEED",
        r"(?:has|have)\s+no\s+(?:need|use|business|reason)\s+(?:for|with)|needs?\s+no|gets?\s+no|"
        r"(?:has|have)\s+no(?=\s+access\b)"
        r"|does\s+not\s+need(?:\s+any)?|no\s+longer\s+needs?|do\s+not\s+need(?:\s+any)?"),
    ("COMPLAINT",
        r"(?:is|are)\s+(?:currently\s+|just\s+|far\s+|way\s+|much\s+)*(?:too\s+(?:open|exposed"
        r"|permissive|wide|public)|wide\s+open|(?:reachable|accessible|open)\s+(?:from|to|for"
        r"|by)\s+"
        r"(?:everywhere|everyone|anyone|everybody|anybody|everything))"),
    ("NOTDENIED", rf"{_BE}\s+not\s+(?:be\s+)?(?:denied|blocked|affected|restricted|dropped)"),
    ("ALLOWED",
        rf"(?:{_BE}\s+)(?:still\s+|also\s+)?(?:{_ALLOW['done']}|accepted|let\s+(?:in|through|out)"
        rf"|granted|fine|ok|okay|exempt(?:ed)?)"),
    ("UNALLOWED",
        rf"{_BE}\s+{_NOT}\s+(?:to\s+be\s+)?(?:{_ALLOW['done']}|accepted|let\s+(?:in|through|out)"
        rf"|granted|ok|okay)"),
    ("DENIED",
        rf"(?:{_BE}|to)\s+(?:all\s+|then\s+|always\s+|strictly\s+)?(?:be\s+|to\s+be\s+)?"
        rf"(?:{_DENY['done']}|forbidden|off[\s-]+limits|closed|cut\s+off|kept\s+(?:out|away|off)"
        rf"|shut\s+out|turned\s+away)|(?:stays?|remains?|keeps?)\s+(?:out|away|closed|off|shut)"),
    ("DENIED", rf"(?:{_DENY['done']}|forbidden|off[\s-]+limits|kept\s+(?:out|away|off)|shut\s+out)"
        r"(?=\s*(?:[.,;]|$|\s(?:for|from|to|on|in|between|by|both|at|completely|entirely)\b))"),
    ("ALLOWED", rf"(?:{_ALLOW['done']}|accepted|let\s+(?:in|through|out)|ok|okay|fine)"
        r"(?=\s*(?:[.,;]|$|\s(?:for|from|to|on|in|between|by|both|at)\b))"),
    ("UNABLE", r"(?:unreachable|inaccessible|invisible)|not\s+(?:be\s+)?(?:reachable|accessible"
        r"|contactable|callable|visible|available|exposed)"),
    ("ABLE",
        r"(?:reachable|accessible|contactable|callable|visible|addressable|available|exposed"
        r"|scrapeable|scrapable|open)"),
    ("REACHED",
        rf"(?:{_REACH['done']}|{_FETCH['done']}|written|spoken|sent|seen|gotten|queried|opened"
        rf"|updated|fed|entered|operated|managed|monitored|administered|controlled|maintained"
        rf"|viewed|published|pushed|made(?=\s+(?:to|against|on)\b)|issued|hit(?=\s+(?:by|from"
        rf"|only|on|over|with)\b|\s+<T)"
        rf"|read(?=\s+(?:\(?<T\d+>\)?\s+)?(?:only\s+)?(?:by|from)\b))"
        rf"(?:\s+(?:to|with|at|into)(?=\s+(?:only\s+)?(?:by|from|on|via|over|with|<T|in|$)))?"),
    ("GETIN", r"(?:gets?|comes?|goes|go|be\s+let|is\s+let|are\s+let)\s+in(?:side)?"
        r"(?=\s*(?:[.,;]|$)|\s+(?:on|via|over|with|except|but|apart|unless|save|other|<T))"),
    ("RECEIVE", r"trusts?(?=\s+(?:only\s+)?(?:<P|no\s?one|nobody))"),
    ("RECEIVE", rf"(?:{_RECEIVE['base']}|listens?\s+to|hears?\s+from|only\s+allows|"
                r"(?<=> )only\s+allow"
        r"|gets?(?=\s+(?:(?:its|any|only|all)\s+)*(?:traffic|connections?|requests?|calls?)))"),
    ("LISTEN", r"listens?(?=\s+<T)|is\s+served(?=\s+<T)|runs?(?=\s+<T)"),
    ("RECEIVING", _RECEIVE["ing"]),
    ("ING", r"(?:the\s+|its\s+|all\s+|any\s+)*(?:ingress|inbound|incoming)"),
    ("EG", r"(?:the\s+|its\s+|all\s+|any\s+)*(?:egress|outbound|outgoing)"),
    ("SENDING", rf"{_SEND['ing']}|sending|writing|logging"),
    ("FETCHING", _FETCH["ing"]),
    ("REACHING",
        rf"{_REACH['ing']}|getting(?:\s+(?:in)?to)?|going(?:\s+out)?"
        rf"|using|seeing|leaving"),
    ("FETCH", rf"{_FETCH['base']}|gets?(?=\s+\w+\s+from\b)"),
    ("SEND", rf"{_SEND['base']}|sends?|writes?|logs?(?=\s+(?:in)?to\b)"),
    ("REACH",
        rf"{_REACH['base']}|sees?|have(?=\s+<T)|gets?(?=\s+(?:in)?to\b)|gets?\s+at|go(?:es)?"
        r"(?:\s+out)?"
        rf"(?=\s+(?:only\s+)?(?:in)?to\b)|have\s+access\s+to|gets?\s+(?:anywhere\s+)?near"),
    ("NEED", r"needs?|requires?|depends?(?:\s+(?:up)?on)?|relies\s+on|rely\s+on"),
    ("EXPOSE", r"expose|open(?:\s+up)?"),
    ("ALLOW", rf"{_ALLOW['base']}|let(?:s)?|grants?|gives?"),
    ("DENY", rf"{_DENY['base']}|forbids?|cut"),
    ("LIMIT", _LIMIT["base"]),
    ("LIMITED", _LIMIT["done"]),
    ("IT", r"they|them|it|itself|those|these|either\s+of\s+(?:them|these|those)|each\s+of\s+them"
        r"|both\s+of\s+them"),
    ("EACH", r"each\s+other|one\s+another|each\s+another|among(?:st)?\s+themselves"
        r"|between\s+themselves"),
    ("BOTHWAYS", r"(?:in\s+)?(?:both\s+(?:ways|directions)|either\s+direction)|bidirectionally"
        r"|(?:and\s+)?vice[\s-]+versa|(?:and\s+)?the\s+other\s+way\s+a?round"),
    ("NONE", rf"nobody|no(?:\s|-)?one|nothing|none|nowhere|not\s+a\s+single\s+{_KIND}"),
    ("NO", r"no|zero|not\s+any"),
    ("EXCEPT",
        r"(?:with\s+the\s+(?:sole\s+|only\s+)?exception\s+(?:of|for)|except(?:ing)?|excluding"
        r"|other\s+than|apart\s+from|aside\s+from|besides|save(?:\s+for)?|barring"
        r"|exempt(?:ing)?)(?:\s+(?:for|that))?"),
    ("EXCEPTED", r"excepted|excluded|exempted|aside(?=\s*(?:[.,;(]|$))"),
    ("ONLY", r"only|solely|exclusively|strictly|alone|just"),
    ("NOT", r"not|never|neither|nor"),
    ("OUTSIDE", r"(?:anywhere|anything|anyone|everything|everyone)?\s*outside(?:\s+of)?(?=\s+<P)"),
    ("ALL", r"all(?=\s+(?:but|except)\b)"),
    ("LAYERED",
        r"defen[cs]e\s+in\s+depth|layered(?:\s+(?:policy|policies|defence|defense))?"
        r"|(?:both|two)\s+layers|at\s+(?:both|every|all)\s+layers?"),
    ("PORTNOUN", r"(?:the\s+|its\s+|their\s+)?(?:(?:metrics|web|admin|http|https|grpc|api|redis"
        r"|postgres|database|mqtt|smtp|service|named)\s+)?ports?"),
    ("DNS", r"(?:kube-?)?dns(?:\s+(?:lookups?|queries|resolution|traffic|egress|access))?"
        r"|name\s+resolution|core-?dns"),
    ("METRICS", r"(?:metrics|prometheus)?\s*(?:scraping|scrapes?)|metrics(?:\s+collection)?"
        r"|monitoring"),
    ("PROBES", r"(?:kubelet\s+)?(?:health|liveness|readiness|startup)[\s-]*(?:probes?|checks?)"
        r"|probes?|health\s?checks?"),
    ("NOUN", rf"(?:(?:the|any|all|all\s+the|such|every|its|their|our)\s+)*{_NOUN}"),
    ("FROM", r"(?:(?:coming|originating|sent|received|starting|made)\s+)?from|out\s+of"
        r"|away\s+from"),
    ("BY", r"(?:made\s+|sent\s+|opened\s+|initiated\s+)?by"),
    ("BETWEEN", r"between"),
    ("TO", r"(?:(?:going|destined|headed|bound|directed)\s+)?(?:to|into|towards?|onto|against)"),
    ("WITH", r"with"),
    ("FOR", r"for|on\s+behalf\s+of"),
    ("OF", r"of"),
    ("ON", r"on|at|via|over|through|using"),
    ("IN", r"in|inside|within"),
    ("OUT", r"out"),
    ("LEAD", r"ticket|request|note|fyi|heads[\s-]+up|reminder|task|todo"),
    ("WHAT", r"what(?:ever)?(?=\s+<P)"),
    ("SO", r"so"),
    ("MAKE", r"makes?(?=\s+<P)"),
    ("THAT", r"that|which|who|whose"),
    ("BE", r"is|are|be|being|was|were|stays?|remains?"),
    ("ART", r"the|an?|any|all|every|each|its|their|our|this|that(?=\s+<)|some"),
    ("AND", r"and(?:\s+also)?|as\s+well\s+as|plus|together\s+with|along\s+with|or|and\s+then"),
    ("BUT", r"but|while|whereas|however|yet|though|although"),
    ("FILL",
        r"please|kindly|also|too|then|now|explicitly|simply|actually|always|ever|at\s+all"
        r"|whatsoever|any\s?more|any\s+longer|in\s+any\s+way|immediately|straight\s+away"
        r"|right\s+away|asap|from\s+now\s+on|going\s+forward|henceforth|currently|still|thanks"
        r"|thank\s+you|accordingly|instead|directly|entirely|completely|fully|totally"
        r"|respectively|both|either|thx|cheers|ta"),
)  # fmt: skip
WORDS: Final = tuple(
    (symbol, re.compile(rf"(?<![\w<-])(?:{pattern})(?![\w>-])", re.I))
    for symbol, pattern in _LEXICON
)
"""Symbol by symbol, the longer phrases before the words in them."""
