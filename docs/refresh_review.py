"""Write the pages of docs/review from the checks themselves, with the cases that test them.

Run it by `make review-pages` after a change; tests/topology/review/test_pages.py fails until then.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "docs" / "review"
CASES = ROOT / "tests" / "topology" / "review"
sys.path[:0] = [str(ROOT), str(CASES)]

import clusters  # noqa: E402
import mesh_cases  # noqa: E402
import network_cases  # noqa: E402

from topology.load import load_text  # noqa: E402
from topology.policy.engine import PolicyEngine  # noqa: E402
from topology.policy.istio.engine import MeshPolicies  # noqa: E402
from topology.review import (  # noqa: E402
    Check,
    Finding,
    ReviewContext,
    all_checks,
    chosen_checks,
    make_review,
)
from topology.review.checks import THEMES  # noqa: E402

BASES = ("AKS", "SHOP", "MESH", "AMBIENT")
EXAMPLES = {**network_cases.CASES, **mesh_cases.CASES}
MEANING = {
    "error": "certainly broken or dangerous",
    "warning": "likely a mistake",
    "info": "style and posture",
}


def pages() -> dict[str, str]:
    """Return the text of each page by its name."""
    checks = all_checks()
    found = {f"{one.code}.md": page(one) for one in checks}
    found["README.md"] = index(checks)
    return found


def page(check: Check) -> str:
    """Return the page of one code."""
    needs = ", ".join(check.needs) or "the policies alone"
    parts = [
        f"# `{check.code}`",
        f"{check.title}.",
        f"**Severity** {check.severity} ({MEANING[check.severity]}). **Needs** {needs}.",
        f"**Why it matters.** {check.matters}",
        f"**Source.** {check.source}.",
        *example(check),
        "Set it aside, with the reason, by an annotation of the policy, "
        f'`netassist.io/ignore: "{check.code}: why"`, or in a file (`--suppressions`).',
    ]
    return "\n\n".join(parts) + "\n"


def example(check: Check) -> Iterator[str]:
    """Yield what is found in the case that tests a code, and what is not found."""
    faulty, sound = EXAMPLES[check.code]
    finding = review(faulty, check.code)
    where = f" in `{finding.found.path}`" if finding.found.path else ""
    yield "## Found"
    yield own_part(faulty)
    yield f"`{finding.found.object}`{where}: {finding.found.why}"
    yield f"**Fix.** {finding.found.repair.text}"
    proof = finding.proof
    yield (
        f"Simulated. {proof.effect}" if proof.verified else f"{proof.reason} {proof.effect}".strip()
    )
    yield "## Not found"
    yield own_part(sound)


def review(text: str, code: str) -> Finding:
    """Return the finding of a code in a cluster."""
    cluster = load_text(text, name="example.yaml")
    context = ReviewContext(cluster, PolicyEngine.build(cluster), MeshPolicies.build(cluster))
    checks = chosen_checks() if code.startswith("suppression") else chosen_checks([code])
    done = make_review(context, checks)
    return next(one for one in done.findings if one.code == code)


def own_part(text: str) -> str:
    """Return what a case adds to its cluster, as a block of YAML."""
    for name in BASES:
        text = text.removeprefix(getattr(clusters, name))
    documents = [one for one in yaml.safe_load_all(text) if one]
    if not documents:
        return "The cluster as it is, without any policy."
    written = yaml.safe_dump_all(documents, sort_keys=False, width=100)
    return f"```yaml\n{written}```"


def index(checks: tuple[Check, ...]) -> str:
    """Return the list of all codes, by theme."""
    parts = [
        "# What `netassist review` looks for",
        f"{len(checks)} checks, made by `make review-pages` from themselves and the cases that "
        "test them; each page shows what is found, the fix, and what simulating it opened and "
        "closed.",
    ]
    for theme, heading in THEMES.items():
        rows = [
            f"| [`{one.code}`]({one.code}.md) | {one.severity} | {one.title} |"
            for one in checks
            if one.theme == theme
        ]
        parts.append(
            f"## {heading}\n\n| code | severity | what |\n|---|---|---|\n" + "\n".join(rows)
        )
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Write every page, and take away those of codes that are gone."""
    PAGES.mkdir(exist_ok=True)
    fresh = pages()
    for stale in PAGES.glob("*.md"):
        if stale.name not in fresh:
            stale.unlink()
    for name, text in fresh.items():
        (PAGES / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
