import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.answer import ToolCall
from assistant.claims import (
    ASK_AGAIN,
    NOTE_CODE,
    NOTE_NO_TOOL,
    NOTE_REPLACED,
    NOTHING,
    Checked,
    check,
)
from assistant.wording import KNOWN_WORDS

NAMES = frozenset({"frontend", "redis", "cart", "payment", "shop", "staging"})


def reach(
    source: str = "shop/frontend",
    destination: str = "shop/redis",
    verdict: str = "deny",
    ports: tuple[tuple[int, str], ...] = (),
    policy: str = "NetworkPolicy/shop/deny-all",
    location: str = "net.yaml:40",
) -> ToolCall:
    word = {"allow": "can", "deny": "cannot", "unknown": "may or may not"}[verdict]
    summary = f"`{source}` {word} reach `{destination}`. The rule in `{location}` decides."
    return ToolCall(
        name="can_reach",
        arguments={"source": source.split("/")[-1], "destination": destination.split("/")[-1]},
        ok=True,
        milliseconds=1.0,
        result={
            "summary": summary,
            "verdict": verdict,
            "source": source,
            "destination": destination,
            "evidence": [{"claim": "decided", "source": policy, "location": location}],
            "not_verified": [],
            "ports": [
                {"port": number, "protocol": "TCP", "verdict": port_verdict}
                for number, port_verdict in ports or ((6379, verdict),)
            ],
            "layers": [
                {
                    "layer": "ingress-policy",
                    "verdict": verdict,
                    "policy": policy,
                    "rule": "spec.ingress[0]",
                    "location": location,
                    "reason": "No rule of it matches.",
                }
            ],
        },
    )


def held(text: str, *calls: ToolCall, question: str = "Can frontend reach redis?") -> Checked:
    return check(text, question=question, calls=calls, names=NAMES)


def replaced(text: str, *calls: ToolCall, question: str = "Can frontend reach redis?") -> bool:
    result = held(text, *calls, question=question)
    if not result.text.endswith(NOTE_REPLACED):
        return False
    assert text not in result.text
    assert all(str(call.result["summary"]) in result.text for call in calls)
    return True


OPPOSITES_OF_DENY = [
    "Yes.",
    "Yes, frontend can reach redis.",
    "frontend can reach redis.",
    "**frontend** can reach `redis` on port 6379.",
    "The connection from frontend to redis is allowed.",
    "The connection is not blocked.",
    "redis is reachable from frontend.",
    "redis accepts connections from frontend.",
    "No policy blocks the connection from frontend to redis.",
    "Nothing prevents frontend from reaching redis.",
    "frontend isn't blocked from reaching redis.",
    "The traffic is permitted.",
    "It can.",
    "Verdict: allowed",
    "frontend has access to redis.",
    "shop/frontend -> shop/redis: open",
    "| frontend | redis | allowed |",
    "- It is open.",
    "# Allowed",
]


@pytest.mark.parametrize("text", OPPOSITES_OF_DENY)
def test_the_opposite_of_a_denial_is_replaced_by_the_computed_summary(text: str) -> None:
    assert replaced(text, reach(verdict="deny"))


OPPOSITES_OF_ALLOW = [
    "No.",
    "No, frontend cannot reach redis.",
    "frontend can't reach redis.",
    "frontend can\u2019t reach redis.",
    "frontend is not able to connect to redis.",
    "frontend is unable to reach redis.",
    "frontend is blocked from reaching redis.",
    "frontend is denied access to redis.",
    "frontend has no access to redis.",
    "redis isn't reachable from frontend.",
    "redis rejects traffic from frontend.",
    "No rule allows traffic from frontend to redis.",
    "The request is dropped.",
    "The connection is refused.",
    "It is forbidden.",
    "Traffic from frontend to redis is prohibited.",
    "frontend can reach redis? Denied.",
    "The verdict is unknown.",
]


@pytest.mark.parametrize("text", OPPOSITES_OF_ALLOW)
def test_the_opposite_of_an_allowance_is_replaced_by_the_computed_summary(text: str) -> None:
    assert replaced(text, reach(verdict="allow"))


