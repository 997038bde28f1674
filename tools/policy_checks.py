"""The tool that validates policies before they are applied."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TextIO

from tools.policy_findings import FileCheck, PolicyCheck, PolicyFinding, ValidationResult
from tools.policy_place import PolicyPlace
from tools.spec import Evidence, tool
from tools.wording import bullets, count, join, quote, shorten
from tools.workspace import Workspace
from topology.errors import UnknownName
from topology.model import Document, Problem

if TYPE_CHECKING:
    from topology.load import FileContent
    from topology.policy.validation import Finding

__all__ = ["REFUSERS", "check_files", "policies_named", "validate_policy"]

MOST_LISTED = 20
REFUSERS: Mapping[str, str] = {
    "aks": "AKS",
    "cilium": "Cilium",
    "istio": "Istio",
    "kubernetes": "the API server",
    "review": "review",
    "schema": "the API server",
}
"""Who says what is found, for people."""
_PASSED_ON = frozenset({"duplicate-key", "no-break-space", "not-text", "smart-quotes"})
"""Faults of reading that belong to the policy they stand in."""
_SAID_HERE = frozenset({"wrong-api-version"})
"""Faults of reading that validation tells in its own words."""


@tool()
def validate_policy(workspace: Workspace, policy: str = "", text: str = "") -> ValidationResult:
    """Check policies for everything that Cilium, Kubernetes or Istio would refuse or drop.

    Use it for "is this policy valid", "what is wrong with my policy", "why is it not in force".

    Args:
        workspace: The network.
        policy: Name of a policy of the workspace, `namespace/name` or a name; empty for all.
        text: Policies in YAML or JSON to check instead of those of the workspace.

    Returns:
        For each policy its errors and warnings, with field, line and what to write instead.
    """
    place = PolicyPlace(workspace.cluster)
    if text:
        from topology.load import read_text

        content = read_text(text, name="text")
        place = place.with_(content.documents)
        files = [_check_file(content, workspace.profile, place)]
        return _result(files, workspace.profile)
    chosen = policies_named(workspace, policy) if policy else workspace.cluster.policies
    return _result(_check_documents(chosen, workspace.profile, place), workspace.profile)


def check_files(
    paths: Sequence[str | Path],
    *,
    profile: str,
    stdin: TextIO | None = None,
    workspace: Workspace | None = None,
) -> ValidationResult:
    """Validate every policy in files, folders or stdin, file by file.

    Args:
        paths: YAML or JSON files, folders (read recursively), or `-`.
        profile: `1.18`, `1.19` or `kubernetes`.
        stdin: What `-` stands for.
        workspace: The cluster that the policies are meant for, where one is known: CIDRs that
            cover its pods or nodes are then told, and Istio policies that select no workload, or
            stand in the wrong namespace.

    Raises:
        InvalidQuery: There is no such profile.
    """
    from topology.load import read_files
    from topology.policy.profile import profile_named

    profile = profile_named(profile).name
    contents = list(read_files(paths, stdin=stdin))
    place = None
    if workspace:
        added = [document for content in contents for document in content.documents]
        place = PolicyPlace(workspace.cluster).with_(added)
    files = [_check_file(content, profile, place) for content in contents]
    return _result(files, profile)


def policies_named(workspace: Workspace, policy: str) -> tuple[Document, ...]:
    """Return the policies of a workspace that a name means.

    Raises:
        UnknownName: There is none; the error holds the nearest names.
    """
    known = workspace.cluster.policies
    wanted = policy.strip().strip("/")
    found = tuple(one for one in known if wanted in _names(one))
    if found:
        return found
    near = get_close_matches(wanted, sorted({name for one in known for name in _names(one)}), n=3)
    message = f"There is no policy `{policy}`."
    listed = shorten([quote(one.key) for one in known], 5)
    hint = "" if near else f"There are {listed}." if known else "No policy is in the input at all."
    raise UnknownName(message, nearest=tuple(near), hint=hint)


def _names(document: Document) -> tuple[str, ...]:
    names = (document.name, f"{document.namespace}/{document.name}", document.key)
    return names if document.namespace else (document.name, document.key)


def _check_file(content: "FileContent", profile: str, place: PolicyPlace | None) -> FileCheck:
    starts = sorted(one.source.at().line for one in content.documents)
    checks = []
    for document in content.documents:
        if _is_checked(document.kind):
            until = next((line for line in starts if line > document.source.at().line), 0)
            own = [one for one in content.problems if _is_within(one, document, until)]
            checks.append(_check(document, profile, place, own))
    left = [one for one in content.problems if one.code not in _SAID_HERE]
    return FileCheck(
        path=content.path,
        documents=tuple(checks),
        problems=tuple(_as_finding(one) for one in left if one.severity == "error"),
        others=len(content.documents) - len(checks),
    )


def _check_documents(
    documents: Iterable[Document], profile: str, place: PolicyPlace
) -> list[FileCheck]:
    by_file: dict[str, list[PolicyCheck]] = {}
    for document in documents:
        check = _check(document, profile, place, ())
        by_file.setdefault(document.source.file, []).append(check)
    return [
        FileCheck(path=path, documents=tuple(sorted(found, key=lambda one: one.line)))
        for path, found in sorted(by_file.items())
    ]


def _check(
    document: Document,
    profile: str,
    place: PolicyPlace | None,
    problems: Iterable[Problem],
) -> PolicyCheck:
    # Takes the engines along, which other tools of this family's callers need not wait for.
    from topology.policy.validation.document import validate

    findings = list(validate(document, profile, networks=place.networks if place else ()))
    if place:
        findings += place.find(document)
    read = [_as_finding(one) for one in problems]
    errors = [_finding(one) for one in findings if one.refuses]
    errors += [one for one in read if one.code == "not-text"]
    warnings = [_finding(one) for one in findings if not one.refuses]
    warnings += [one for one in read if one.code != "not-text"]
    return PolicyCheck(
        kind=document.kind,
        namespace=document.namespace,
        name=document.name,
        line=document.source.at().line,
        valid=not errors,
        errors=tuple(sorted(errors, key=lambda one: one.line)),
        warnings=tuple(sorted(warnings, key=lambda one: one.line)),
    )


def _is_checked(kind: str) -> bool:
    from topology.policy.validation.document import is_policy

    return is_policy(kind)


def _is_within(problem: Problem, document: Document, until: int) -> bool:
    if problem.code not in _PASSED_ON or problem.severity == "error" or problem.location is None:
        return False
    first = document.source.at().line
    return first <= problem.location.line and (not until or problem.location.line < until)


def _finding(finding: "Finding") -> PolicyFinding:
    return PolicyFinding(
        code=finding.code,
        path=finding.path,
        line=finding.location.line,
        message=finding.message,
        fix=finding.fix,
        origin=finding.origin,
    )


def _as_finding(problem: Problem) -> PolicyFinding:
    return PolicyFinding(
        code=problem.code,
        path="",
        line=problem.location.line if problem.location else 0,
        message=problem.message,
        fix=problem.hint,
        origin="schema",
    )


def _result(files: list[FileCheck], profile: str) -> ValidationResult:
    policies = [(file, one) for file in files for one in file.documents]
    unreadable = [(file, one) for file in files for one in file.problems]
    valid = not unreadable and all(one.valid for _, one in policies)
    told = [_describe(file.path, one) for file, one in policies if one.errors or one.warnings]
    parts = [_headline([one for _, one in policies], valid=valid)]
    parts.append(
        bullets(f"{file.path}:{one.line}: {one.message} {one.fix}" for file, one in unreadable)
    )
    parts += told[:MOST_LISTED]
    if len(told) > MOST_LISTED:
        parts.append(f"{count(len(told) - MOST_LISTED, 'further policy')} with findings left out.")
    return ValidationResult(
        summary="\n\n".join(part for part in parts if part),
        evidence=tuple(_evidence(policies)),
        profile=profile,
        valid=valid,
        files=tuple(files),
    )


def _headline(policies: list[PolicyCheck], *, valid: bool) -> str:
    if not policies:
        return "There is no policy to check." if valid else "No policy could be read."
    bad = sum(not one.valid for one in policies)
    doubtful = sum(one.valid and bool(one.warnings) for one in policies)
    if bad:
        verb = "is" if bad == 1 else "are"
        text = f"{bad} of {count(len(policies), 'policy')} {verb} not valid"
    else:
        text = f"{count(len(policies), 'policy')} {'is' if len(policies) == 1 else 'are'} valid"
    return f"{text}, {doubtful} with warnings." if doubtful else f"{text}."


def _describe(path: str, check: PolicyCheck) -> str:
    state = "is not valid" if check.errors else "is valid, with warnings"
    lines = [
        f"{word} ({REFUSERS[one.origin]}), {path}:{one.line}"
        f"{f' {quote(one.path)}' if one.path else ''}: {one.message} {one.fix}"
        for word, found in _both(check)
        for one in found
    ]
    return f"{quote(check.key)} {state}:\n\n{bullets(lines)}"


def _both(
    check: PolicyCheck,
) -> Iterator[tuple[Literal["Error", "Warning"], tuple[PolicyFinding, ...]]]:
    yield "Error", check.errors
    yield "Warning", check.warnings


def _evidence(policies: list[tuple[FileCheck, PolicyCheck]]) -> Iterator[Evidence]:
    for file, check in policies[:MOST_LISTED]:
        name = check.key
        codes = join(sorted({quote(one.code) for one in check.errors}))
        claim = f"{quote(name)} is refused for {codes}." if codes else f"{quote(name)} is valid."
        yield Evidence(claim=claim, source=name, location=f"{file.path}:{check.line}")
