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


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("kubnet retirment", True),
        ("retiremnet", True),
        ("quantum pizza", False),
        # Another form of a word, a short word and one with digits are not mended.
        ("resize", False),
        ("cuba", False),
        ("retirement2", False),
    ],
)
def test_a_misspelt_word_is_taken_for_the_one_that_is_meant(query: str, found: bool) -> None:
    index = WordIndex(["retirement of kubenet", "images are resized in a cube"])

    assert any(match.bm25 > 0 for match in index.match(query)) is found


def test_a_number_is_the_same_with_and_without_separators() -> None:
    assert tokenize("64,512 ports") == tokenize("64512 ports")
    assert tokenize("10,20") == ["10", "20"]


def test_a_rare_address_or_number_is_a_literal_and_a_common_one_is_not() -> None:
    texts = ["listens on 169.254.10.10", *(f"page {number} of 2026" for number in range(40))]
    index = WordIndex(texts)

    assert index.match("what is 169.254.10.10")[0].literal
    assert not any(match.literal for match in index.match("in 2026"))