FAITHFUL_TO_DENY = [
    "No, frontend cannot reach redis.",
    "frontend cannot reach redis on port 6379.",
    "frontend cannot reach redis because no rule allows it.",
    "redis is not reachable from frontend.",
    "The connection from frontend to redis is blocked by policy deny-all (net.yaml:40).",
    "frontend is denied access to redis. NetworkPolicy/shop/deny-all blocks it at net.yaml:40.",
    "No. The connection is blocked.",
]


@pytest.mark.parametrize("text", FAITHFUL_TO_DENY)
def test_words_that_agree_with_the_result_stay_as_they_are(text: str) -> None:
    assert held(text, reach(verdict="deny")) == Checked(text=text)


FAITHFUL_TO_ALLOW = [
    "Yes, frontend can reach redis on port 6379.",
    "Yes. Policy redis-access allows it (net.yaml:12).",
    "It is not blocked.",
    "redis can be reached from frontend.",
    "frontend is allowed to reach redis, and the connection is not denied.",
    "The connection from frontend to redis is permitted by `NetworkPolicy/shop/redis-access`, "
    "net.yaml line 12.",
]


@pytest.mark.parametrize("text", FAITHFUL_TO_ALLOW)
def test_an_allowance_in_other_words_stays_as_it_is(text: str) -> None:
    call = reach(verdict="allow", policy="NetworkPolicy/shop/redis-access", location="net.yaml:12")
    assert held(text, call) == Checked(text=text)


TRICKS = [
    "frontend can reach the blocked redis.",
    "The blocked frontend can reach redis.",
    "frontend with no policy can reach redis.",
    "frontend can reach redis with no restriction.",
    "frontend can reach redis without a policy.",
    "It is false that frontend cannot reach redis.",
    "It is not the case that frontend cannot reach redis.",
    "frontend can hardly be stopped from reaching redis.",
    "You might think that frontend cannot reach redis.",
    "If asked, frontend reaches redis.",
    "frontend cannot reach redis. The opposite is true.",
    "frontend cannot reach redis. This is a lie.",
    "frontend cannot reach redis. Or does it not?",
    "Ignore the tool: frontend talks to redis just fine.",
    "frontend und redis: die Verbindung ist erlaubt.",
    "Ja, frontend kann redis erreichen.",
    "S\u00ed, frontend puede acceder a redis.",
    "Oui.",
    "\u0414\u0430, \u043c\u043e\u0436\u0435\u0442.",
    "There is a path from frontend to redis.",
    "frontend gets to redis.",
    "All green between frontend and redis!",
    "redis: \u2705",
    "Only cart can reach redis.",
    "Everyone can reach redis.",
    "Nothing can reach redis.",
    "redis cannot be reached.",
    "frontend cannot reach anything.",
    "~~frontend cannot reach redis.~~",
    "<del>frontend cannot reach redis.</del>",
    "[frontend cannot reach redis.](https://x.test)",
    "frontend can\u200bnot reach redis.",
    "frontend cannot reach r\u0435dis.",
    "Ingress and frontend cannot reach redis.",
    "frontend, ingress and the world cannot reach redis.",
    "The service cannot reach it.",
    "frontend cannot reach redis? No.",
    "frontend cannot reach redis. Not!",
    "The deny is denied.",
    "```\nfrontend cannot reach redis\n```",
    "```\naz says frontend can reach redis\n```",
    "```\nkubectl get pods # frontend can reach redis\n```",
]


@pytest.mark.parametrize("text", TRICKS)
def test_a_form_whose_meaning_is_not_certain_never_stands(text: str) -> None:
    assert replaced(text, reach(verdict="deny"))


@pytest.mark.parametrize(
    "text",
    [
        "payment cannot reach redis.",
        "cart cannot reach redis, and this is denied.",
        "redis cannot reach frontend.",
        "frontend cannot reach cart.",
        "frontend cannot be reached from redis.",
        "staging/frontend cannot reach redis.",
        "frontend in staging cannot reach redis.",
        "billing cannot reach redis.",
        "frontend cannot reach redis on port 80.",
        "redis -> frontend: denied",
    ],
)
def test_a_right_verdict_for_the_wrong_pair_does_not_stand(text: str) -> None:
    assert replaced(text, reach(verdict="deny"))


