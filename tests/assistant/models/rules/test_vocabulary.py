import pytest

from assistant.models.rules.vocabulary import ALIAS, EXACT, TYPO, Vocabulary
from topology.load import load_text

DEPLOYMENTS = "---\n".join(
    f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: shop}}\n"
    f"spec: {{selector: {{matchLabels: {{a: b}}}}, template: {{metadata: {{labels: {{a: b}}}}, "
    f"spec: {{containers: [{{name: c, ports: [{{containerPort: {port}}}]}}]}}}}}}\n"
    for name, port in {
        "paymentservice": 50051,
        "acme-gateway": 8080,
        "acme-orders": 8081,
        "acme-store": 5432,
        "productcatalogservice": 3550,
    }.items()
)


@pytest.fixture
def names() -> Vocabulary:
    return Vocabulary(load_text(DEPLOYMENTS))


@pytest.mark.parametrize(
    ("phrase", "name", "score"),
    [
        ("payment service", "shop/paymentservice", EXACT),
        ("PaymentService", "shop/paymentservice", EXACT),
        ("payment", "shop/paymentservice", ALIAS),
        ("gateway", "shop/acme-gateway", ALIAS),
        ("paymentservcie", "shop/paymentservice", TYPO),
    ],
)
def test_phrases_fit_names_by_spelling_prefix_and_suffix(
    names: Vocabulary, phrase: str, name: str, score: float
) -> None:
    hit = names.find(phrase)

    assert hit
    assert [entry.full_name for entry in hit.entries] == [name]
    assert hit.score == score


def test_a_database_is_found_by_what_it_listens_on(names: Vocabulary) -> None:
    hit = names.find("database")

    assert hit
    assert [entry.full_name for entry in hit.entries] == ["shop/acme-store"]
    assert names.stores == {"shop/acme-store"}


def test_a_word_inside_a_name_is_enough(names: Vocabulary) -> None:
    hit = names.find("catalog")

    assert hit
    assert [entry.name for entry in hit.entries] == ["productcatalogservice"]


@pytest.mark.parametrize("phrase", ["weather", "the", "order", "zz"])
def test_other_words_fit_nothing_exactly(names: Vocabulary, phrase: str) -> None:
    hit = names.find(phrase)

    assert hit is None or hit.score < EXACT


def test_a_name_in_two_namespaces_stays_in_doubt(vocabulary: Vocabulary) -> None:
    hit = vocabulary.find("web")

    assert hit
    assert [entry.full_name for entry in hit.entries] == ["prod/web", "staging/web"]


def test_a_usual_other_name_of_an_environment_is_known(vocabulary: Vocabulary) -> None:
    hit = vocabulary.find("production")

    assert hit
    assert [entry.name for entry in hit.entries] == ["prod"]
