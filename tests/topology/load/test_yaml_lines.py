from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from topology.load.problems import Report
from topology.load.yaml_documents import read_yaml
from topology.load.yaml_lines import NotPlain, read_plain

KEYS = st.sampled_from(["a", "b", "c", "labels", "k8s.io/x", "no", "selector"])
WORDS_OF_EVERY_KIND = r"""
x
1
1.10
true
no
null
0x1F
017
1e3
a:b
a#b
-x
...
.5
22:22
2026-11-02
~
a:
[]
{}
[a]
*a
|
>-
@x
%x
`x
=
<<
?
a@b=c
a b
a: b
a #b
- x
{a: 1}
&a x
!!str 1
a  b
a :b
"x"
"a: b"
""
''
'it''s'
'a # b'
"\n"
"x
"""
WORDS = st.sampled_from([*WORDS_OF_EVERY_KIND.strip().split("\n"), "x ", "a\tb", "\u00e9"])
LINES = st.tuples(
    st.sampled_from(["", "", "  ", "  ", "    ", "   ", "\t"]),
    st.sampled_from(["", "", "", "- ", "- ", "- - ", "-", "-  "]),
    st.one_of(
        st.builds("{}: {}".format, KEYS, WORDS),
        st.builds("{}:".format, KEYS),
        WORDS,
        st.sampled_from(["", "# note", "a: 1 # note", "---", "<<: *a", "? a", ": b", "a : 1"]),
    ),
).map("".join)
TREES = st.recursive(
    st.one_of(st.integers(-5, 5), st.booleans(), st.none(), st.floats(0, 1), st.text("ab1. :-#")),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(KEYS, inner)),
    max_leaves=15,
)


def read_events(text: str) -> list[object]:
    """Return the documents as libyaml has them; raise for what is worth a problem."""
    report = Report()
    documents = [document.value for document in read_yaml(text, "x.yaml", report)]
    assert not report.finish()
    return documents


def check_agreement(text: str) -> bool:
    """Check that what is read by lines means the same to libyaml; say whether it was read."""
    try:
        value = read_plain(text)
    except NotPlain:
        return False
    # `repr` tells 1 from True and 1.0, and shows the order of keys.
    assert repr([value]) == repr(read_events(text))
    return True


@settings(max_examples=2000)
@example(["a: x", "  b: 1"])
@example(["a:", "- x", "b: 1"])
@example(["a:", "  - b:", "    - c: 1", "  - x"])
@example(["- a:", "  - x", "- b: 1"])
@example(["- - a: 1", "    b: 2", "  - c"])
@example(["labels:", "  a: 1"])
@example(["a: x", "- b"])
@given(st.lists(LINES, min_size=1, max_size=7))
def test_whatever_is_read_by_lines_means_the_same_to_libyaml(lines: list[str]) -> None:
    check_agreement("\n".join(lines) + "\n")


@given(st.one_of(st.lists(TREES, min_size=1), st.dictionaries(KEYS, TREES, min_size=1)))
def test_blocks_that_a_program_printed_mean_the_same(tree: object) -> None:
    check_agreement(yaml.safe_dump(tree, sort_keys=False))


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\nb:\n- x\n- c: d\n  e:\n    f: g\n- {}\nh: []\n",
        '- apiVersion: v1\n  time: "2026-11-02T08:15:00Z"\n  url: http://x.example/y\n',
        "a:\nb:\n  c: 'x'\n",
        "- - 1\n  - 2\n- - 3\n",
    ],
)
def test_what_kubectl_prints_is_read(text: str) -> None:
    assert check_agreement(text)


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\na: 2\n",
        "labels:\n  version: 1.10\n",
        "labels:\n  version:\n",
        "a: |\n  b\n",
        "a: x\n  y\n",
        "a: 1 # note\n",
        "a: &x 1\n",
        "a: 1",
        "",
        "\n",
        "a: x\n\nb: y\n",
        "a:\n" + "".join("  " * depth + "a:\n" for depth in range(1, 150)),
    ],
)
def test_what_is_not_plain_is_left_to_libyaml(text: str) -> None:
    with pytest.raises(NotPlain):
        read_plain(text)


def test_files_of_other_people_mean_the_same(shared: Path) -> None:
    parts = [
        part
        for path in sorted(shared.rglob("*.yaml"))[:400]
        for part in path.read_text(encoding="utf-8", errors="replace").split("---\n")
    ]
    assert sum(_agrees(part) for part in parts) > 50


def _agrees(part: str) -> bool:
    try:
        read_plain(part)
    except NotPlain:
        return False
    return check_agreement(part)