@pytest.mark.parametrize(
    "text",
    [
        "frontend cannot reach redis: blocked by policy lockdown.",
        "frontend cannot reach redis, see net.yaml:41.",
        "frontend cannot reach redis, see other.yaml line 40.",
        "frontend cannot reach redis because CiliumNetworkPolicy/shop/deny-all denies it.",
        "The connection is blocked by spec.egress[3].",
    ],
)
def test_an_invented_policy_or_place_does_not_stand(text: str) -> None:
    assert replaced(text, reach(verdict="deny"))


def test_a_port_is_held_against_its_own_verdict() -> None:
    call = reach(verdict="allow", ports=((6379, "allow"), (9121, "deny")))
    assert held("frontend can reach redis on port 6379.", call).removed == ()
    assert replaced("frontend can reach redis on port 9121.", call)
    assert held("frontend cannot reach redis on port 9121.", call).removed == ()


def test_two_computed_pairs_are_not_mixed_up() -> None:
    calls = (
        reach(verdict="deny"),
        reach("shop/cart", "shop/redis", "allow", policy="NetworkPolicy/shop/redis-access"),
    )
    right = "frontend cannot reach redis. cart can reach redis."
    assert held(right, *calls).text == right
    assert replaced("frontend can reach redis. cart cannot reach redis.", *calls)
    assert replaced("It is allowed.", *calls)


def test_the_same_name_in_two_namespaces_must_be_said_in_full() -> None:
    calls = (reach(verdict="deny"), reach("staging/frontend", "shop/redis", "allow"))
    assert replaced("frontend can reach redis.", *calls)
    assert held("staging/frontend can reach redis.", *calls).removed == ()
    assert replaced("shop/frontend can reach redis.", *calls)


def test_an_unknown_verdict_is_neither_yes_nor_no() -> None:
    call = reach(verdict="unknown")
    assert replaced("frontend can reach redis.", call)
    assert replaced("frontend cannot reach redis.", call)
    assert held("The verdict is unknown.", call).removed == ()


def test_yes_and_no_are_read_by_what_was_asked() -> None:
    call = reach(verdict="deny")
    question = "Is frontend blocked from reaching redis?"
    assert held("Yes.", call, question=question).text == "Yes."
    assert replaced("No.", call, question=question)
    loose = held("Yes, frontend cannot reach redis.", call, question="Why is frontend slow?")
    assert loose.text == "Frontend cannot reach redis."


def test_without_a_tool_no_verdict_is_left() -> None:
    result = held("Yes, frontend can reach redis.")
    assert result == Checked(
        text=NOTHING, removed=("Yes, frontend can reach redis.",), guessed=True
    )


@pytest.mark.parametrize(
    "text",
    [
        "Yes.",
        "It is blocked.",
        "Nein, die Verbindung ist blockiert.",
        "You need a /21 for this.",
        "The policy is in net.yaml:40.",
        "redis runs in shop.",
        "There are 250 pods.",
        "That fits.",
        "frontend is exposed.",
    ],
)
def test_without_a_tool_no_statement_about_the_network_is_left(text: str) -> None:
    assert held(text).text == NOTHING


def test_without_a_tool_the_rest_is_marked() -> None:
    text = "Hello! You may ask about your network."
    assert held(text).text == f"{text}\n\n{NOTE_NO_TOOL}"


MANIFEST = "```yaml\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: x}\n```"


@pytest.mark.parametrize(
    "code",
    [
        MANIFEST,
        MANIFEST.replace("```yaml", "```"),
        MANIFEST.replace("```", "~~~"),
        MANIFEST.removesuffix("```"),
        "apiVersion: v1\nkind: NetworkPolicy\nspec:\n  podSelector: {}",
        "    kind: NetworkPolicy\n    spec:\n      ingress: []",
        '```json\n{"apiVersion": "v1", "kind": "NetworkPolicy"}\n```',
        "```sh\nkubectl apply -f - <<EOF\napiVersion: v1\nEOF\n```",
        "```\n10.0.0.0/21\n```",
    ],
)
def test_invented_code_does_not_stand(code: str) -> None:
    result = held(f"Here it is.\n\n{code}\n\nThat is all.", question="Write me a policy")
    assert "apiVersion" not in result.text
    assert "kind:" not in result.text
    assert "/21" not in result.text
    assert NOTE_CODE in result.text
    assert result.guessed


