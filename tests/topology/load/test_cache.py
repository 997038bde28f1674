import logging
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from evals.bench.files import write
from evals.bench.objects import make_objects
from evals.bench.sizes import SIZES
from topology.load import cache as cache_module
from topology.load import load, load_text
from topology.load.cache import MOST_ENTRIES, ClusterCache
from topology.load.fingerprints import take_fingerprint
from topology.model import Cluster

ROOT = Path(__file__).resolve().parents[3]
OWNED = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="files have owners on POSIX only")


@pytest.fixture
def export(tmp_path: Path) -> Path:
    folder = tmp_path / "export"
    write(make_objects(SIZES[1_000], flavor="cilium", full=False), folder, "json")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "clusters"


def cluster_of(name: str) -> Cluster:
    return load_text(f"{{kind: Pod, apiVersion: v1, metadata: {{name: {name}}}}}")


def entry_of(folder: Path) -> Path:
    (entry,) = folder.iterdir()
    return entry


def plant(folder: Path, export: Path, name: str = "planted") -> Path:
    """Put another cluster where that of an export is looked for."""
    fingerprint = take_fingerprint([export])
    assert fingerprint is not None
    ClusterCache(folder).store(fingerprint, cluster_of(name))
    return entry_of(folder)


def names(cluster: Cluster) -> list[str]:
    return [pod.name for pod in cluster.pods]


def test_an_unchanged_export_is_reopened_with_every_field_and_line(
    export: Path, folder: Path
) -> None:
    first = load([export], cache=folder)
    again = load([export], cache=folder)
    assert again is not first
    assert again == first == load([export])
    for ours, theirs in zip(again.policies, first.policies, strict=True):
        assert dict(ours.source.lines) == dict(theirs.source.lines)


def test_a_second_load_comes_from_the_folder(export: Path, folder: Path) -> None:
    plant(folder, export)
    assert names(load([export], cache=folder)) == ["planted"]
    assert names(load([export])) != ["planted"]


def test_an_edited_an_added_and_a_removed_file_are_seen(export: Path, folder: Path) -> None:
    before = load([export], cache=folder)
    text = (export / "nodes.json").read_text()
    name = before.nodes[0].name
    (export / "nodes.json").write_text(text.replace(f'"{name}"', f'"{name[:-1]}x"'))
    assert f"{name[:-1]}x" in [node.name for node in load([export], cache=folder).nodes]
    (export / "more.yaml").write_text("{kind: Node, apiVersion: v1, metadata: {name: more}}")
    assert "more" in [node.name for node in load([export], cache=folder).nodes]
    (export / "nodes.json").unlink()
    assert [node.name for node in load([export], cache=folder).nodes] == ["more"]


