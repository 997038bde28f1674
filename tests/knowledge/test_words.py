import pytest

from knowledge.words import WordIndex, expand, tokenize


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("the fromEndpoints", ["fromendpoint", "endpoint"]),
        ("10.244.0.0/16", ["10.244.0.0/16"]),
        ("named policies", ["named", "policy"]),
        ("toFQDNs of IPs", ["tofqdn", "fqdn", "ip"]),
        ("access address", ["access", "address"]),
        ("what is the", []),
        ("", []),
    ],
)
def test_a_text_becomes_words(text: str, words: list[str]) -> None:
    assert tokenize(text) == words


def test_a_query_gains_the_long_form_of_its_abbreviations() -> None:
    assert expand("is CNP allowed?") == "is CNP allowed? ciliumnetworkpolicy"
    assert expand("plain words") == "plain words"


def test_a_rare_word_weighs_more_than_a_frequent_one() -> None:
    index = WordIndex(["pod policy", "pod network", "pod subnet"])

    rare, frequent = index.match("policy"), index.match("pod")
    assert rare[0].bm25 > frequent[0].bm25 > 0
    assert rare[1].bm25 == 0


def test_coverage_counts_the_share_of_the_query_that_was_found() -> None:
    index = WordIndex(["pod policy", "bread"])

    assert index.match("pod policy")[0].coverage == 1
    assert 0 < index.match("policy unicorn")[0].coverage < 0.5
    assert index.match("unicorn")[0].coverage == 0
