"""What a kernel says of itself in files, and who believes it."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from batchgen_widgets import presence

REPOSITORY = Path(__file__).resolve().parents[2]
FAKE_KERNEL = """
import sys, threading
from pathlib import Path
from types import ModuleType, SimpleNamespace
heart = threading.Thread(target=threading.Event().wait, daemon=True)
heart.start()
app = SimpleNamespace(heartbeat=heart, abs_connection_file=sys.argv[1])
module = ModuleType("ipykernel.kernelapp")
module.IPKernelApp = SimpleNamespace(initialized=lambda: True, instance=lambda: app)
sys.modules[module.__name__] = module
from batchgen_widgets import presence
"""


@pytest.fixture
def connection(tmp_path: Path) -> Path:
    return tmp_path / "kernel-1f2e.json"


@pytest.fixture
def files(tmp_path: Path) -> Callable[[], list[str]]:
    return lambda: sorted(path.name for path in tmp_path.glob("batchgen/*"))


@pytest.fixture(autouse=True)
def kernel(connection: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """Make this process an ipykernel, as far as anybody can see."""
    ended = threading.Event()
    heart = threading.Thread(target=ended.wait, daemon=True)
    heart.start()
    app = SimpleNamespace(heartbeat=heart, abs_connection_file=str(connection), is_there=True)
    module = ModuleType("ipykernel.kernelapp")
    module.IPKernelApp = SimpleNamespace(initialized=lambda: app.is_there, instance=lambda: app)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    yield app
    presence.withdraw()
    ended.set()


def test_a_kernel_says_what_it_opened(connection: Path, tmp_path: Path, files: Callable[[], list[str]]):
    assert presence.projects_of(connection) is None
    assert files() == []
    presence.announce([tmp_path / "a"])
    assert presence.projects_of(connection) == [tmp_path / "a"]
    presence.announce([tmp_path / "Häuser – 家", tmp_path / "a"])
    assert presence.projects_of(connection) == [tmp_path / "a", tmp_path / "Häuser – 家"]
    assert files() == ["kernel-1f2e.json", "kernel-1f2e.lock"]
    assert (tmp_path / "batchgen" / "kernel-1f2e.json").stat().st_mode & 0o077 == 0
    presence.withdraw()
    assert presence.projects_of(connection) is None
    assert files() == []


def test_it_can_say_so_again_after_it_took_it_back(connection: Path, tmp_path: Path):
    presence.announce([tmp_path / "a"])
    presence.withdraw()
    presence.announce([tmp_path / "b"])
    assert presence.projects_of(connection) == [tmp_path / "b"]


def test_folders_that_are_no_text(connection: Path, tmp_path: Path):
    odd = tmp_path / os.fsdecode(b"caf\xe9")
    presence.announce([odd])
    assert presence.projects_of(connection) == [odd]


def test_nothing_is_said_where_there_is_no_kernel(
    kernel: SimpleNamespace, tmp_path: Path, files: Callable[[], list[str]]
):
    kernel.is_there = False
    assert presence.connection_file() is None
    presence.announce([tmp_path])
    assert files() == []


def test_nor_where_no_server_started_it(kernel: SimpleNamespace, tmp_path: Path):
    kernel.abs_connection_file = str(tmp_path / "tmp12ab.json")
    presence.announce([tmp_path])
    assert presence.projects_of(tmp_path / "tmp12ab.json") is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", ["", "{", "[]", '{"projects": 3}', '{"projects": [3]}', '{"folders": []}'])
def test_what_can_not_be_read_says_nothing(connection: Path, tmp_path: Path, content: str):
    presence.announce([tmp_path])
    (tmp_path / "batchgen" / "kernel-1f2e.json").write_text(content)
    assert presence.projects_of(connection) is None


def test_files_without_a_living_kernel_say_nothing_and_stay(
    connection: Path, tmp_path: Path, files: Callable[[], list[str]]
):
    presence.announce([tmp_path])
    left = [(path, path.read_bytes()) for path in (tmp_path / "batchgen").iterdir()]
    presence.withdraw()
    for path, content in left:
        path.write_bytes(content)
    assert presence.projects_of(connection) is None
    assert len(files()) == 2
    presence.announce([tmp_path / "new"])
    assert presence.projects_of(connection) == [tmp_path / "new"]


def test_a_lock_that_somebody_else_holds_is_said_once(
    connection: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    """As when the package was imported twice; what that said is there to be read."""
    monkeypatch.setattr(presence, "_PATIENCE_S", 0.05)
    twice = presence._Announcement()
    presence.announce([tmp_path / "a"])
    with caplog.at_level(logging.WARNING):
        twice.add([tmp_path / "b"])
        twice.add([tmp_path / "c"])
    [record] = caplog.records
    assert "may not see all of this kernel; restart it" in record.getMessage()
    assert presence.projects_of(connection) == [tmp_path / "b"]


def test_what_is_said_may_be_anything(connection: Path, tmp_path: Path):
    presence.announce([tmp_path / "a"])
    for text in ("", "[]", '{"projects": 3}', '{"projects": [3]}', "[" * 100_000):
        (tmp_path / "batchgen" / "kernel-1f2e.json").write_text(text)
        assert presence.projects_of(connection) is None


def test_where_nothing_can_be_written_that_is_said_once(
    connection: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    (tmp_path / "batchgen").write_text("in the way")
    with caplog.at_level(logging.WARNING):
        presence.announce([tmp_path / "a"])
        presence.announce([tmp_path / "b"])
    assert len(caplog.records) == 1
    assert "sidebar can't find this kernel" in caplog.text
    assert presence.projects_of(connection) is None


def test_sessions_of_several_threads(connection: Path, tmp_path: Path):
    folders = [tmp_path / str(number) for number in range(20)]
    threads = [threading.Thread(target=presence.announce, args=[[folder]]) for folder in folders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = presence.projects_of(connection)
    assert found is not None
    assert sorted(found) == sorted(folders)


def test_servers_that_ask_all_the_time_keep_nobody_from_answering(connection: Path, tmp_path: Path):
    presence.announce([tmp_path])
    presence.withdraw()
    (tmp_path / "batchgen" / "kernel-1f2e.lock").touch()
    stop = threading.Event()
    told: list[list[Path] | None] = []

    def ask() -> None:
        while not stop.is_set():
            told.append(presence.projects_of(connection))

    askers = [threading.Thread(target=ask) for _ in range(3)]
    for asker in askers:
        asker.start()
    try:
        presence.announce([tmp_path])
        assert presence.projects_of(connection) == [tmp_path]
    finally:
        stop.set()
        for asker in askers:
            asker.join()
    assert {tuple(each) for each in told if each is not None} <= {(tmp_path,)}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_a_fork_neither_speaks_for_the_kernel_nor_keeps_it_alive(connection: Path, tmp_path: Path):
    code = """
import os
presence.announce([Path("/projects/of the kernel")])
if os.fork() == 0:
    presence.announce([Path("/projects/of the fork")])
    presence.withdraw()
    print(presence.connection_file(), flush=True)
    sys.stdin.read()
    os._exit(0)
threading.Event().wait()
"""
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", FAKE_KERNEL + code, str(connection)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin, process.stdout:
        assert process.stdout.readline() == "None\n"
        assert presence.projects_of(connection) == [Path("/projects/of the kernel")]
        process.kill()
        process.wait(20)
        # The fork still waits for the end of its input.
        assert presence.projects_of(connection) is None