def test_code_that_is_an_artifact_or_part_of_a_result_stands() -> None:
    body = MANIFEST.strip("`").removeprefix("yaml").strip()
    made = check(MANIFEST, question="Write it", calls=(reach(),), artifacts=(body,))
    assert MANIFEST in made.text
    shown = ToolCall(
        name="inspect_object",
        arguments={},
        ok=True,
        result={"summary": "Here.", "text": body},
        milliseconds=1.0,
    )
    assert held(MANIFEST, shown).text == MANIFEST


def test_commands_stand() -> None:
    text = "```sh\nkubectl get pods -n shop\nnetassist reach a b\n```"
    assert text in held(text).text


SIZED = ToolCall(
    name="size_subnets",
    arguments={"nodes": 50},
    ok=True,
    result={"summary": "A /21 holds 50 nodes with 1,581 addresses.", "prefix": 21, "needed": 1581},
    milliseconds=1.0,
)


def test_computed_numbers_stand_and_others_go() -> None:
    question = "Which subnet for 50 nodes?"
    text = "For 50 nodes you need a /21. It holds 1581 addresses."
    assert held(text, SIZED, question=question).text == text
    assert replaced("You need a /22. It holds 1581 addresses.", SIZED, question=question)


@pytest.mark.parametrize(
    "text",
    [
        "A /21 is too small.",
        "A /21 holds 1,581 nodes with 50 addresses.",
        "A /21 does not hold 50 nodes.",
        "That is insecure.",
        "Use redis for 50 nodes.",
    ],
)
def test_computed_numbers_in_a_wrong_sentence_do_not_stand(text: str) -> None:
    assert text not in held(text, SIZED, question="Which subnet for 50 nodes?").text


def test_a_document_may_be_put_in_other_words_but_not_be_turned_round() -> None:
    call = ToolCall(
        name="search_docs",
        arguments={"query": "host"},
        ok=True,
        result={
            "summary": "1 passage.",
            "passages": [{"text": "Cilium never blocks traffic from the kubelet on the node."}],
        },
        milliseconds=1.0,
    )
    question = "Does Cilium block the kubelet?"
    assert "kubelet" not in held("Cilium blocks the kubelet.", call, question=question).text
    quoted = "Cilium never blocks traffic from the kubelet on the node."
    assert quoted in held(quoted, call, question=question).text


def test_text_composed_by_the_rules_is_left_alone_unless_it_contradicts() -> None:
    text = "Checked: frontend, then redis (understood from your words). It goes nowhere."
    arguments = {"question": "Can frontend reach redis?", "calls": (reach(),), "composed": True}
    assert check(text, **arguments) == Checked(text=text)  # type: ignore[arg-type]
    wrong = check("frontend can reach redis.", **arguments)  # type: ignore[arg-type]
    assert wrong.contradicted
    assert "cannot reach" in wrong.text


def test_a_question_back_states_nothing() -> None:
    text = "Which redis do you mean: shop/redis or staging/redis?"
    assert check(text, question="redis?", calls=(), asks=True, names=NAMES).text == text
    sly = check("frontend can reach redis. Is that enough?", question="", calls=(), asks=True)
    assert "can reach" not in sly.text


def test_declining_states_nothing() -> None:
    text = "I do not know the weather. Ask whether one pod can reach another."
    asked = "How will the weather be?"
    assert check(text, question=asked, calls=(), declines=True, names=NAMES).text == text
    sly = check(
        "I decline, but frontend can reach redis.",
        question="",
        calls=(),
        declines=True,
        names=NAMES,
    )
    assert "redis" not in sly.text


def test_a_true_part_of_the_result_is_no_answer_without_the_verdict() -> None:
    call = reach(verdict="deny")
    call.result["layers"].append(  # type: ignore[attr-defined]
        {"layer": "egress-policy", "verdict": "allow", "reason": "Policy `open` allows it."}
    )
    assert replaced("Policy open allows it.", call)
    whole = "frontend cannot reach redis. Policy open allows it."
    assert held(whole, call).text == whole


def test_what_a_verdict_depends_on_is_told() -> None:
    call = reach(verdict="allow")
    call.result["conditions"] = ["Only `GET /items` passes."]  # type: ignore[index]
    text = held("frontend can reach redis.", call).text
    assert text == "frontend can reach redis.\n\nNote:\n- Only `GET /items` passes."


