"""Turns of phrase, each with the plainer one that means the same."""

import re
from typing import Final

__all__ = ["BREAK", "MAY", "ON", "PL", "REWORDINGS", "SENTENCE", "SO", "VERB", "P", "T"]

P = r"<P\d+>"
PL = rf"(?:{P}(?:(?:\s*,\s*(?:and\s+|or\s+)?|\s+and\s+|\s+or\s+){P})*)"
T = r"<T\d+>"
ON = rf"(?:\s*\(?{T}\)?)"
MAY = (
    r"(?:(?:may|can|could|should|must|shall|will|might)(?:\s+(?:be\s+(?:able|allowed|permitted)"
    r"\s+to|ever|still))*|(?:is|are)\s+(?:to\s+be\s+)?(?:allowed|permitted|able|supposed"
    r"|meant)\s+to"
    r"|(?:needs?|has|have|ought)\s+to(?:\s+be\s+able\s+to)?)"
)
VERB = (
    r"(?:reach(?:es)?|access(?:es)?|contacts?|calls?|hits?|uses?|quer(?:y|ies)|sees?|touch(?:es)?"
    r"|(?:talk|speak|connect|go|get|write|send|get\s+through|open\s+connections|initiate"
    r"\s+connections|make\s+(?:calls|requests|connections))s?(?:\s+(?:out\s+)?(?:to|with|at))?"
    r"|communicates?(?:\s+with)?)"
)
_THING = (
    r"(?:things?|ones?|pods?|workloads?|services?|apps?|applications?|destinations?|places?|hosts?"
    r"|endpoints?|targets?|peers?|sites?|domains?|addresses|address|systems?|components?|clients?"
    r"|callers?|sources?)"
)
_CLOSED = (
    r"(?:forbidden|denied|blocked|refused|prohibited|disallowed|rejected|dropped|not"
    r"\s+(?:allowed|permitted|ok(?:ay)?|wanted|the\s+case|true)|off[\s-]limits|not)"
)
_FINE = r"(?:fine|ok(?:ay)?|allowed|permitted|good|legit(?:imate)?|acceptable)"
_EGRESS = r"(?:egress|outbound|outgoing)(?:\s+(?:access|traffic|connections?|connectivity))?"
_INGRESS = r"(?:ingress|inbound|incoming)(?:\s+(?:access|traffic|connections?|connectivity))?"
BREAK = r"(?=\s*(?:[.,;)\n]|$|\s(?:and|but|while|except|apart|other|unless)\b))"
_PLAIN_WORD = (
    r"(?!(?:only|not|no|never|none|nothing|nobody|nowhere|neither|nor|except|but|unless|until|if"
    r"|when"
    r"|while|before|after|during|may|can|must|should|shall|could|will|need|needs|deny|denied|block"
    r"|blocked|allow|allowed|permit|permitted|reach|reachable|reaches|call|calls|called|talk|talks"
    r"|accept|accepts|isolate|isolated|lock|locked|restrict|restricted|limit|limited|from|by|so"
    r"|therefore|hence|thus|accessible|exposed|open|ingress|egress|inbound|outbound|dns|mtls|tls"
    r"|strict|other|others|else|rest|everyone|everything|anyone|anything|to|default)\b)"
    r"[a-z][\w'/-]*"
)
SO = r"(?:,?\s+(?:and\s+)?(?:so|hence|therefore|thus|which\s+is\s+why|that\s+is\s+why)\b,?)"

