"""Counters of a node's kernel and network card, as `tail -n +1 /proc/...` or `ethtool` print them.

Source: Documentation/networking/scaling.rst and net/core/net-procfs.c (softnet_stat: column 1
packets, 2 dropped, 3 time_squeeze, hexadecimal, one line for each CPU); proc(5) for the rest.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from topology.load.problems import Report
from topology.model import Location, Problem

__all__ = ["HostReading", "HostSample", "read_hosts"]

_HEADER: Final = re.compile(r"==> (.+?) <==")
_SOFTNET: Final = re.compile(r"[0-9a-f]{8}(?: [0-9a-f]{8}){8,}")
_NIC: Final = re.compile(r"\s*([A-Za-z_][\w\[\]. -]*):\s*(\d+)")
_RING: Final = re.compile(r"Ring parameters for (\S+?):?")
_ETHTOOL: Final = re.compile(r"ethtool -[a-zA-Z] (\S+)")
_SYSFS: Final = re.compile(r"/sys/class/net/([^/]+)/statistics/(\w+)")
_CPU: Final = re.compile(r"cpu(\d+)\s+([\d ]+)")
_NSTAT: Final = re.compile(r"(Udp6?|TcpExt|Tcp)([A-Z]\w+)\s+(\d+)(?:\s+[\d.]+)?")
_SOFTIRQ: Final = 6
"""Column of `/proc/stat` with the time spent in soft interrupts."""
_LARGEST: Final = 8 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSample:
    """The counters of one node at one time."""

    node: str
    """As the node calls itself; empty where the file does not say."""
    counters: Mapping[str, int]
    """By name: `nic.eth0.rx_missed_errors`, `softnet.0.dropped`, `Udp.RcvbufErrors`,
    `softirq.NET_RX.0`, `cpu.0.softirq`, `ring.eth0.RX`, `ring-max.eth0.RX`."""
    places: Mapping[str, Location]


@dataclass(frozen=True, slots=True, kw_only=True)
class HostReading:
    """Every sample of some files, with what could not be read."""

    samples: tuple[HostSample, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(slots=True)
class _Open:
    """A sample that is being read."""

    node: str = ""
    counters: dict[str, int] = field(default_factory=dict)
    places: dict[str, Location] = field(default_factory=dict)
    sections: set[str] = field(default_factory=set)


def read_hosts(paths: Iterable[str | Path]) -> HostReading:
    """Return the samples of files; one that comes later in a file is a later one.

    A section that a sample has already begins the next sample.
    """
    report = Report()
    samples: list[HostSample] = []
    for path in paths:
        try:
            with Path(path).open("rb") as stream:
                text = stream.read(_LARGEST).decode("utf-8", "replace")
        except OSError as error:
            message = f"`{path}` cannot be read: {error.strerror}."
            report.add("error", "unreadable", message, hint="Check its permissions.",
                       location=Location(str(path)))  # fmt: skip
            continue
        reader = _Reader(str(path))
        reader.read(text)
        samples += reader.finish()
        if reader.unread:
            report.add(
                "warning",
                "counter-malformed",
                f"{reader.unread} lines are no counters; the first is `{reader.first[:60]}`.",
                hint="They are left out.",
                location=Location(str(path), reader.first_line),
            )
    return HostReading(samples=tuple(samples), problems=report.finish())


class _Reader:
    """The lines of one file."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._section = ""
        self._device = "nic"
        self._ring = ""
        self._titles: tuple[str, list[str]] = ("", [])
        self._cpu = 0
        self._now = _Open()
        self._done: list[_Open] = []
        self.unread, self.first, self.first_line = 0, "", 0

    def read(self, text: str) -> None:
        """Take every line into account."""
        for number, line in enumerate(text.splitlines(), start=1):
            if line.strip() and not self._take(line.rstrip(), number):
                self.unread += 1
                if self.unread == 1:
                    self.first, self.first_line = line.strip(), number

    def finish(self) -> list[HostSample]:
        """Return the samples in their order; a node that is named once is meant throughout."""
        names = [one.node for one in (*self._done, self._now) if one.node]
        return [
            HostSample(
                node=one.node or (names[0] if names else ""),
                counters=one.counters,
                places=one.places,
            )
            for one in (*self._done, self._now)
            if one.counters
        ]

    def _take(self, line: str, number: int) -> bool:
        header = _HEADER.fullmatch(line.strip())
        if header:
            self._begin(header[1])
            return True
        if self._section.endswith("/hostname"):
            self._now.node = line.strip()
            return True
        for form in (self._sysfs, self._softnet, self._card, self._pairs, self._cpus, self._irqs):
            if form(line, number):
                return True
        return False

    def _begin(self, section: str) -> None:
        """Start a section, and a new sample if this one has that section already."""
        if section in self._now.sections:
            self._done.append(self._now)
            self._now = _Open(node=self._now.node)
        self._now.sections.add(section)
        self._section, self._titles, self._cpu, self._ring = section, ("", []), 0, ""
        device = _ETHTOOL.search(section)
        self._device = device[1] if device else "nic"

    def _put(self, name: str, value: int, number: int) -> bool:
        self._now.counters[name] = value
        self._now.places[name] = Location(self._file, number)
        return True

    def _sysfs(self, line: str, number: int) -> bool:
        found = _SYSFS.fullmatch(self._section)
        if not found or not line.strip().isdecimal():
            return False
        return self._put(f"nic.{found[1]}.{found[2]}", int(line), number)

    def _softnet(self, line: str, number: int) -> bool:
        if not _SOFTNET.fullmatch(line.strip()):
            return False
        if not self._section:
            self._begin("softnet_stat")
        values = [int(word, 16) for word in line.split()]
        for name, value in zip(("processed", "dropped", "squeezed"), values, strict=False):
            self._put(f"softnet.{self._cpu}.{name}", value, number)
        self._cpu += 1
        return True

    def _card(self, line: str, number: int) -> bool:
        """Read a line of `ethtool -S` or `ethtool -g`."""
        ring = _RING.match(line)
        if ring or line.startswith("NIC statistics:"):
            if not self._section.startswith("ethtool"):
                self._begin("ethtool -g " + ring[1] if ring else "ethtool -S nic")
            self._device = ring[1] if ring else self._device
            return True
        if not self._section.startswith("ethtool"):
            return False
        if "maximums" in line or "settings" in line:
            self._ring = "ring-max" if "maximums" in line else "ring"
            return True
        found = _NIC.fullmatch(line)
        if not found:
            return line.strip().endswith("n/a")
        kind = self._ring or "nic"
        return self._put(f"{kind}.{self._device}.{found[1].strip()}", int(found[2]), number)

    def _pairs(self, line: str, number: int) -> bool:
        """Read `/proc/net/snmp` and `netstat`: a line of titles, then one of values; or `nstat`."""
        found = _NSTAT.fullmatch(line.strip())
        if found:
            return self._put(f"{found[1]}.{found[2]}", int(found[3]), number)
        group, _, rest = line.partition(": ")
        if not rest or " " in group:
            return False
        words = rest.split()
        if self._titles[0] != group:
            self._titles = (group, words)
            return words[0][:1].isalpha()
        for name, value in zip(self._titles[1], words, strict=False):
            if value.isdecimal():
                self._put(f"{group}.{name}", int(value), number)
        self._titles = ("", [])
        return True

    def _cpus(self, line: str, number: int) -> bool:
        """Read a line of `/proc/stat`; only those of single CPUs count."""
        if not self._section.endswith("/stat"):
            return False
        found = _CPU.fullmatch(line.strip())
        if found:
            values = [int(word) for word in found[2].split()]
            if len(values) > _SOFTIRQ:
                self._put(f"cpu.{found[1]}.softirq", values[_SOFTIRQ], number)
                # The last two columns, of guests, are counted in the first two already.
                self._put(f"cpu.{found[1]}.total", sum(values[:8]), number)
        return True

    def _irqs(self, line: str, number: int) -> bool:
        if not self._section.endswith("/softirqs"):
            return False
        name, _, rest = line.strip().partition(":")
        for cpu, value in enumerate(rest.split()):
            if value.isdecimal():
                self._put(f"softirq.{name}.{cpu}", int(value), number)
        return True
