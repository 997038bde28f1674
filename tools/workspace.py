"""Everything known about one network, read once, with its engines built on first use."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from tools.wording import count, shorten
from topology.errors import UnreadableInput
from topology.model import Cluster, Problem

if TYPE_CHECKING:
    from knowledge import Hit
    from topology.flows import FlowFiles
    from topology.flows.observation import Observation
    from topology.paths import Network


__all__ = ["PLAIN", "Knowledge", "Workspace"]

LIVE = "context:"
"""Begins what stands for a live cluster among paths."""
PLAIN = 0.4
"""Relevance from which a passage is taken to speak of what was asked (docs/adr/0004)."""
FEWEST_WORDS = 2
"""Words that a question must have, little ones not counted, before a passage can speak of it."""
DEFAULT_PROFILE = "1.18"
"""The Cilium that AKS runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """The articles and the person's own runbooks, and where their index is kept."""

    index: Path | None = None
    """Folder of the index; None for the user's cache folder."""
    library: Path | None = None
    """File of runbooks; None for the one in the user's data folder."""
    server: str = ""
    """Address of a Chroma server that keeps the vectors instead of the folder."""
    token: str = field(default="", repr=False)
    """What that server asks for."""

    def search(self, query: str, count: int = 3) -> "tuple[Hit, ...]":
        """Return the passages nearest in meaning, best first.

        Raises:
            KnowledgeError: The articles cannot be read.
        """
        # chromadb and onnxruntime take seconds to import; most commands never search.
        from platformdirs import user_cache_path

        from knowledge import search

        return search(
            query,
            count=count,
            index=self.index or user_cache_path("netassist", appauthor=False) / "knowledge",
            library=self._library(),
            server=self.server,
            token=self.token,
        )

    def speaks_of(self, query: str, *, least: float) -> bool:
        """Return whether a passage of a runbook plainly speaks of this, or one of an article.

        Args:
            query: A question.
            least: Relevance that an article must have; above 1 for none.
        """
        from knowledge import KnowledgeError
        from knowledge.words import tokenize

        # One word alone fits whatever holds it.
        if len(set(tokenize(query))) < FEWEST_WORDS:
            return False
        if least > 1 and not self._library().is_file():
            return False
        try:
            hits = self.search(query)
        except KnowledgeError:
            return False
        return any(hit.score >= (PLAIN if hit.own else least) for hit in hits)

    def _library(self) -> Path:
        from platformdirs import user_data_path

        return self.library or user_data_path("netassist", appauthor=False) / "library.sqlite3"