def test_a_file_that_changes_while_it_is_read_is_not_kept(
    export: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from topology.load import reading

    assemble = reading.assemble

    def assemble_late(*given: object, **named: object) -> Cluster:
        (export / "late.yaml").write_text("{kind: Node, apiVersion: v1, metadata: {name: late}}")
        return assemble(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(reading, "assemble", assemble_late)
    load([export], cache=folder)
    assert not folder.exists()


def test_small_files_are_read_and_not_kept(tmp_path: Path, folder: Path) -> None:
    path = tmp_path / "pod.yaml"
    path.write_text("{kind: Pod, apiVersion: v1, metadata: {name: web}}")
    assert names(load([path], cache=folder)) == ["web"]
    assert not folder.exists()


@pytest.mark.parametrize("damage", ["empty", "cut", "flipped", "foreign", "other content"])
def test_a_damaged_entry_is_passed_over_and_replaced(
    export: Path, folder: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    whole = load([export], cache=folder)
    entry = entry_of(folder)
    data = entry.read_bytes()
    middle = len(data) // 2
    entry.write_bytes(
        {
            "empty": b"",
            "cut": data[:middle],
            "flipped": data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :],
            "foreign": b"\x80\x05cos\nsystem\n(S'true'\ntR.",
            "other content": data[: len(b"netassist cluster 1\n")] + data[middle:],
        }[damage]
    )
    with caplog.at_level(logging.DEBUG):
        assert load([export], cache=folder) == whole
    assert "is not used" in caplog.text
    assert entry.read_bytes() == data


@OWNED
def test_folder_and_entries_are_private(export: Path, folder: Path) -> None:
    load([export], cache=folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(entry_of(folder).stat().st_mode) == 0o600


@OWNED
@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_an_entry_that_others_may_write_is_refused(export: Path, folder: Path, mode: int) -> None:
    plant(folder, export).chmod(mode)
    assert "planted" not in names(load([export], cache=folder))


@OWNED
def test_a_folder_that_others_may_write_is_not_used(export: Path, folder: Path) -> None:
    plant(folder, export)
    folder.chmod(0o777)
    assert "planted" not in names(load([export], cache=folder))
    assert ClusterCache(folder).open("0" * 64) is None


@OWNED
def test_an_entry_or_folder_of_another_user_is_refused(
    export: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(folder, export)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert "planted" not in names(load([export], cache=folder))


@OWNED
def test_links_are_not_followed(export: Path, folder: Path, tmp_path: Path) -> None:
    entry = plant(folder, export)
    elsewhere = entry.rename(tmp_path / "elsewhere")
    entry.symlink_to(elsewhere)
    assert "planted" not in names(load([export], cache=folder))
    assert not entry.is_symlink()
    real = folder.rename(tmp_path / "real")
    folder.symlink_to(real)
    assert ClusterCache(folder).open(entry.stem) is None


def test_a_folder_that_cannot_be_made_costs_nothing_but_time(
    export: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    with caplog.at_level(logging.DEBUG):
        found = load([export], cache=tmp_path / "file" / "clusters")
    assert found == load([export])
    assert "no cache entry is kept" in caplog.text


def test_a_full_disk_leaves_no_part_of_an_entry(
    export: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    load([export], cache=folder)
    assert list(folder.iterdir()) == []


def test_entries_used_least_recently_are_removed(folder: Path) -> None:
    kept = ClusterCache(folder)
    for number in range(MOST_ENTRIES):
        kept.store(f"{number:02}", cluster_of(f"p{number}"))
        os.utime(folder / f"{number:02}.cluster", (number, number))
    assert kept.open("00") is not None
    kept.store("new", cluster_of("new"))
    assert kept.open("01") is None
    assert kept.open("00") is not None
    assert kept.open("new") is not None
    assert len(list(folder.iterdir())) == MOST_ENTRIES


def test_all_entries_together_stay_below_a_size(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = ClusterCache(folder)
    kept.store("old", cluster_of("old"))
    os.utime(folder / "old.cluster", (1, 1))
    monkeypatch.setattr(cache_module, "MOST_BYTES", (folder / "old.cluster").stat().st_size + 9)
    kept.store("new", cluster_of("new"))
    assert [path.name for path in folder.iterdir()] == ["new.cluster"]
    kept.store("large", cluster_of("x" * 1000))
    assert kept.open("large") is None


def test_entries_that_nobody_finished_are_removed(folder: Path) -> None:
    folder.mkdir(parents=True, mode=0o700)
    (folder / "abandoned.unfinished").write_bytes(b"")
    os.utime(folder / "abandoned.unfinished", (1, 1))
    (folder / "busy.unfinished").write_bytes(b"")
    ClusterCache(folder).store("one", cluster_of("one"))
    assert sorted(path.name for path in folder.iterdir()) == ["busy.unfinished", "one.cluster"]


def test_processes_that_load_at_once_all_see_the_whole_cluster(export: Path, folder: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from topology.load import load\n"
        "for _ in range(4):\n"
        "    c = load([sys.argv[1]], cache=Path(sys.argv[2]))\n"
        "    for e in Path(sys.argv[2]).glob('*.cluster'): e.unlink(missing_ok=True)\n"
        "print(len(c.pods), len(c.policies))"
    )
    command = [sys.executable, "-c", code, str(export), str(folder)]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT)
        for _ in range(2)
    ]
    said = [process.communicate() for process in running]
    expected = load([export])
    for (out, error), process in zip(said, running, strict=True):
        assert process.returncode == 0, error.decode()
        assert out.split() == [b"%d" % len(expected.pods), b"%d" % len(expected.policies)]
    assert not list(folder.glob("*.unfinished"))
