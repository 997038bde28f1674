import pytest

from topology.policy.labels import split_key


@pytest.mark.parametrize(
    ("written", "source", "key"),
    [
        ("app", "any", "app"),
        ("k8s:app", "k8s", "app"),
        ("any:app", "any", "app"),
        ("reserved:host", "reserved", "host"),
        ("io.kubernetes.pod.namespace", "any", "io.kubernetes.pod.namespace"),
        ("k8s:a:b", "k8s", "a:b"),
        ("reserved.host", "reserved", "host"),
        ("$host", "reserved", "host"),
        (":app", "any", "app"),
    ],
)
def test_only_the_first_colon_splits_source_from_key(written: str, source: str, key: str) -> None:
    assert split_key(written) == (source, key)
