"""Bad input through the front door: a clear message each, and the rest still works."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

NETASSIST = str(Path(sys.executable).parent / "netassist")
WORKLOAD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: w{number}, namespace: shop}}
spec:
  selector: {{matchLabels: {{app: w{number}}}}}
  template:
    metadata: {{labels: {{app: w{number}}}}}
    spec: {{containers: [{{name: c, ports: [{{containerPort: 80}}]}}]}}
"""
BOMB = "a0: &a0 [lol, lol]\n" + "".join(
    f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]\n" for level in range(1, 10)
)
METHOD_IN_SMART_QUOTES = """\
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: allow-get, namespace: shop}
spec:
  rules:
  - to:
    - operation:
        methods: [“GET”]
"""
PORT_IN_SMART_QUOTES = """\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: allow-get-products, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: w3}}
  ingress:
  - toPorts:
    - ports:
      - port: "80”
        protocol: TCP
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [NETASSIST, *arguments],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Nineteen good files; each test adds the twentieth."""
    for number in range(1, 20):
        (tmp_path / f"w{number}.yaml").write_text(WORKLOAD.format(number=number))
    return tmp_path


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("broken.yaml", "kind: Service\nmetadata:\n  name: a\n   namespace: b\n", "broken.yaml:4"),
        ("junk.yaml", bytes(range(256)) * 40, "not a text file"),
        ("bomb.yaml", BOMB, "aliases"),
        ("method.yaml", METHOD_IN_SMART_QUOTES, '`"GET"`'),
        ("port.yaml", PORT_IN_SMART_QUOTES, '- port: "80"'),
        ("twice.yaml", WORKLOAD.format(number=1), "w1.yaml:1"),
    ],
)
def test_one_bad_file_of_twenty_is_told_and_the_rest_answers(
    folder: Path, name: str, content: str | bytes, said: str
) -> None:
    data = content if isinstance(content, bytes) else content.encode()
    (folder / name).write_bytes(data)
    done = run("reach", "-w", str(folder), "w1", "w2", "--json")
    assert name in done.stderr
    assert said in done.stderr
    assert json.loads(done.stdout)["destination"] == "shop/w2"
    assert done.returncode in (0, 1)


def test_a_file_of_200_megabytes_is_refused_at_once_and_the_rest_answers(folder: Path) -> None:
    item = "- {apiVersion: v1, kind: Secret, metadata: {name: s, namespace: shop}}\n"
    with (folder / "huge.yaml").open("w") as huge:
        huge.write("apiVersion: v1\nkind: List\nitems:\n")
        huge.write(item * (200 * 1024 * 1024 // len(item)))
    done = run("reach", "-w", str(folder), "w1", "w2", "--json")
    assert "huge.yaml" in done.stderr
    assert "-o json" in done.stderr
    assert json.loads(done.stdout)["verdict"] == "allow"


def test_an_unread_file_is_named_in_the_answer_itself(folder: Path) -> None:
    (folder / "port.yaml").write_text(PORT_IN_SMART_QUOTES)
    done = run("ask", "--model", "rules", "-w", str(folder), "Can w1 reach w3?")
    assert "could not be read" in done.stdout
    assert "port.yaml:9" in done.stdout


def test_an_empty_folder_says_how_to_fill_it(tmp_path: Path) -> None:
    done = run("reach", "-w", str(tmp_path), "a", "b")
    assert done.returncode == 5
    assert "kubectl get" in done.stderr


@pytest.mark.parametrize("question", ["", "   ", "?!..."])
def test_an_empty_question_is_answered_with_an_example(folder: Path, question: str) -> None:
    done = run("ask", "--model", "rules", "-w", str(folder), question)
    assert "reach" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "question",
    [
        "Welche Arbeitslasten dürfen mit der Datenbank sprechen?",
        "Quels services peuvent joindre la base de données ?",
        "哪些服务可以访问数据库?",
    ],
)
def test_a_question_in_another_language_gets_one_clear_sentence(
    folder: Path, question: str
) -> None:
    done = run("ask", "--model", "rules", "-w", str(folder), question, "--json")
    answer = json.loads(done.stdout)
    assert answer["declined"]
    assert "English" in answer["text"]
    assert answer["verdict"] is None