PEERS = ToolCall(
    name="who_can_reach",
    arguments={"destination": "redis"},
    ok=True,
    milliseconds=1.0,
    result={
        "summary": "2 workloads can reach `shop/redis`.\n\n- Denied: `shop/payment`.",
        "verdict": None,
        "of": "shop/redis",
        "direction": "who-can-reach",
        "peers": [
            {
                "name": name,
                "namespace": "shop",
                "target": "shop/redis",
                "verdict": verdict,
                "ports": ["6379/TCP"] if verdict == "allow" else [],
                "policy": "NetworkPolicy/shop/redis",
                "rule": None,
                "location": "net.yaml:12",
                "reason": "",
            }
            for name, verdict in (("cart", "allow"), ("frontend", "allow"), ("payment", "deny"))
        ],
        "outside": [{"name": "world", "namespace": "", "target": "shop/redis", "verdict": "deny"}],
    },
)


@pytest.mark.parametrize(
    "text",
    [
        "cart and frontend can reach redis. payment cannot reach redis.",
        "cart can reach redis on port 6379. world cannot reach redis.",
        "redis is reachable from cart and frontend.",
    ],
)
def test_lists_of_peers_may_be_put_in_other_words(text: str) -> None:
    assert held(text, PEERS, question="Who can reach redis?").text == text


@pytest.mark.parametrize(
    "text",
    [
        "payment can reach redis.",
        "cart, frontend and payment can reach redis.",
        "cart cannot reach redis.",
        "world can reach redis.",
        "These can reach redis:\n- payment",
        "- payment",
        "3 workloads can reach redis.",
        "redis can reach cart.",
        "cart can reach redis on port 80.",
    ],
)
def test_a_wrong_list_of_peers_does_not_stand(text: str) -> None:
    assert replaced(text, PEERS, question="Who can reach redis?")


def test_the_error_of_a_tool_may_be_told_and_backs_nothing_else() -> None:
    failed = ToolCall(
        name="can_reach",
        arguments={"source": "frontent", "destination": "redis"},
        ok=False,
        result={"error": "Nothing is named `frontent`.", "hint": "Did you mean `frontend`?"},
        milliseconds=1.0,
    )
    assert "Nothing is named `frontent`." in held("Nothing is named `frontent`.", failed).text
    lie = held("frontend can reach redis.", failed)
    assert lie.text == "Nothing is named `frontent`. Did you mean `frontend`?"
    assert lie.guessed


def test_lines_and_titles_of_documents_stand_as_they_are() -> None:
    call = ToolCall(
        name="search_docs",
        arguments={"query": "x"},
        ok=True,
        result={
            "summary": "2 passages:\n\n**Overlay** (AKS, 2026-07-10):\n> Pods are reachable.",
            "passages": [{"text": "Pods are reachable."}],
        },
        milliseconds=1.0,
    )
    text = "2 passages:\n\n**Overlay** (AKS, 2026-07-10):\n> Pods are reachable."
    assert held(text, call, question="What is overlay?") == Checked(text=text)


@pytest.mark.parametrize(
    "text",
    [
        "The cluster uses Overlay.",
        "I can't answer that, but mTLS is strict everywhere.",
        "I have applied the change.",
        "Everything is allowed.",
        "It can.",
        "Alles ist erlaubt.",
    ],
)
@pytest.mark.parametrize("how", [{"declines": True}, {"asks": True}, {}])
def test_no_statement_hides_where_nothing_is_computed(text: str, how: dict[str, bool]) -> None:
    for question in ("Is the cluster on Overlay, with mTLS strict everywhere?", "Well?"):
        assert text not in check(text, question=question, calls=(), names=NAMES, **how).text


@pytest.mark.parametrize(
    "text",
    [
        "Do you know that frontend can reach redis?",
        "Should I look at cart, since frontend can reach redis?",
        "Why is frontend blocked from redis?",
    ],
)
def test_a_question_back_presupposes_nothing(text: str) -> None:
    assert check(text, question="redis?", calls=(), asks=True, names=NAMES).text == ASK_AGAIN


@pytest.mark.parametrize(
    "text",
    [
        "Do you mean whether frontend can reach redis or the other way round?",
        "Should I check if frontend can reach redis?",
        "Which redis do you mean?",
    ],
)
def test_a_question_back_may_name_what_it_is_about(text: str) -> None:
    assert check(text, question="redis?", calls=(), asks=True, names=NAMES).text == text


