"""Which kernels have batch sessions: a small file near each kernel's connection file, which its server reads.

The kernel holds a file lock beside it as long as it lives. A restart keeps the kernel's id and its connection file, and
a crash removes nothing; but both let go of the lock, so that what an earlier process said counts no more.
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import sys
import tempfile
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

__all__ = ["announce", "connection_file", "projects_of", "withdraw"]

_log = logging.getLogger(__name__)

# A server that looks at the same moment holds the lock for much less.
_PATIENCE_S = 1.0


def connection_file() -> Path | None:
    """Give the connection file of this process, absolute; None where it is no ipykernel."""
    module = sys.modules.get("ipykernel.kernelapp")
    if module is None or not module.IPKernelApp.initialized():
        return None
    app = module.IPKernelApp.instance()
    # A fork has the objects of the kernel, but none of its threads.
    if app.heartbeat is None or not app.heartbeat.is_alive():
        return None
    return Path(app.abs_connection_file).absolute()


def announce(projects: Iterable[Path]) -> None:
    """Say that this kernel has a batch session, and opened some projects besides those that it named before.

    Does nothing where the process is no ipykernel of a server. Where nothing can be written, that is logged once.

    Parameters
    ----------
    projects : iterable of Path
        Directories, absolute.
    """
    _announcement.add(projects)


def withdraw() -> None:
    """Take back what this process announced; done by itself when it ends in order."""
    _announcement.withdraw()


def projects_of(connection_file: Path) -> list[Path] | None:
    """Give the projects that a running kernel opened.

    Parameters
    ----------
    connection_file : Path
        Of a kernel of this machine.

    Returns
    -------
    list of Path or None
        Their directories, absolute, in the order in which they were opened. None when the kernel's present process has
        not had a batch session, or nobody can tell.
    """
    places = _places(connection_file)
    if places is None:
        return None
    said, lock_file = places
    try:
        # To ask for the lock would make its file.
        if not lock_file.exists() or not _is_held(lock_file):
            return None
        return [Path(each) for each in json.loads(said.read_text("utf-8"))["projects"]]
    except (OSError, ValueError, KeyError, TypeError, RecursionError, NotImplementedError):
        return None


def _places(connection_file: Path) -> tuple[Path, Path] | None:
    """Give what a kernel says, and the lock that it holds while it lives; None for a kernel that no server started."""
    name = connection_file.name.removesuffix(".json")
    if not name.startswith("kernel-"):  # as of nbclient, in a folder for temporary files that others write too
        return None
    # In a folder: `jupyter console --existing 1234` takes any file beside connection files with 1234 in its name.
    folder = connection_file.parent / "batchgen"
    return folder / f"{name}.json", folder / f"{name}.lock"


_asking = threading.Lock()


def _is_held(lock_file: Path) -> bool:
    # Two threads that ask at once would take each other for the kernel.
    with _asking:
        lock = FileLock(lock_file, timeout=0, thread_local=False)
        try:
            lock.acquire()
        except Timeout:
            return True
        lock.release()
        return False


class _Announcement:
    """What this process has said, and the lock that vouches for it."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        # The lock, the file that it vouches for, and the process that holds it.
        self._held: tuple[FileLock, Path, int] | None = None
        self._projects: dict[Path, None] = {}
        self._failed = False

    def add(self, projects: Iterable[Path]) -> None:
        connection = connection_file()
        places = _places(connection) if connection else None
        if places is None:
            return
        with self._guard:
            new = {path: None for path in projects if path not in self._projects}
            if self._failed or (self._held and not new):
                return
            self._projects |= new
            try:
                self._write(*places)
            except Exception as error:
                # A session needs none of this.
                self._failed = True
                if isinstance(error, Timeout):  # another process, or the package was imported twice
                    _log.warning("JupyterLab's sidebar may not see all of this kernel; restart it: %s", error)
                else:
                    _log.warning("JupyterLab's sidebar can't find this kernel: %s: %s", places[0].parent, error)

    def _write(self, said: Path, lock_file: Path) -> None:
        said.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=said.parent, prefix=".", suffix=".json")
        try:
            with open(handle, "w", encoding="utf-8") as file:
                json.dump({"projects": list(map(str, self._projects))}, file)
            os.replace(draft, said)
        except BaseException:
            with suppress(OSError):
                os.unlink(draft)
            raise
        if self._held is None:
            # Last: the lock makes what is written true, and an earlier process may have written something else.
            lock = FileLock(lock_file, timeout=_PATIENCE_S, poll_interval=0.02, thread_local=False)
            lock.acquire()
            self._held = (lock, said, os.getpid())
            atexit.register(self.withdraw)

    def withdraw(self) -> None:
        with self._guard:
            held, self._held = self._held, None
            self._projects.clear()
            self._failed = False
            atexit.unregister(self.withdraw)
            if held is None:
                return
            lock, said, process = held
            if process != os.getpid():  # a fork, which has announced nothing
                return
            with suppress(OSError):
                said.unlink()
                # While it is held, so that a kernel that was started meanwhile can't be waiting for this very file.
                os.unlink(lock.lock_file)
            with suppress(OSError):
                lock.release()


_announcement = _Announcement()
