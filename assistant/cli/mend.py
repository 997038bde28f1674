"""The commands that change policies: `netassist policy fix`, `convert`, `tighten` and others."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli import exit_codes
from assistant.cli.opening import JsonFlag, WorkspacePaths, open_workspace
from assistant.cli.reach import Http, Port
from assistant.cli.render import Output

if TYPE_CHECKING:
    from tools.draft_results import DraftArtifact
    from tools.spec import ToolResult, ToolSpec
    from tools.workspace import Workspace

__all__ = ["convert", "fix", "merge", "migrate", "split", "tighten"]

Out = Annotated[
    str,
    typer.Option(
        metavar="FILE", help="Write the policies as they would be to this file; nothing is applied."
    ),
]


def fix(
    context: typer.Context,
    source: Annotated[str, typer.Argument(metavar="SRC", help="Who cannot reach, as for reach.")],
    destination: Annotated[str, typer.Argument(metavar="DST", help="Whom; as for reach.")],
    port: Port = "",
    http: Http = "",
    host: Annotated[str, typer.Option(help="The request's host (`:authority`).")] = "",
    header: Annotated[
        list[str] | None, typer.Option(metavar="K=V", help="A request header; may be repeated.")
    ] = None,
    workspace: WorkspacePaths = None,
    out: Out = "",
    as_json: JsonFlag = False,
) -> None:
    """Say why SRC cannot reach DST, and the smallest change of policies that lets it, proven.

    The change opens what was asked and nothing else; where that is not possible, everything that
    it opens besides is named. Mutual TLS is never weakened unasked. Flows in the workspace are
    evidence of what was dropped, say which port or request is meant where none is named, and are
    held against the change.

    Exits with 0 if nothing is to mend or the change is proven, 1 if not.

    Examples:
      netassist policy fix shop/web shop/payments --port 8443
      netassist policy fix web catalog --http "GET /items" --out fixed.yaml
      netassist policy fix -w cluster.yaml staging/job service:shop/cart --json
      netassist policy fix -w cluster.yaml -w flows.jsonl shop/web shop/payments
    """
    from tools.mend import MendResult, fix_connection

    arguments = {
        "source": source,
        "destination": destination,
        "port": port,
        "http": http,
        "host": host,
        "headers": header or [],
    }
    output: Output = context.obj
    opened = open_workspace(workspace, output)
    with output.working("Computing"):
        result = fix_connection.call(opened, arguments)
    assert isinstance(result, MendResult)
    report(output, result, result.artifacts, out=out, as_json=as_json)
    is_fine = result.outcome == "open" or result.verified
    raise typer.Exit(exit_codes.ANSWERED if is_fine else exit_codes.NO)


Policies = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[FILE|POLICY]...",
        help="Files of policies, `-` for stdin, or policies of the workspace as `Kind/ns/name`. "
        "Default: all of the workspace.",
    ),
]


def convert(
    context: typer.Context,
    to: Annotated[
        str, typer.Option("--to", metavar="ciliumnetworkpolicy|networkpolicy", help="The kind.")
    ],
    policies: Policies = None,
    workspace: WorkspacePaths = None,
    out: Out = "",
    as_json: JsonFlag = False,
) -> None:
    """Convert NetworkPolicies to CiliumNetworkPolicies or back, with equality proven.

    Equality is proven on the cluster and on pods made to hit and just miss every selector. What
    cannot be expressed is refused with its field; it is never left out in silence.

    Exits with 0 if everything is converted and proven equal, 1 if not.

    Examples:
      netassist policy convert web.yaml --to ciliumnetworkpolicy
      netassist policy convert NetworkPolicy/shop/db --to ciliumnetworkpolicy --out db.yaml
      netassist policy convert -w cluster.yaml --to networkpolicy --json
    """
    from tools.rewrite import convert_policies

    chosen = _chosen(context, policies, workspace)
    _run(context, convert_policies, {"to": to}, chosen, out=out, as_json=as_json)


def merge(
    context: typer.Context,
    policies: Policies = None,
    workspace: WorkspacePaths = None,
    out: Out = "",
    as_json: JsonFlag = False,
) -> None:
    """Merge policies of one kind with the same subject into one, with equality proven.

    Exits with 0 if the merged policies are proven equal or nothing is to merge, 1 if not.

    Examples:
      netassist policy merge policies.yaml
      netassist policy merge -w cluster.yaml NetworkPolicy/shop/web-a NetworkPolicy/shop/web-b
    """
    from tools.rewrite import merge_policies

    chosen = _chosen(context, policies, workspace)
    _run(context, merge_policies, {}, chosen, out=out, as_json=as_json)


def split(
    context: typer.Context,
    policies: Policies = None,
    by: Annotated[
        str, typer.Option(metavar="direction|peer|subject", help="What to tell apart.")
    ] = "direction",
    workspace: WorkspacePaths = None,
    out: Out = "",
    as_json: JsonFlag = False,
) -> None:
    """Split one policy into several that do the same together, with equality proven.

    Exits with 0 if the parts are proven equal or there is only one part, 1 if not.

    Examples:
      netassist policy split CiliumNetworkPolicy/shop/payments --by peer
      netassist policy split policy.yaml --by direction --out parts.yaml
    """
    from tools.rewrite import split_policy

    workspace_, names, text = _chosen(context, policies, workspace)
    arguments = {"policy": names[0] if len(names) == 1 else "", "by": by}
    _run(context, split_policy, arguments, (workspace_, [], text), out=out, as_json=as_json)


def tighten(
    context: typer.Context,
    policies: Policies = None,
    used: Annotated[
        list[str] | None,
        typer.Option(
            metavar="'SRC -> DST PORT'",
            help="A connection that must stay open, perhaps with its request (GET /path); may be "
            "repeated. Default: what environment variables and exposed Services announce, and what "
            "flows show.",
        ),
    ] = None,
    contract: Annotated[
        str, typer.Option(metavar="FILE", help="A contract whose `must_allow` must stay open.")
    ] = "",
    workspace: WorkspacePaths = None,
    out: Out = "",
    as_json: JsonFlag = False,
) -> None:
    """Cut over-broad policies down to what is used, and list everything that closes.

    Network policies are cut down to peers and ports; an AuthorizationPolicy to callers and ports,
    and to methods and paths where every use is known by its request.

    Exits with 0 if everything used is proven to stay open, 1 if not.

    Examples:
      netassist policy tighten NetworkPolicy/shop/catalog
      netassist policy tighten -w cluster.yaml --used "shop/web -> shop/cart 8080/TCP"
      netassist policy tighten AuthorizationPolicy/billing/invoices --contract contract.yaml
      netassist policy tighten -w cluster.yaml -w flows.jsonl
    """
    from tools.rewrite import tighten_policies

    chosen = _chosen(context, policies, workspace)
    arguments = {"used": used or [], "contract": _read(contract) if contract else ""}
    _run(context, tighten_policies, arguments, chosen, out=out, as_json=as_json)


def migrate(
    context: typer.Context,
    policies: Policies = None,
    workspace: WorkspacePaths = None,
    out: Out = "",
    as_json: JsonFlag = False,
) -> None:
    """Make policies written for Azure NPM or Calico mean the same under Cilium, with the reasons.

    An ipBlock on addresses of pods or Services becomes selectors, one on nodes becomes entities, a
    Service's port becomes the pods'. Policies of projectcalico.org/v3 are converted where their
    meaning can be expressed; as nothing here evaluates Calico, those stay "not verified".

    Exits with 0 if nothing is to change or the result is proven, 1 if not.

    Examples:
      netassist policy migrate -w cluster.yaml
      netassist policy migrate -w cluster.yaml npm-policies.yaml --out cilium.yaml
    """
    from tools.rewrite import migrate_policies

    chosen = _chosen(context, policies, workspace, with_text=True)
    _run(context, migrate_policies, {}, chosen, out=out, as_json=as_json)


_Chosen = tuple["Workspace", list[str], str]


def _chosen(
    context: typer.Context,
    policies: list[str] | None,
    paths: list[str] | None,
    *,
    with_text: bool = False,
) -> _Chosen:
    """Return the workspace, the names of policies in it, and the text of those in files.

    Policies in files that come without a workspace are a workspace of their own; `with_text` asks
    for the text even so.
    """
    output: Output = context.obj
    names = [one for one in policies or () if not _is_file(one)]
    files = [one for one in policies or () if _is_file(one)]
    if files and not paths and not names and not with_text:
        return open_workspace(files, output), [], ""
    text = "\n---\n".join(_read(one) for one in files)
    if files and not paths and not names:
        from tools.workspace import Workspace
        from topology.load import load_text

        return Workspace(cluster=load_text(text, name=files[0]), sources=tuple(files)), [], text
    return open_workspace(paths, output), names, text


def _is_file(name: str) -> bool:
    return name == "-" or Path(name).is_file() or name.endswith((".yaml", ".yml", ".json"))


def _read(name: str) -> str:
    from topology.errors import UnreadableInput

    if name == "-":
        return sys.stdin.read()
    try:
        return Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        message = f"`{name}` cannot be read: {reason}."
        raise UnreadableInput(message, hint="Name a file of YAML.") from error


def _run(
    context: typer.Context,
    spec: "ToolSpec",
    arguments: dict[str, Any],
    chosen: _Chosen,
    *,
    out: str,
    as_json: bool,
) -> None:
    from tools.rewritten import RewriteResult

    output: Output = context.obj
    workspace, names, text = chosen
    if names:
        arguments = {**arguments, "policies": names}
    if text:
        arguments = {**arguments, "text": text}
    with output.working("Computing"):
        result = spec.call(workspace, arguments)
    assert isinstance(result, RewriteResult)
    report(output, result, result.artifacts, out=out, as_json=as_json)
    is_fine = result.outcome == "nothing-to-do" or (result.outcome == "done" and result.verified)
    raise typer.Exit(exit_codes.ANSWERED if is_fine else exit_codes.NO)


def report(
    output: Output,
    result: "ToolResult",
    artifacts: "tuple[DraftArtifact, ...]",
    *,
    out: str,
    as_json: bool,
) -> None:
    """Print a proposal, and write its policies where a file was named."""
    document: dict[str, Any] = result.model_dump(mode="json")
    if as_json:
        output.write_json(document)
    else:
        output.write_markdown(result.summary)
        for fault in result.not_verified:
            output.note(fault)
    if out and artifacts:
        _write(output, out, artifacts)


def _write(output: Output, out: str, artifacts: "tuple[DraftArtifact, ...]") -> None:
    from topology.errors import UnreadableInput

    text = "---\n".join(one.content for one in artifacts if one.content)
    try:
        Path(out).write_text(text, encoding="utf-8")
    except OSError as error:
        message = f"`{out}` cannot be written: {error.strerror or error}."
        raise UnreadableInput(message, hint="Name another file with `--out`.") from error
    state = "proven" if all(one.verified for one in artifacts) else "NOT proven"
    output.note(f"Wrote {out} ({state}); nothing was applied.")
