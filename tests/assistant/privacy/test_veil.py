import pytest

from assistant.privacy.names import names_of
from assistant.privacy.secrets import find_secrets
from assistant.privacy.veil import Unveiling, Veil
from tools.workspace import Workspace
from topology.model import Cluster, Namespace, Workload


@pytest.fixture
def cluster() -> Cluster:
    return Cluster(
        namespaces={"zebra-prod": Namespace(name="zebra-prod"), "kube-system": Namespace(name="x")},
        workloads=(
            Workload(kind="Deployment", namespace="zebra-prod", name="acme-ledger-api"),
            Workload(kind="Deployment", namespace="zebra-prod", name="web"),
        ),
    )


@pytest.fixture
def veil(cluster: Cluster) -> Veil:
    return Veil(names=names_of(cluster))


@pytest.mark.parametrize(
    "text",
    [
        "Can web reach zebra-prod/acme-ledger-api on 8443?",
        "acme-ledger-api.zebra-prod.svc.cluster.local resolves to 10.4.3.2",
        '{"summary":"`zebra-prod/web` -> 10.4.0.0/16, fd00:1::7"}',
        "the acme rule and the ledger",
        "https://internal.example-corp.com/path",
    ],
)
def test_what_is_hidden_comes_back_as_it_was(veil: Veil, text: str) -> None:
    hidden = veil.hide(text)
    for word in ("web", "zebra", "acme", "ledger", "10.4.", "fd00", "example-corp"):
        assert word not in hidden
    assert veil.reveal(hidden) == text


def test_the_same_name_has_the_same_stand_in(veil: Veil) -> None:
    assert veil.hide("web") == veil.hide("WEB,").rstrip(",") != veil.hide("acme-ledger-api")


def test_words_of_the_field_and_product_addresses_stay(veil: Veil) -> None:
    text = (
        "Can a pod in kube-system use networking.k8s.io/v1 NetworkPolicy on port 443/TCP? See "
        "https://learn.microsoft.com/azure/aks and policies.yaml:12, version 1.18."
    )
    assert veil.hide(text) == text


def test_a_misspelt_name_of_a_question_is_hidden_too(veil: Veil) -> None:
    hidden = veil.hide("can legder talk to acme-ledgr-api", asked=True)
    assert "ledg" not in hidden
    assert "legd" not in hidden
    assert veil.reveal(hidden) == "can legder talk to acme-ledgr-api"
    assert "legder" not in veil.hide("Nothing is named `legder`.")
    assert "ledger" not in veil.hide("the ledgers and ledgerservice", asked=True)
    assert veil.hide("can something talk to everything", asked=True).count("termx") == 0


def test_plain_words_in_names_of_policies_stay_in_a_sentence() -> None:
    shop = Cluster(namespaces={"open-from-acme": Namespace(name="open-from-acme")})
    veil = Veil(names=names_of(shop))
    assert veil.hide("is traffic from acme open") == "is traffic from termx1 open"
    assert "acme" not in veil.hide("open-from-acme")


def test_only_the_values_of_data_are_hidden(veil: Veil) -> None:
    data = {"web": ["web", {"ports": 8443}], "verdict": "allow"}
    hidden = veil.hide_data(data)
    assert list(hidden) == ["web", "verdict"]
    assert hidden["web"][0] != "web"
    assert hidden["verdict"] == "allow"
    assert veil.reveal_data(hidden) == data


def test_a_stand_in_that_nothing_stands_behind_is_left(veil: Veil) -> None:
    assert veil.reveal("appx99 and [secret-7]") == "appx99 and [secret-7]"


def test_without_names_only_secrets_are_hidden() -> None:
    veil = Veil()
    assert veil.hide("web has password=hunter2-Hunter2") == "web has password=[secret-1]"
    assert veil.reveal("[secret-1]") == "[secret-1]"
    assert veil.reveal_data({"a": "[secret-1]"}) == {"a": "hunter2-Hunter2"}


def test_keys_of_the_settings_never_come_back() -> None:
    veil = Veil(secrets=("plain-word-key",))
    assert veil.hide("it is plain-word-key.") == "it is [hidden]."
    assert veil.reveal_data(["[hidden]"]) == ["[hidden]"]


def test_a_text_in_pieces_is_revealed_like_the_whole(veil: Veil) -> None:
    text = "Yes, `zebra-prod/web` can reach acme-ledger-api.\nSee web."
    hidden = veil.hide(text)
    for size in (1, 3, 7):
        unveiling = Unveiling(veil)
        pieces = [unveiling.feed(hidden[at : at + size]) for at in range(0, len(hidden), size)]
        assert "".join(pieces) + unveiling.flush() == text


def test_no_name_of_the_sample_survives() -> None:
    cluster = Workspace.sample().cluster
    names = names_of(cluster, cluster.sources)
    veil = Veil(names=names)
    text = "\n".join(workload.full_name for workload in cluster.workloads)
    hidden = veil.hide(text)
    kept = {word for word in names.kinds if len(word) > 3 and word in hidden}
    assert not kept
    assert veil.reveal(hidden) == text


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("password: Tr0ub4dor&3", "Tr0ub4dor&3"),
        ('{"client_secret": "aB3~xyz.0000"}', "aB3~xyz.0000"),
        ("Authorization: Bearer abc.DEF-123", "abc.DEF-123"),
        ("postgresql://me:s3cr3tpw@db/x", "s3cr3tpw"),
        ("AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
        ("ghp_0123456789abcdefghij", "ghp_0123456789abcdefghij"),
        ("https://a.blob/x?sv=1&sig=aa%2Bbb%3Dcc", "aa%2Bbb%3Dcc"),
        ("the token is xY12-secretvalue", "xY12-secretvalue"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----", "-----BEGIN"),
    ],
)
def test_secrets_are_known_by_their_form(text: str, secret: str) -> None:
    assert any(found.startswith(secret) for found in find_secrets(text))
    assert secret not in Veil().hide(text)


@pytest.mark.parametrize(
    "text",
    [
        "is a token required? The token is required.",
        "RequestAuthentication needs a token: optional",
        "password policy of prod/web on port 5432",
        "secret: kube-system/cilium-ca",
    ],
)
def test_words_about_secrets_are_none(text: str) -> None:
    assert list(find_secrets(text)) == []
