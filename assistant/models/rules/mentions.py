"""The things that a question names: workloads, namespaces, addresses, "anyone"."""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from assistant.models.rules.frame import Ref
from assistant.models.rules.lexicon import COMMON, FORWARD, KIND_NOUNS
from assistant.models.rules.vocabulary import EXACT, PART, TYPO, Entry, Hit, Vocabulary
from assistant.models.rules.words import singular, word_set

__all__ = ["Mention", "find_mentions", "name_of", "narrow"]

_TOKEN = re.compile(r"[A-Za-z0-9_](?:[\w.:/=@-]*[\w*])?|\S")
_ADDRESS = re.compile(
    r"\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?|[0-9a-f]*:[0-9a-f:]+(?:/\d{1,3})?", re.I
)
_DNS = re.compile(r"(?:[a-z0-9*](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}", re.I)
_CLUSTER_DNS = re.compile(r"([a-z0-9-]+)\.([a-z0-9-]+)(?:\.svc(?:\.cluster\.local)?)\.?", re.I)
_WORLD = re.compile(
    r"(?:(?:anyone|anybody|someone|everyone|everybody|anything|people|hosts?|clients?|"
    r"users?|machines?|"
    r"(?:external|outside|public)\s+(?:traffic|users?|clients?|hosts?|world|parties|people|"
    r"access))\s+(?:(?:on|from|in|at|out on|out there on)\s+)?)?"
    r"(?:the\s+)?(?:public\s+|open\s+|whole\s+|entire\s+|wider\s+)?"
    r"(?:internet|world wide web|outside world|outer world|outside(?:\s+(?:of\s+)?the\s+cluster)?|"
    r"external\s+(?:world|networks?|clients?|users?|traffic|hosts?|sources?)|world)\b",
    re.I,
)
_NODE = re.compile(
    r"(?:the\s+|its\s+|a\s+|any\s+)?(?:local\s+|own\s+)?(?:host|node)(?:\s+(?:itself|it "
    r"runs on))\b|\bits\s+(?:own\s+)?(?:host|node)\b",
    re.I,
)
_API_SERVER = re.compile(
    r"(?:the\s+)?(?:kube[- ]?api[- ]?server|kubernetes\s+api(?:\s+server)?|"
    r"k8s\s+api(?:\s+server)?|api\s+server)\b",
    re.I,
)
_REMOTE = re.compile(r"(?:other|remote|all|the)\s+nodes?\b|remote-node", re.I)
_ANY = re.compile(
    r"\b(?:which|what|how many|any|all|every|other|some|no|each|each of the)\s+(?:(?:one|of "
    r"the|of our|of my|of these|of all|our|my|the|"
    r"other|kind of|sort of)\s+)*"
    r"(?:\w+\s+)?(?:pods?|workloads?|services?|apps?|applications?|deployments?|components?|"
    r"clients?|callers?|"
    r"peers?|things?|microservices?|containers?|sources?|destinations?|targets?|systems?|"
    r"processes|machines?|"
    r"other pods?|namespaces?|else|stuff|places?|endpoints?|backends?|resources?|hosts?|"
    r"databases?)\b"
    r"(?!\s+(?:does|do)\b.{0,40}\b(?:have|use|listen|expose|select)\b)"
    r"|\bwhat(?=\s+(?:in|inside|within)\s+(?!the\s+(?:world|way)|general|common))"
    r"|\b(?:anyone|anybody|anything|everyone|everybody|everything|everywhere|anywhere|"
    r"someone|something|somebody|"
    r"nobody|nothing|no one|no-one|none|who|whom|who else|others|all of them|"
    r"(?:the\s+)?rest of the cluster|"
    r"(?:the\s+)?(?:whole|entire)\s+cluster)\b"
    r"(?:\s+else)?(?:\s+in\s+(?:the|this)\s+(?:whole\s+)?cluster)?"
    r"(?:(?<!who)(?<!whom)\s+(?:who|that|which)\b)?",
    re.I,
)
_PREFIXES = {
    "svc": "service", "service": "service", "deploy": "workload", "deployment": "workload",
    "pod": "workload", "statefulset": "workload", "sts": "workload", "daemonset": "workload",
    "ds": "workload", "ns": "namespace", "namespace": "namespace", "workload": "workload",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A stretch of the text and what it names."""

    start: int
    end: int
    ref: Ref
    entries: tuple[Entry, ...] = ()
    score: float = 1.0
    noun: str = ""
    """The kind of thing it was called: `service`, `namespace`, `database`, ..."""
    namespace: str = ""
    """The namespace that a qualifier named."""


def find_mentions(text: str, vocabulary: Vocabulary) -> tuple[Mention, ...]:
    """Return what the text names, in order, none overlapping another.

    Args:
        text: Normalised, with ports and requests lifted out.
        vocabulary: The names of the workspace.
    """
    found = _find_addresses(text, vocabulary)
    found = _add(found, _find_names(text, vocabulary, _gaps(text, found)))
    for pattern, name in ((_WORLD, "world"), (_API_SERVER, "kube-apiserver"), (_NODE, "host"),
                          (_REMOTE, "remote-node")):  # fmt: skip
        found = _add(found, _find_entities(text, pattern, name))
    found = _add(
        found,
        (
            Mention(start=m.start(), end=m.end(), ref=Ref(text=m[0], kind="any"))
            for m in _ANY.finditer(text)
        ),
    )
    return tuple(sorted(found, key=lambda mention: mention.start))


def _add(found: list[Mention], more: Iterable[Mention]) -> list[Mention]:
    result = list(found)
    for mention in more:
        overlapping = [
            other for other in result if mention.start < other.end and other.start < mention.end
        ]
        if not overlapping:
            result.append(mention)
        elif all(_yields(other, mention) for other in overlapping):
            result = [other for other in result if other not in overlapping] + [mention]
    return result


def _yields(other: Mention, mention: Mention) -> bool:
    """Return whether a found name gives way to a longer phrase that contains it."""
    return (
        mention.ref.kind == "entity"
        and other.score < EXACT
        and mention.start <= other.start
        and mention.end >= other.end
        and mention.end - mention.start > other.end - other.start
    )


def _find_entities(text: str, pattern: re.Pattern[str], name: str) -> list[Mention]:
    return [
        Mention(start=m.start(), end=m.end(), ref=Ref(text=m[0], names=(name,), kind="entity"))
        for m in pattern.finditer(text)
        if m[0].strip()
    ]


def _find_addresses(text: str, vocabulary: Vocabulary) -> list[Mention]:
    found = []
    for match in re.finditer(r"(?<![\w./:-])[\w*:][\w.:/*-]*[\w]", text):
        word = match[0]
        ref = _read_address(word, vocabulary)
        if ref:
            found.append(Mention(start=match.start(), end=match.end(), ref=ref))
    return found


def _read_address(word: str, vocabulary: Vocabulary) -> Ref | None:
    if _ADDRESS.fullmatch(word):
        try:
            ipaddress.ip_network(word, strict=False)
        except ValueError:
            return Ref(text=word, kind="unknown")
        return Ref(text=word, names=(word,), kind="address")
    if match := _CLUSTER_DNS.fullmatch(word):
        return Ref(text=word, names=(f"service:{match[2]}/{match[1]}",), kind="service")
    if _DNS.fullmatch(word) and not re.search(r"\.(?:ya?ml|json|md|txt)$", word, re.I):
        first, _, rest = word.partition(".")
        if rest in vocabulary.namespaces:
            return Ref(text=word, names=(f"service:{rest}/{first}",), kind="service")
        if (hit := vocabulary.find(word, fuzzy=False)) and hit.score == EXACT:
            return None
        return Ref(text=word, names=(word.lower(),), kind="dns")
    return None


def _gaps(text: str, found: list[Mention]) -> str:
    """Return the text with what was found blanked out, so that offsets stay."""
    for mention in found:
        blank = "\x00" * (mention.end - mention.start)
        text = text[: mention.start] + blank + text[mention.end :]
    return text


def _find_names(text: str, vocabulary: Vocabulary, masked: str) -> list[Mention]:
    tokens = [match for match in _TOKEN.finditer(masked) if "\x00" not in match[0]]
    found: list[Mention] = []
    index = 0
    while index < len(tokens):
        mention, used = _match_at(text, tokens, index, vocabulary)
        if mention:
            found.append(mention)
        index += used
    return found


def _match_at(
    text: str, tokens: list[re.Match[str]], index: int, vocabulary: Vocabulary
) -> tuple[Mention | None, int]:
    """Return the best name that starts at a token, and how many tokens it takes."""
    word = tokens[index][0]
    path = re.search(r"[/:=]", word) and _match_path(text, tokens[index], vocabulary)
    if path:
        return path, 1
    best: tuple[Hit, int] | None = None
    for width in range(min(4, len(tokens) - index), 0, -1):
        window = tokens[index : index + width]
        hit = _match_window(window, tokens, index, vocabulary)
        if hit and (best is None or hit.score > best[0].score):
            best = (hit, width)
    if not best:
        return None, 1
    hit, width = best
    start, end = tokens[index].start(), tokens[index + width - 1].end()
    ref = replace(
        _ref_of(text[start:end], hit.entries), guessed=hit.score < PART or hit.score == TYPO
    )
    return Mention(start=start, end=end, ref=ref, entries=hit.entries, score=hit.score), width


def _match_window(
    window: list[re.Match[str]], tokens: list[re.Match[str]], index: int, vocabulary: Vocabulary
) -> Hit | None:
    words = [token[0].lower() for token in window]
    if not all(re.match(r"\w", word) for word in words):
        return None
    if len(words) > 1 and (len(words[0]) == 1 or len(words[-1]) == 1):
        return None
    if len(words) > 1 and (_is_function(words[0]) or _is_function(words[-1])):
        hit = vocabulary.find(" ".join(words), fuzzy=False)
        # "declarations in customs" is not the policy `declarations-in`.
        whole = hit and any(entry.kind != "policy" for entry in hit.entries)
        return hit if hit and hit.score == EXACT and whole and len(words) < 4 else None
    everyday = all(word in COMMON for word in words)
    if len(words) == 1 and re.fullmatch(FORWARD, words[0]):
        # A verb of connecting is a name only where it is spelt like one: "to scrape" is none.
        hit = vocabulary.find(words[0], fuzzy=False)
        if hit and hit.score >= PART and index and tokens[index - 1][0].lower() in _ARTICLES:
            return hit
        return hit if hit and hit.score == EXACT and _is_named(hit, words, tokens, index) else None
    hit = vocabulary.find(" ".join(words), fuzzy=len(words) <= 2 and not everyday)
    if not hit:
        return None
    if len(words) > 1 and hit.score in (TYPO,) and words[-1] in KIND_NOUNS:
        return None
    if everyday and not _is_named(hit, words, tokens, index):
        return None
    if all(entry.kind == "policy" for entry in hit.entries) and not _is_policy(hit, words, tokens):
        return None
    return hit


def _is_function(word: str) -> bool:
    return word in COMMON and word not in KIND_NOUNS and word not in _NAMELIKE


_NAMELIKE = word_set(
    "client server test world policy network order orders host default user users team external "
    "public internal node app service gateway ingress egress cache api db database name query "
    "message messages access security mesh local remote first"
)
_ARTICLES = word_set("the our my")
_NOT_BEFORE = word_set("you we i they he she who let us please")
_NOT_AFTER = word_set(
    "me us a an the my our your it them him her up whether if that this these those whatever what "
    "how why is-it connectivity reachability"
)
"""Words that make a verb of the everyday word before them ("order me", "test whether")."""


def _is_named(hit: Hit, words: list[str], tokens: list[re.Match[str]], index: int) -> bool:
    """Return whether everyday words stand where a name stands, and are spelt like it."""
    concept = hit.score < PART
    if concept:
        return True
    if hit.score < EXACT and len(words) == 1 and words[0] in KIND_NOUNS:
        return False
    if hit.score < EXACT and not any(word in _NAMELIKE for word in words):
        return len(words) > 1 and hit.score > PART
    before = tokens[index - 1][0].lower() if index else ""
    after = tokens[index + len(words)][0].lower() if index + len(words) < len(tokens) else ""
    if all(entry.kind == "namespace" for entry in hit.entries):
        return before in ("in", "namespace", "ns", "from", "inside", "within") or after in (
            "namespace", "ns",
        )  # fmt: skip
    if words[0] in ("world", "default", "policy", "network") and len(words) == 1:
        return False
    return before not in _NOT_BEFORE and after not in _NOT_AFTER


def _is_policy(hit: Hit, words: list[str], tokens: list[re.Match[str]]) -> bool:
    """Return whether a policy is meant: its name in full, or a word that says so."""
    if hit.score == EXACT and len(words) == 1 and "-" in words[0]:
        return True
    said = {token[0].lower() for token in tokens}
    if {KIND_NOUNS.get(word) for word in said} & {"policy"}:
        return hit.score >= TYPO
    return hit.score == EXACT and tokens[0][0].lower() in (
        "explain",
        "describe",
        "show",
        "inspect",
        "what",
    )


def _match_path(text: str, token: re.Match[str], vocabulary: Vocabulary) -> Mention | None:
    """Read `ns/name`, `service:ns/name`, `deploy/name` or a label `app=web`."""
    word = token[0].rstrip(".,:;")
    end = token.start() + len(word)
    if "=" in word:
        key, _, value = word.partition("=")
        entries = tuple(
            Entry("workload", workload.namespace, workload.name)
            for workload in vocabulary.cluster.workloads
            if workload.labels.get(key) == value
        )
        ref = _ref_of(word, entries) if entries else Ref(text=word, kind="unknown")
        return Mention(start=token.start(), end=end, ref=ref, entries=entries)
    head, colon, rest = word.partition(":")
    noun = ""
    if colon and head.lower() in _PREFIXES:
        noun, word = _PREFIXES[head.lower()], rest
    elif colon:
        return None
    parts = word.split("/")
    if len(parts) == 3 and parts[1].lower() in _PREFIXES:
        noun, parts = _PREFIXES[parts[1].lower()], [parts[0], parts[2]]
    elif (
        len(parts) == 2 and parts[0].lower() in _PREFIXES and parts[0] not in vocabulary.namespaces
    ):
        noun, parts = _PREFIXES[parts[0].lower()], [parts[1]]
    hit = vocabulary.find(parts[-1])
    entries = hit.entries if hit else ()
    if noun == "namespace":
        entries = tuple(entry for entry in entries if entry.kind == "namespace")
    written = text[token.start() : end]
    if len(parts) == 2:
        return _match_qualified(token.start(), end, written, parts, entries, vocabulary, noun)
    if not entries and not noun:
        return None
    ref = _ref_of(written, entries) if entries else Ref(text=parts[-1], kind="unknown")
    return Mention(start=token.start(), end=end, ref=ref, entries=entries, noun=noun)


def _match_qualified(
    start: int,
    end: int,
    written: str,
    parts: list[str],
    entries: tuple[Entry, ...],
    vocabulary: Vocabulary,
    noun: str,
) -> Mention | None:
    spaces = vocabulary.find(parts[0])
    known = [entry.name for entry in spaces.entries if entry.kind == "namespace"] if spaces else []
    inside = tuple(entry for entry in entries if entry.namespace in known)
    if not known and not entries and any(_is_everyday(part) for part in parts):
        # "ECONNREFUSED/timeouts", "and/or": alternatives, not a name in a namespace.
        return None
    if not inside:
        near = tuple(entry.full_name for entry in entries[:3]) or vocabulary.nearest(parts[-1])
        ref = Ref(text=written, kind="unknown", near=near)
        return Mention(start=start, end=end, ref=ref)
    ref = _ref_of(written, inside)
    return Mention(
        start=start, end=end, ref=ref, entries=inside, noun=noun, namespace=inside[0].namespace
    )


def _is_everyday(word: str) -> bool:
    return not word or word.lower() in COMMON or singular(word.lower()) in COMMON


def _ref_of(text: str, entries: tuple[Entry, ...]) -> Ref:
    return Ref(
        text=text,
        names=tuple(dict.fromkeys(name_of(entry) for entry in entries)),
        kind=entries[0].kind if entries else "unknown",
    )


def name_of(entry: Entry) -> str:
    """Return the name that tools take for an entry."""
    if entry.kind == "service":
        return f"service:{entry.full_name}"
    return entry.full_name


def narrow(mention: Mention, entries: tuple[Entry, ...]) -> Mention:
    """Return the mention with fewer entries."""
    ref = replace(_ref_of(mention.ref.text, entries), guessed=mention.ref.guessed)
    return replace(mention, entries=entries, ref=ref)