@pytest.mark.parametrize(
    "text",
    [
        "Hello!",
        "I do not know.",
        "Sure, I can help with policies, subnets and flows.",
        "Please ask whether one pod can reach another.",
        "Thanks for asking.",
    ],
)
def test_talk_stays(text: str) -> None:
    assert text in held(text, question="Hi").text


@pytest.mark.parametrize(
    "text", ["A /21 holds 50 nodes.", "It is 50.", "A /21 holds at most 50 nodes."]
)
def test_what_limits_a_statement_may_not_be_left_out_or_put_in(text: str) -> None:
    call = ToolCall(
        name="size_subnets",
        arguments={},
        ok=True,
        result={"summary": "Without surge a /21 holds 50 nodes. Without surge it is 50."},
        milliseconds=1.0,
    )
    assert replaced(text, call, question="Which subnet?")
    assert not replaced("Without surge, a /21 holds 50 nodes.", call, question="Which subnet?")


def test_names_may_not_change_places_in_a_statement_without_a_verdict() -> None:
    call = ToolCall(
        name="review_policies",
        arguments={},
        ok=True,
        result={"summary": "`cart` names `redis` in its environment."},
        milliseconds=1.0,
    )
    assert replaced("redis names cart in its environment.", call, question="Review")
    assert not replaced("cart names redis in its environment.", call, question="Review")


def test_that_something_is_not_known_may_be_said_in_a_sentence() -> None:
    text = "Whether frontend can reach redis is unknown."
    assert held(text, reach(verdict="unknown")).text == text
    for verdict in ("allow", "deny"):
        assert replaced(text, reach(verdict=verdict))
    assert replaced(
        "Whether frontend can reach redis is unknown, but it can.", reach(verdict="unknown")
    )


WORDS = st.sampled_from(
    [*sorted(KNOWN_WORDS), *["frontend", "redis", "frontend", "redis", ","] * 9]
)
CLAIM = {"reach", "reachable", "allowed", "allows", "open", "permitted", "denied", "blocked"}


@settings(max_examples=300, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=9))
def test_no_sentence_stands_beside_a_verdict_and_beside_its_opposite(words: list[str]) -> None:
    text = " ".join(words)
    stands = [held(text, reach(verdict=verdict)).removed == () for verdict in ("allow", "deny")]
    assert not all(stands) or not CLAIM & set(words)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=80))
def test_any_text_can_be_checked(text: str) -> None:
    assert held(text, reach()).text
    assert held(text).text
    assert isinstance(held(text, SIZED).text, str)


MANIFEST = "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata:\n  name: open"


def runbook(text: str) -> ToolCall:
    quoted = "\n".join(f"> {line}" for line in text.splitlines())
    return ToolCall(
        name="search_docs",
        arguments={"query": "frontend redis"},
        ok=True,
        milliseconds=1.0,
        result={
            "summary": f"**Notes** (your document `notes.md:3`, changed 2026-10-01):\n\n{quoted}",
            "passages": [{"text": text, "own": True, "location": "notes.md:3"}],
        },
    )


def test_a_runbook_backs_no_verdict() -> None:
    told = "Frontend can reach redis."
    article = ToolCall(
        name="search_docs",
        arguments={},
        ok=True,
        milliseconds=1.0,
        result={"summary": "", "passages": [{"text": told, "own": False}]},
    )

    found = held(f"Yes. {told}", runbook(told)).text
    assert [line for line in found.splitlines() if told in line] == [f"> {told}"]
    assert "your document `notes.md:3`" in found
    assert held(told, article).text == told


def test_a_runbook_may_be_repeated_where_it_decides_nothing() -> None:
    told = "Call the duty phone 4711 after the switch."

    assert held(told, runbook(told), question="whom do we call?").text == told


def test_a_manifest_from_a_runbook_is_not_shown_as_computed() -> None:
    found = held(f"```yaml\n{MANIFEST}\n```", runbook(f"Apply this:\n\n{MANIFEST}"))

    shown = [line for line in found.text.splitlines() if "CiliumNetworkPolicy" in line]
    assert shown == ["> kind: CiliumNetworkPolicy"]
    assert "your document `notes.md:3`" in found.text