@dataclass(frozen=True, kw_only=True, eq=False)
class Workspace:
    """One frozen view of a network: its objects, its engines and the articles.

    >>> Workspace(cluster=Cluster()).summary()
    'Nothing was loaded.'
    """

    cluster: Cluster
    sources: tuple[str, ...] = ()
    """As the person named them; `sample` for the bundled one."""
    profile: str = DEFAULT_PROFILE
    """Whose policy semantics decide: `1.18`, `1.19` or `kubernetes`."""
    knowledge: Knowledge = Knowledge()
    flow_files: tuple[str, ...] = ()
    """Exports of flows among the sources; read when a tool asks for them."""
    flow_stdin: TextIO | None = None
    host_files: tuple[str, ...] = ()
    """Counters of nodes among the sources."""
    metric_files: tuple[str, ...] = ()
    """Metrics in Prometheus' formats among the sources."""
    book: str = ""
    """File or URL of the address book; empty for the one in the user's data folder."""
    user: str = ""
    """Who is said to make changes to the address book."""

    @classmethod
    def load(
        cls,
        paths: Sequence[str | Path],
        *,
        stdin: TextIO | None = None,
        profile: str = DEFAULT_PROFILE,
        index: Path | None = None,
        cache: Path | None = None,
        progress: Callable[[str], None] = lambda _: None,
    ) -> "Workspace":
        """Read files, folders, or stdin (`-`); large ones are kept in `cache`, if given.

        Args:
            paths: What to read; of two objects of one name the later counts. `context:NAME` is a
                live cluster, by a context of the kubeconfig (`context:` the current one).
            stdin: What `-` stands for.
            profile: Whose policy semantics decide.
            index: Folder of the articles' index.
            cache: Folder in which large clusters are kept.
            progress: Told what is being read of a live cluster.

        Raises:
            UnreadableInput: Nothing at all could be read.
            LiveUnavailable: The live cluster cannot be read.
        """
        from topology.flows.recognition import find_flow_files, starts_with_flows
        from topology.load import load
        from topology.telemetry import find_telemetry

        live = [str(path)[len(LIVE) :] for path in paths if str(path).startswith(LIVE)]
        if len(live) > 1:
            message = "More than one live cluster is named."
            raise UnreadableInput(message, hint="Name one context, and add files of others.")
        files = [path for path in paths if not str(path).startswith(LIVE)]
        flows, counters = find_flow_files(files), find_telemetry(files)
        others = list(files)
        if "-" in map(str, files) and starts_with_flows(stdin):
            flows.append("-")
            others = [path for path in files if str(path) != "-"]
        if live:
            from topology.load.live import connect, load_live

            way = connect(live[0])
            cluster = load_live(way, live[0], others, stdin=stdin, progress=progress)
        else:
            cluster = load(others, stdin=stdin, cache=cache) if others else Cluster()
        return cls(
            cluster=cluster,
            sources=tuple(str(path) for path in paths),
            profile=profile,
            knowledge=Knowledge(index=index),
            flow_files=tuple(flows),
            flow_stdin=stdin,
            host_files=tuple(name for name, kind in counters.items() if kind == "host"),
            metric_files=tuple(name for name, kind in counters.items() if kind == "metrics"),
        )

    @classmethod
    def sample(cls, *, profile: str = DEFAULT_PROFILE, index: Path | None = None) -> "Workspace":
        """Read the bundled sample, a shop on AKS."""
        from topology.load import load
        from topology.samples import sample_path

        path = sample_path()
        # Evidence names files as a person would open them from here.
        if path.is_relative_to(Path.cwd()):
            path = path.relative_to(Path.cwd())
        return cls(
            cluster=load([path]),
            sources=("sample",),
            profile=profile,
            knowledge=Knowledge(index=index),
        )

    @cached_property
    def network(self) -> "Network":
        """Return the cluster with its policy engines, built on first use."""
        from topology.paths import Network

        return Network.build(self.cluster, profile=self.profile)

    @cached_property
    def flows(self) -> "FlowFiles":
        """Return the flows, which are read anew each time they are asked for."""
        from topology.flows import FlowFiles

        return FlowFiles(self.flow_files, stdin=self.flow_stdin)

    @property
    def observation(self) -> "Observation | None":
        """Return the connections that the flows show, read once; None if there are no flows."""
        return self._observed[0]

    @property
    def unread_flows(self) -> tuple[str, ...]:
        """Return what of the flows could not be read for the observation, in sentences."""
        return tuple(f"Not read: {one.message} ({one.location})" for one in self._observed[1])

    @cached_property
    def _observed(self) -> "tuple[Observation | None, Sequence[Problem]]":
        if not self.flow_files:
            return None, ()
        from topology.flows import Query
        from topology.flows.connections import observed

        reading = self.flows.read(Query())
        return observed(reading, self.cluster), reading.tally.problems

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Return what was set aside while reading."""
        if not self.cluster.azure:
            return self.cluster.problems
        from topology.azure import azure_of

        return (*self.cluster.problems, *azure_of(self.cluster).problems)

    def summary(self) -> str:
        """Return one paragraph that says what was loaded."""
        cluster = self.cluster
        names = sorted(cluster.namespaces)
        flows = f" Flows: {shorten(self.flow_files)}." if self.flow_files else ""
        counters = (*self.host_files, *self.metric_files)
        flows += f" Counters: {shorten(counters)}." if counters else ""
        flows = f"{_azure(cluster)}{flows}"
        if not (names or cluster.workloads or cluster.services or cluster.policies):
            return (flows.strip() or "Nothing was loaded.") + _faults(self.problems)
        counts = [
            count(len(cluster.workloads), "workload"),
            count(len(cluster.pods), "pod"),
            count(len(cluster.services), "service"),
            count(len(cluster.nodes), "node"),
        ]
        parts = [f"{', '.join(counts)} in {count(len(names), 'namespace')} ({shorten(names)})."]
        kinds: dict[str, int] = {}
        for policy in cluster.policies:
            kinds[policy.kind] = kinds.get(policy.kind, 0) + 1
        if kinds:
            listed = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
            parts.append(f"Policies: {listed}.")
        else:
            parts.append("No policies: nothing restricts any traffic.")
        return " ".join(parts) + flows + _faults(self.problems)


def _azure(cluster: Cluster) -> str:
    """Return what of Azure was loaded, by kind; empty for nothing."""
    kinds: dict[str, int] = {}
    for document in cluster.azure:
        kinds[document.kind] = kinds.get(document.kind, 0) + 1
    listed = [f"{number} {kind}" for kind, number in sorted(kinds.items())]
    return f" Azure: {shorten(listed)}." if listed else ""


def _faults(problems: tuple[Problem, ...]) -> str:
    if not problems:
        return ""
    return f" {count(len(problems), 'problem')} in the input; first: {problems[0].message}"
