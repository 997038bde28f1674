"""What a client may read: the network in short, each policy as it was written, each article."""

from collections.abc import Iterator
from urllib.parse import quote, unquote

import yaml
from mcp_types import Resource, ResourceTemplate

from tools.workspace import Workspace

__all__ = ["NoResource", "list_resources", "list_templates", "read_resource"]

SUMMARY = "network://summary"
WORKLOADS = "network://workloads"
_POLICY = "policy://"
_ARTICLE = "article://"


class NoResource(Exception):
    """There is no resource of that address; the message tells what there is instead."""


def list_resources(workspace: Workspace) -> tuple[Resource, ...]:
    """Return every resource, in a stable order."""
    return tuple(_resources(workspace))


def list_templates() -> tuple[ResourceTemplate, ...]:
    """Return the forms of the addresses that name an object."""
    return (
        ResourceTemplate(
            name="policy",
            uri_template=f"{_POLICY}{{kind}}/{{namespace}}/{{name}}",
            description="A policy as it was written, with file and line.",
            mime_type="application/yaml",
        ),
        ResourceTemplate(
            name="article",
            uri_template=f"{_ARTICLE}{{slug}}",
            description="An article about Azure CNI, Cilium or Istio, with its sources.",
            mime_type="text/markdown",
        ),
    )


def read_resource(workspace: Workspace, uri: str) -> tuple[str, str]:
    """Return the text and the type of a resource.

    Raises:
        NoResource: There is none of that address.
    """
    if uri == SUMMARY:
        return workspace.summary(), "text/plain"
    if uri == WORKLOADS:
        return _workloads(workspace), "text/plain"
    if uri.startswith(_POLICY):
        return _policy(workspace, unquote(uri.removeprefix(_POLICY))), "application/yaml"
    if uri.startswith(_ARTICLE):
        return _article(unquote(uri.removeprefix(_ARTICLE))), "text/markdown"
    message = f"There is no resource `{uri}`. Begin with `{SUMMARY}`, or list the resources."
    raise NoResource(message)


def _resources(workspace: Workspace) -> Iterator[Resource]:
    from knowledge.split import read_corpus

    yield Resource(
        uri=SUMMARY,
        name="summary",
        description="What was loaded, in one paragraph.",
        mime_type="text/plain",
    )
    yield Resource(
        uri=WORKLOADS,
        name="workloads",
        description="Every workload as `namespace/name`, a line each.",
        mime_type="text/plain",
    )
    for policy in workspace.cluster.policies:
        yield Resource(
            uri=_POLICY + quote(policy.key),
            name=policy.key,
            description=f"Written at {policy.source.at()}.",
            mime_type="application/yaml",
        )
    for article in read_corpus():
        yield Resource(
            uri=_ARTICLE + quote(article.slug),
            name=article.slug,
            description=article.title,
            mime_type="text/markdown",
        )


def _workloads(workspace: Workspace) -> str:
    lines = (f"{one.full_name} ({one.kind})" for one in workspace.cluster.workloads)
    return "\n".join(sorted(lines)) or "There are no workloads."


def _policy(workspace: Workspace, key: str) -> str:
    for policy in workspace.cluster.policies:
        if policy.key == key:
            body = yaml.safe_dump(dict(policy.body), sort_keys=False, allow_unicode=True)
            return f"# {policy.source.at()}\n{body}"
    message = f"There is no policy `{key}`. Its address is `{_POLICY}KIND/NAMESPACE/NAME`."
    raise NoResource(message)


def _article(slug: str) -> str:
    from knowledge.split import read_corpus

    article = next((one for one in read_corpus() if one.slug == slug), None)
    if article is None:
        message = f"There is no article `{slug}`. List the resources for their names."
        raise NoResource(message)
    parts = (f"## {one.heading}\n\n{one.text.strip()}" for one in article.passages)
    sources = (f"- {one.title}, {one.date}: {one.address}" for one in article.sources)
    about = f"# {article.title}\n\nVersions: {article.versions}. Reviewed: {article.reviewed}."
    return "\n\n".join((about, *parts, "## Sources", "\n".join(sources)))