SENTENCE = re.compile(r"((?<=[^\s.])\s*(?:[.!?]+(?=\s|$)|;|\n+)\s*)")
_ANY_REWORDINGS: tuple[tuple[str, str], ...] = (
    # What is said to make no difference makes none.
    (r",?\s*(?:no\s+matter|regardless\s+of|irrespective\s+of)\s+(?:(?:who|what|which|where|how)\b"
     r"(?:\s+[a-z]+){1,4}|(?:the|their|its)\s+(?:source|caller|sender|client|origin|destination))"
     + BREAK, ""),
    (rf"(?<=open|osed|ible|able)\s+(?:at\s+(?:the\s+moment|present)|right\s+now|today|as\s+it"
     rf"\s+stands|these\s+days){BREAK}", ""),
    (r"\s*\(\s*((?:keep\s+)?dns)\s+(?:must|should|has\s+to|needs\s+to)?\s*(?:keep|still|continue"
     r"\s+to)?\s*(?:work(?:ing|s)?)?(?:\s+of\s+course)?\s*\)", ". Keep DNS working"),
    (r"(?<=>)\s+to\s+be\s+(?:able|allowed|permitted)\s+to\s+", " may "),
    # `except for a inbound on 80`
    (rf"\b(except\s+(?:for\s+)?)({PL})\s+inbound\b", r"\1ingress from \2"),
    (r"\b(dns)\s+(?:outbound|egress)\b", r"\1"),
    # `a may reach b and be cut off from everything else`
    (rf"^({P})(\s+{MAY}\s+[^.;]*?),?\s+(?:and|but)\s+(?:(?:should|must|shall)\s+)?"
     r"(?:otherwise\s+be\s+"
     r"(?:cut\s+off|isolated|closed|sealed\s+off|locked\s+down)|be\s+(?:cut\s+off|isolated"
     r"|sealed\s+off|locked\s+down)"
     r"\s+(?:from\s+(?:everything|everyone|anything)\s+else|otherwise))(?:,?\s+"
     r"(?:inbound\s+as\s+well\s+as\s+outbound"
     rf"|in\s+both\s+directions|both\s+ways|inbound\s+and\s+outbound))?{BREAK}",
     r"\1\2. Nothing else may reach \1. \1 may reach nothing else"),
    (rf"\bgive\s+({PL})\s+(?:an?\s+)?(default[\s-]deny)\b", r"\2 for \1"),
    # `make HTTPS calls to a`
    (rf"\b(?:make|open|send|issue|perform|initiate|do|start)s?\s+(?:any\s+)?({T})\s+(?:http\s+)?"
     r"(?:calls?|requests?"
     r"|connections?|sessions?|queries|lookups)\s+(?:to|on|against|towards?)\b", r"reach \1 of"),
    (r"\binitiate\s+(?:anything|any\s+traffic|traffic|any\s+connections?)\s+(?:to|towards?|into"
     r"|with)\b", "reach"),
    # Tokens that callers need.
    (r"(?:all\s+|any\s+|every\s+)?(?:callers?|clients?|users?|requests?|traffic|calls?"
     rf"|access)\s+(?:of|to|for)\s+({P})\s+"
     r"(?:needs?|requires?|must\s+(?:have|carry|present|include|come\s+with|use)|(?:must|should"
     rf"|have\s+to)(?=\s+<T))\s+({T})",
     r"\1 requires \2"),
    (rf"({T})(\s*[,;]\s*|\s+and\s+)(?:requests?|calls?|callers?|anything|everything"
     r"|traffic)\s+without\s+(?:one|it|that|a\s+token)\s+"
     rf"(?:is|are|must\s+be|should\s+be|shall\s+be|has\s+to\s+be)\s+{_CLOSED}{BREAK}", r"\1"),
    # Ports of an end, and whom they are for.
    (rf"({P})(?:'s)?\s+({T})\s+(?:{MAY}\s+be|is|are)\s+(?:off[\s-]limits|closed|blocked|denied"
     r"|forbidden|hidden|unreachable"
     r"|inaccessible|not\s+(?:be\s+)?(?:reachable|accessible))\s+(?:for|to|from|by)\s+"
     rf"({PL}){BREAK}", r"\3 may not reach \1 \2"),
    (rf"({P})(?:'s)?\s+({T})\s+(is|are|shall\s+be|must\s+be|should\s+be)\s+(?:only\s+)?"
     rf"(?:reserved\s+)?for\s+({PL})\s+"
     r"(?:exclusively|only|alone|solely)", r"\2 on \1 is for \4 only"),
    (rf"({P})(?:'s)?\s+({T})\s+(?:is|are|shall\s+be|must\s+be|should\s+be)\s+(?:only"
     rf"|exclusively|solely)\s+(?:reserved\s+)?for\s+({PL})",
     r"\2 on \1 is for \3 only"),
    # What goes on at an end, and everything else of it.
    (r"\b((?:everything|anything|all)\s+else|all\s+other\s+traffic|any\s+other\s+traffic)\s+"
     r"(?:that\s+(?:is\s+)?)?(?:goes|going|comes|coming"
     r"|leaves|leaving|originates|originating)(?:\s+out)?\s+(?:of|from)\b", r"\1 from"),
    (r"\b((?:everything|anything|all)\s+else|all\s+other\s+traffic|any\s+other\s+traffic)\s+"
     rf"(?:leaving)\s+(?={P})", r"\1 from "),
    (r"\b((?:everything|anything|all)\s+else|all\s+other\s+traffic|any\s+other\s+traffic)\s+"
     r"(?:that\s+(?:is\s+)?)?(?:arrives|arriving\s+at"
     r"|arrives\s+at|going\s+(?:in)?to|goes\s+(?:in)?to|coming\s+(?:in)?to|comes\s+(?:in)?to"
     r"|sent\s+to|headed\s+for|entering|hitting)",
     r"\1 to"),
    (r"\b(?:close|shut|cut)\s+(?=(?:everything|anything|all)\s+else\b)", "block "),
    # Nothing else, on both sides.
    (rf"^((?:please\s+)?(?:allow|let|permit)\s+({P})\s+(?:to\s+)?[^.;]*?),?\s+(?:and|but)\s+"
     r"(?:to\s+)?nothing"
     r"\s+else,?\s+(?:in\s+or\s+out|in\s+and\s+out|inbound\s+or\s+outbound"
     r"|in\s+either\s+direction|in\s+both\s+directions|both\s+ways)"
     r"\s*$", r"\1. Nothing else may reach \2. \2 may reach nothing else"),
    (rf"^(({P})\s+{MAY}\s+[^.;]*?),?\s+(?:and|but)\s+(?:to\s+)?nothing"
     r"\s+else,?\s+(?:in\s+or\s+out|in\s+and\s+out|inbound\s+or\s+outbound"
     r"|in\s+either\s+direction|in\s+both\s+directions|both\s+ways)"
     r"\s*$", r"\1. Nothing else may reach \2. \2 may reach nothing else"),
    # What is said of an end before what is asked of it.
    (rf"^(?:please\s+)?({P})\s+(?:{MAY}\s+be|is\s+to\s+be|are\s+to\s+be|has\s+to\s+be)\s+"
     r"(?:locked\s+down|isolated|restricted|secured"
     r"|protected|closed\s+off|hardened|tightened|limited|configured|set\s+up)\s*,?\s*"
     r"(?:so\s+that|such\s+that|so)\s+", r"\1: "),
    (r"^(?:please\s+)?(?:secure|protect|harden|restrict|limit|lock(?:\s+down)?|isolate|tighten"
     r"|configure|set\s+up|change|fence|seal)"
     rf"(?:\s+off)?\s+({P})(?:\s+down|\s+off)?\s*,?\s*(?:so\s+that|such\s+that|so)\s+", r"\1: "),
    (rf"^({P})\s+(?:is|are)(?:\s+{_PLAIN_WORD}){{1,6}}\s*:\s*(?=\S)", r"\1: "),
    # `zero trust for x: default deny both directions, ...`
    (r"\b(?:zero[\s-]+trust|lock\s?down|isolation|baseline)\s+(?:for|of|on|in)\s+"
     rf"({P})\s*[:,]\s*default[\s-]+deny\b",
     r"default deny for \1"),
    (rf"\bdefault[\s-]+deny((?:\s+(?:for|in|on)\s+{P})?)\s+(?:in\s+|for\s+)?(?:both|all)\s+"
     r"(?:directions|ways|sides)\b",
     r"default deny\1"),
    (rf"(?<=[,;.])\s*dns\s+(?:is\s+)?allowed{BREAK}", " keep DNS"),
    (rf"({MAY})\s+(?:read|fetch|pull|consume|poll|download|query|load|collect|scrape"
     rf"|retrieve)\s+from\s+(?={P})", r"\1 reach "),
    (r"^(?:please\s+)?allow\s+(?:that|this|those)(?:\s+traffic)?\s+(?:and|but)\s+(?=(?:deny|block"
     r"|drop|refuse|reject)\b)", ""),
    # Context that is one of two predicates: `x is for tests and should never call y`.
    (rf"^({P})\s+(?:is|are|runs?|holds?|handles?|does|serves?|stores?|has|have)(?:\s+"
     rf"(?:for\s+)?{_PLAIN_WORD}){{1,7}},?\s+and\s+"
     rf"(?={MAY}\b|(?:talks|calls|needs|uses|connects|reaches|accepts)\b)", r"\1 "),
    (rf"^for\s+({P})\s*[:,]\s*(?=(?:it|they|only|nobody|no\s?one|nothing)\b)", r"\1: "),
    # Isolation with what goes on inside.
    (r"\b((?:anything|everything|all)\s+else\s+(?:is|must\s+be|should\s+be)\s+(?:denied|blocked"
     r"|dropped|forbidden))\s+(?:in\s+both\s+directions"
     r"|both\s+ways|in\s+and\s+out)", r"\1"),
    (rf"(?<=[,;.])\s*dns\s+(?:is|stays|remains)\s+(?:fine|ok(?:ay)?|allowed|open){BREAK}",
     " keep DNS"),
    # `it needs nothing else, so cut the rest`
    (r"\b(?:it|they)\s+(?:does|do)\s+not\s+need\s+(?:anything|anyone)\s+else(?:\s+at\s+all)?"
     r"(?:,?\s+so\s+(?:cut|block|deny|drop|close)"
     r"\s+(?:off\s+)?(?:the\s+rest|everything\s+else))?", "nothing else"),
    (r"\b(?:cut|close|shut)\s+(?:off\s+)?the\s+rest\b", "block everything else"),
    (r"\b(?:deny|block|refuse)\s+(?:it|them)\s+(?:the\s+rest|everything\s+else)\b",
     "block everything else"),
    (r"(,?\s*)(?:and|but|while)\s+(?:keep\s+)?(?:every|all|any)\s+other\s+(?:pods?|workloads?"
     rf"|services?|things?|endpoints?)\s+in\s+({P})"
     r"\s+(?:unreachable|inaccessible|hidden|closed|not\s+(?:reachable|accessible))\s+(?:from|to"
     rf"|for|by)\s+{P}{BREAK}",
     r" and nothing else in \2"),
    (rf"\b(?:send|ship|deliver|submit|relay)s?\s+(?:{_PLAIN_WORD}\s+){{1,2}}(?:via|through|using"
     rf"|over)\s+(?={P})", "reach "),
    # Ports of an end that only some may use.
    (rf"({P})(?:'s)?\s+({T})\s+(?:{MAY}\s+not\s+be|(?:is|are)\s+not(?:\s+to\s+be)?|not)\s+"
     r"(?:be\s+)?(?:reachable|accessible|open|available"
     rf"|exposed|visible|used|reached|accessed)\s+(?:from|by|for|to)\s+(?:{P}|anywhere"
     r"|anyone)\s*,?\s*(?:but|except(?:\s+for)?|other\s+than|apart\s+from)\s+"
     rf"(?:from\s+|by\s+|for\s+)?({PL})", r"\2 on \1 is for \3 only"),
    (rf"({P})'s\s+({T})\s+{MAY}\s+only\s+be\s+(?:reachable|accessible|used|reached"
     rf"|accessed)\s+(?:from|by|for)\s+({PL})",
     r"\2 on \1 is for \3 only"),
    # `deny ingress to x by default`
    (r"^(?:deny|block|drop)\s+(?:all\s+)?(ingress|egress|traffic)\s+(?:to|from|in|into|of"
     rf"|for)\s+({P})\s+by\s+default", r"default deny \1 for \2"),
    (rf"\b(?:i|we)\s+do\s+not\s+want\s+({PL})\s+to\s+(?:have|get)\s+(?:any\s+)?access\s+to\s+",
     r"\1 may not reach "),
    (rf"\b(?:i|we)\s+do\s+not\s+want\s+({PL})\s+to\s+(?:be\s+able\s+to\s+)?(?={VERB}\b)",
     r"\1 may not "),
    (rf"^({P})\s+(?:is|are)\s+(?:only\s+|just\s+|there\s+)*for\s+({PL})(?:\s+only)?\s*$",
     r"\1 may be reached by \2"),
    (rf"^(nothing|nobody|no\s+one)\s+else\s+{MAY}\s+(?:connect|call|get\s+in|come\s+in|talk"
     r"|enter)(?:\s+to\s+it|\s+in)?\s*$",
     r"\1 else may reach it"),
    (r"\b(anything|anyone|nothing|something)\s+(?:by\s+)?itself\b", r"\1"),
    (r"\bthe\s+(?:database|db|cache|queue|service|store|broker|gateway|backend|frontend"
     rf"|message\s+bus|deployment|workload)\s+(?={P})", ""),
    (rf"^(?:nothing|no\s+traffic|no\s+one|nobody)\s+{MAY}\s+leave\s+({P})\s*$",
     r"\1 may reach only \1"),
    (rf"^(?:nothing|no\s+traffic|no\s+one|nobody)\s+{MAY}\s+(?:enter|get\s+into|come\s+into)\s+"
     rf"({P})\s*$", r"only \1 may reach \1"),
    (rf"^({P})\s*:\s*(?:an?\s+)?({T})(?:\s+(?:is|are))?\s+required\s*$", r"\1 requires \2"),
    (r"^(?:deny|block|reject|refuse)\s+(?:anything|everything|requests?|calls?"
     rf"|all\s+requests?)\s+(?:to|on|for|at)\s+({P})\s+(?:that|which)\s+(?:is|are)"
     rf"\s+not\s+(?:an?\s+)?({T})(?:\s+requests?)?\s*$", r"\1 accepts only \2"),
    (rf"^({P})\s+{MAY}\s+(?:refuse|reject|deny|block|drop)\s+({T})\s+(?:sent\s+|made\s+"
     rf"|coming\s+)?(?:from|by)\s+({PL})", r"\3 may not reach \1 \2"),
    (rf"({P})\s+itself\b", r"\1"),
    (rf"({P})(?:'s)?\s+(?:[a-z-]+\s+){{0,2}}?(?:port\s*)?\(?({T})\)?\s+(?:{MAY}\s+be|is|are)\s+"
     rf"(?:restricted|limited|reserved|confined)\s+(?:to|for)\s+({PL})(?:\s+only)?{BREAK}",
     r"\2 on \1 is for \3 only"),
    (r",?\s+and\s+(?:those|these|the|such)\s+(?:requests?|calls?)\s+(?:must|should|may|shall"
     rf"|have\s+to)\s+(?:only\s+)?be\s+({T}){BREAK}", r", and only \1"),
    (r"\b(?:must|should|shall|has\s+to|have\s+to|is\s+to|are\s+to)\s+be\s+kept\s+(?:away|out)\s+"
     r"(?:from|of)\b", "may not reach"),
    (rf"^(?:all\s+|any\s+)?(?:users?|clients?|callers?|everyone|{P})\s+(?:must|should|have\s+to"
     rf"|has\s+to|needs?\s+to|needs?)\s+(?:present\s+|have\s+|carry\s+|show\s+)?({T})\s+"
     r"(?:in\s+order\s+)?to\s+"
     rf"(?:call|reach|use|access)\s+({P})\s*$", r"\2 requires \1"),
    (rf"\bfrom\s+(?:within|inside)\s+(?=(?:the\s+)?{P})", "from "),
    (rf"\b(it|they)\s+(?:has|have|needs?)\s+to\s+go\s+(?:through|via)\s+(?={P})", r"\1 may reach "),
    (rf"\b(?:deny|block|drop|refuse|reject)\s+(?:it\s+|traffic\s+)?from\s+(?:{P}|everywhere"
     r"|anywhere|everyone|anyone)\s+else\b", "nothing else may reach it"),
    (rf"({PL})\s+(?:{MAY}\s+be|is|are)\s+(?:completely\s+|strictly\s+)?(?:off[\s-]limits|closed"
     r"|forbidden|out\s+of\s+bounds|inaccessible|unreachable"
     rf"|not\s+(?:accessible|reachable|visible)|hidden)\s+(?:to|for|from)\s+({PL}){BREAK}",
     r"\2 may not reach \1"),
    (rf"({PL})\s+{MAY}\s+(?:not|never)\s+have\s+(?:any|a)\s+(?:way|path|route|means)\s+(?:to\s+"
     r"(?:get\s+(?:in)?to|reach|access)|into|to)\s+", r"\1 may not reach "),
    (r"\btake\s+away\s+(?:its|their)\s+access\s+to\s+(?:everything|anything|all)\s+else\b",
     "block everything else"),
    (r"\s+unless\s+(?:the\s+)?(?:caller|client|source|sender|request)\s+(?:is|comes\s+from)\s+"
     rf"({PL})", r" for all but \1"),
    (r"^(?:please\s+)?(?:cut|sever|break)\s+(?:the\s+|all\s+|any\s+)*(?:connections?|traffic"
     r"|links?|paths?|access)\s+(?=between\b|from\b)", "block traffic "),
    (r",?\s+(?:and\s+)?(?:with\s+)?(?:no|without(?:\s+any)?)\s+exceptions?(?=\s*(?:[.,;]|$))", ""),
    (rf"^((?:{PL})\s+(?:{MAY}\s+be|is|are)\s+(?:completely\s+|fully\s+|entirely\s+)*"
     r"(?:closed\s+off|isolated|sealed\s+off|locked\s+down)),?\s+(?:no|deny)\s+ingress,?\s+"
     r"(?:and\s+)?(?:no|deny)\s+egress\s*$",
     r"\1"),
    (rf"^(?:please\s+)?(?:let|allow)\s+({PL}),?\s+but\s+not\s+({PL}),?\s+(?:to\s+)?{VERB}\s+"
     rf"({P}{ON}?)\s*$", r"\1 may reach \3. \2 may not reach \3"),
    (rf"^({P})\s+(?:{MAY}\s+)?(?:accepts?|takes?|receives?)\s+(?:connections?|traffic"
     rf"|requests?)?\s*({T})\s+(?:only|solely|exclusively)\s+from\s+({PL}),?\s+and\s+({T})\s+"
     rf"(?:only\s+|solely\s+|exclusively\s+)?from\s+({PL})\s*$",
     r"Ingress to \1 is allowed from \3 \2. Ingress to \1 is allowed from \5 \4. Nothing else may"
     r" reach \1"),
    (rf"\b(?:all|any)\s+other\s+(?:egress|outbound)(?:\s+traffic)?\s+(?:of|from|for)\s+({P})\s+"
     rf"(?:is\s+|are\s+|must\s+be\s+|should\s+be\s+)?{_CLOSED}{BREAK}",
     r"\1 may reach nothing else"),
    (rf"\b(?:all|any)\s+other\s+(?:ingress|inbound)(?:\s+traffic)?\s+(?:of|to|for)\s+({P})\s+"
     rf"(?:is\s+|are\s+|must\s+be\s+|should\s+be\s+)?{_CLOSED}{BREAK}",
     r"nothing else may reach \1"),
    (rf"\b(keep(?:s|ing)?\s+(?:(?:dns|metrics|probes|health\s+checks|{P})(?:\s*,\s*(?:and\s+)?"
     rf"|\s+and\s+))*(?:dns|metrics|probes|health\s+checks|{P}))\s+"
     rf"(?:working|running|functional|going|alive|intact){BREAK}", r"\1"),
    (rf"^({P})\s+(?:(?:{MAY}\s+be|is|are|{MAY})\s+)?(?:accessible|reachable|available|open"
     r"|exposed|contactable|accepts?|takes?|receives?)(?:\s+(?:connections?|traffic|requests?))?"
     rf"\s+({T})\s+(?:from|to|for|by)\s+({PL}),?\s+and\s+({T})\s+(?:from|to|for|by)\s+({PL}),?\s+"
     r"(?:but|and)\s+(?:(?:from|by|to|for)\s+)?(?:nowhere|nobody|no\s+one|nothing)\s+else\s*$",
     r"Ingress to \1 is allowed from \3 \2. Ingress to \1 is allowed from \5 \4. Nothing else may"
     r" reach \1"),
    (rf"^({P})\s+(?:{MAY}\s+)?(?:accepts?|receives?|takes?)\s+(?:connections?\s+|traffic\s+"
     rf"|requests?\s+)?({T})\s+(?:only|solely|exclusively)\s+from\s+({PL})\s*$",
     r"only \3 may reach \1 \2"),
    (rf"\b(?:deny|refuse)\s+({PL})\s+({P})\s+access\b", r"\1 may not reach \2"),
    (rf"^({P})\s+gets?\s+locked\s+down\s+so\s+that\s+", r"\1: "),
    (rf"\b(?:send|make|issue|perform)s?\s+({T})\s+(?:to|on|against)\s+({P})", r"reach \2 \1"),
    (rf"({P})({ON}?),?\s+and\s+(?:that|this|it)\s+is\s+the\s+only\s+{_THING}\s+(?:that\s+is\s+"
     rf"|which\s+is\s+)?(?:allowed|permitted|able)\s+to\s+{VERB}\s+(?:it|\1)\s*$",
     r"\1\2. Nothing else may reach \1"),
    (rf"^(?:drop|block|deny|reject)\s+(?:{P}|everything|anything|all\s+(?:traffic|ingress))\s+"
     rf"(?:coming\s+|going\s+)?(?:in)?to\s+({P})\s+(?:that|which)\s+(?:is|does|do)\s+not\s+"
     rf"(?:come\s+|originate\s+)?from\s+({PL})\s*$", r"only \2 may reach \1"),
    (rf"({PL})\s+(?:has|have)\s+no\s+(?:need|reason|business)\s+to\s+(?:initiate|open|start"
     rf"|make)\s+(?:any\s+)?(?:traffic|connections?|{P}){BREAK}", r"\1 may reach nothing"),
    (rf"^(?:please\s+)?(?:give|grant)\s+({P}),?\s+and\s+only\s+{P},?\s+access\s+to\s+"
     rf"({P}{ON}?)\s*$", r"only \1 may reach \2"),
    (rf"^only\s+(?:requests?|calls?|callers?|clients?|users?)\s+({T})\s+{MAY}\s+{VERB}\s+({P})\s*$",
     r"\2 requires \1"),
    (rf"^(?:protect|secure|harden|lock\s+down|restrict|isolate)\s+({P})\s*:\s*(?=only\b)", r"\1: "),
    (rf"^({P})\s*:\s*only\s+({PL})\s+{MAY}\s+(?:connect|get\s+in|come\s+in|talk|enter)"
     rf"(?:\s+to\s+it)?,?({ON}?)(?:,\s*(?:everything|everyone|anything|anyone)\s+else\s+(?:is\s+"
     rf"|must\s+be\s+)?{_CLOSED})?\s*$",
     r"only \2 may reach \1\3"),
    (rf"({PL})\s+{MAY}\s+{VERB}\s+({P})({ON}?),?\s+(?:and\s+|but\s+)?{P}\s+{MAY}\s+not\s+(?:talk"
     r"|call|connect|reach)\s+back\s*$", r"\1 may reach \2\3, and \2 may not reach \1"),
    (rf"({MAY}(?:\s+not)?\s+{T})\s+(?:anything|everything)\s+(?=(?:on|of|at)\s+{P})", r"\1 "),
    (rf"^({P})\s+to\s+({P})({ON}?)\s*:\s*(?:allow|allowed|ok|permit|permitted)\s*$",
     r"\1 may reach \2\3"),
    (rf"^({P})\s+to\s+(?:anything|everything)\s+else\s+is\s+(?:denied|deny|blocked|block|dropped"
     r"|drop)\s*$", r"\1 may reach nothing else"),
    (rf"^make\s+({PL})\s+the\s+only\s+{_THING}\s+(?:(?:that|which|who)\s+{MAY}\s+|(?:allowed"
     rf"|able)\s+to\s+){VERB}\s+({P}{ON}?)\s*$", r"only \1 may reach \2"),
    (rf"^(?:deny|block|drop)\s+(?:{P}|everything|anything|all\s+traffic)\s+to\s+({P})\s+(?:but"
     rf"|except|other\s+than)\s+({T})\s+from\s+({PL})\s*$", r"only \3 may reach \1 \2"),
    (rf"^do\s+not\s+let\s+(?:{P}|anything|anyone)\s+(?:except(?:\s+for)?|but|other\s+than"
     rf"|apart\s+from)\s+({PL})\s+(?:into|reach|access|(?:get\s+|talk\s+|connect\s+)?to)\s+"
     rf"({P}{ON}?)\s*$",
     r"only \1 may reach \2"),
    # `a -> b is fine`
    (rf"^({PL}\s+may\s+reach\s+{PL}{ON}?(?:\s+and\s+{PL}\s+may\s+reach\s+{PL}{ON}?)?)\s+(?:(?:is"
     rf"|are)\s+{_FINE}|allowed|permitted|ok(?:ay)?"
     r"|(?:must|should|has\s+to|have\s+to)\s+(?:keep\s+)?work(?:ing)?|(?:is|are)\s+needed)\b",
     r"\1"),
    # The only thing that a may reach is b.
    (rf"(?:the\s+)?(?:only|sole)\s+{_THING}\s+(?:(?:that|which|who|whom)\s+)?({PL})\s+{MAY}\s+"
     rf"{VERB}({ON}?)\s+(?:is|are|be|should\s+be|must\s+be|shall\s+be)\s+({PL})",
     r"\1 may reach only \3\2"),
    (rf"({PL})\s+(?:is|are|be|shall\s+be|should\s+be|must\s+be|remains?)\s+the\s+(?:only|sole)\s+"
     rf"{_THING}\s+(?:(?:that|which|who|whom)\s+)?({PL})\s+{MAY}\s+{VERB}({ON}?){BREAK}",
     r"\2 may reach only \1\3"),
    (rf"(?:all|what)\s+(?:that\s+)?({PL})\s+{MAY}\s+{VERB}\s+(?:is|are)\s+(?:only\s+)?({PL})",
     r"\1 may reach only \2"),
    (rf"\bit\s+is\s+only\s+({PL})\s+(?:that|who|which)\s+(?={MAY})", r"only \1 "),
    (rf"({PL}),?\s+and\s+(?:nothing|nobody|no\s+one)\s+else,?\s+(?={MAY}\s+(?!be\s+(?:reach"
     r"|call|acc|cont)))",
     r"only \1 "),
    # A direction that there shall be nothing of.
    (rf"({PL})\s+(?:{MAY}\s+(?:not|never)\s+(?:have|get|need)\s+(?:any\s+)?"
     rf"|(?:has|have|gets?|needs?|{MAY}\s+have|(?:is|are)\s+to\s+have|does\s+not\s+need"
     r"|do\s+not\s+need)"
     rf"\s+(?:no|any|deny)\s+){_EGRESS}(?:\s+(?:at\s+all|whatsoever))?{BREAK}",
      r"\1 may reach nothing"),
    (rf"({PL})\s+(?:{MAY}\s+(?:not|never)\s+(?:have|get|need)\s+(?:any\s+)?"
     rf"|(?:has|have|gets?|needs?|{MAY}\s+have|(?:is|are)\s+to\s+have|does\s+not\s+need"
     r"|do\s+not\s+need)"
     rf"\s+(?:no|any|deny)\s+){_INGRESS}(?:\s+(?:at\s+all|whatsoever))?{BREAK}",
      r"nothing may reach \1"),
    (rf"^({P})\s*:\s*no\s+(?:network\s+)?(?:access|connections?|connectivity|traffic|calls"
     r"|route)\s+to"
     rf"\s+({PL})(?:\s+(?:at\s+all|whatsoever))?", r"\1 may not reach \2"),
    (r"^no\s+(?:network\s+)?(?:access|connections?|connectivity|traffic|calls|route)\s+for\s+"
     rf"({PL})\s+to"
     rf"\s+({PL})", r"\1 may not reach \2"),
    # `a may reach b, the reverse is forbidden`
    (rf"({PL})\s+({MAY})\s+({VERB})\s+({PL})({ON}?)(\s*,|\s+and|,\s*and|,?\s*but|,\s*while|;"
     r"|\.)\s+"
     r"(?:the\s+(?:reverse|opposite|other\s+direction|inverse)(?:\s+direction)?"
     r"|the\s+other\s+way\s+a?round"
     rf"|the\s+way\s+back|the\s+return\s+direction|in\s+the\s+other\s+direction\s+nothing)\s+"
     rf"(?:is|must\s+be|should\s+be|shall\s+be|has\s+to\s+be|are|must|should)\s+{_CLOSED}{BREAK}",
     r"\1 may reach \4\5, and \4 may not reach \1"),
    (rf"({PL})\s+({MAY})\s+({VERB})\s+({PL})({ON}?),?\s+(?:but\s+|and\s+)?(?:not\s+"
     r"(?:vice[\s-]versa"
     r"|the\s+other\s+way\s+a?round|the\s+reverse|back)|never\s+(?:vice[\s-]versa"
     rf"|the\s+other\s+way\s+a?round)){BREAK}",
     r"\1 may reach \4\5, and \4 may not reach \1"),
    # Who goes on working for whom.
    (rf"({PL})\s+(?:(?:must|should|shall|has\s+to|have\s+to)\s+)?(?:keeps?|stays?|remains?"
     r"|continues?\s+to"
     r"\s+be|continues?\s+to)\s+(?:working|work|reachable|available|accessible|usable|open)\s+"
     r"(?:for|from|to)\s+"
     rf"({PL})", r"\2 may reach \1"),
    # Metrics are fetched by whoever scrapes.
    (r"\b(scrap(?:e|es|ing)|collect(?:s|ing)?|pull(?:s|ing)?|fetch(?:es|ing)?|read(?:s|ing)?)\s+"
     r"(?:the\s+|its\s+"
     rf"|their\s+)?(?:prometheus\s+)?metrics\s+(?:endpoints?\s+)?(?:(?:from|of|on)\s+(?={P})|"
     rf"(?=<T\d+>\s+(?:from|of|on)\s+{P}))",
     r"scrape "),
    # Reasons that tell of an end, before what is asked for it.
    (rf"^({P})\s+(?:is|are|was|were|has|have|holds?|stores?|contains?|handles?|runs?|serves?"
     r"|processes"
     rf"|process|belongs?)(?:\s+(?:to\s+)?{_PLAIN_WORD}){{1,9}}{SO}\s+", r"\1: "),
    # Defence in depth that is asked for of an end.
    (r"\b(defen[cs]e\s+in\s+depth|layered\s+(?:policy|policies|defen[cs]e|protection))\s+(?:for"
     r"|on|around|of|to)"
     rf"\s+({P})\s*[:,]\s*", r"\1. \2: "),
    (r"\bwith\s+(?:an?\s+|the\s+)?exceptions?\s+(?:for|of|being)\b", "except for"),
    (r"\b(?:its|their|an?)\s+own\s+(default[\s-]deny)", r"\1"),
)  # fmt: skip
REWORDINGS: Final = tuple(
    (re.compile(pattern, re.I), replacement) for pattern, replacement in _ANY_REWORDINGS
)
