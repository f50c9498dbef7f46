"""Results on show to keep and to share: as an archive, as a page, as code."""

from __future__ import annotations

import os
import re
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ..batches import Asset, Batch
from ..errors import BatchgenError, ParameterError, StateError
from ..projects import Ledger, Project
from ..projects.archives import ZIP_SUFFIXES
from ..wire import CHUNK_BYTES
from .base import Answer, Reply, command
from .shelf import Shelf

__all__ = ["ShareDesk"]

MOST_DOWNLOADED = 8 * 1024 * 1024
"""Bytes of a file that is offered to the browser as well: it takes ten seconds of what the server lets through."""

_JOBS_HELD = 8
_SUFFIXES = {"zip": ".zip", "folder": "", "page": ".html"}


class _Stopped(Exception):
    """Somebody stopped a job."""


@dataclass
class _Job:
    """A file in the making."""

    path: Path
    state: Literal["running", "done", "failed", "stopped"] = "running"
    done: int = 0
    total: int = 0
    size: int = 0
    error: str | None = None
    exists: bool = False
    notes: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def hear(self, done: int, total: int) -> None:
        """Take note of how far it is."""
        if self.stop.is_set():
            raise _Stopped
        self.done, self.total = done, total

    def run(self, write: Callable[[_Job], None]) -> None:
        """Write, and keep what came of it."""
        try:
            write(self)
            self.size = self.path.stat().st_size if self.path.is_file() else _size_of_folder(self.path)
            self.state = "done"
        except _Stopped:
            self.state = "stopped"
        except (BatchgenError, OSError) as error:
            self.error, self.state = str(error), "failed"
        except BaseException as error:
            self.error, self.state = f"{type(error).__name__}: {error}", "failed"
            raise


class ShareDesk:
    """Answers the share dialog of a gallery; what takes long is written by a thread of its own."""

    is_live = False
    offers = "share"

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._jobs: OrderedDict[str, _Job] = OrderedDict()

    def state(self) -> dict[str, Any]:
        """Give no traits: a dialog asks how far its job is."""
        return {}

    def answers(self) -> dict[str, Answer]:
        """Give the quick requests."""
        return {
            "share.plan": self._plan,
            "share.start": self._start,
            "share.progress": self._progress,
            "share.stop": command(lambda params: self._job(params).stop.set()),
        }

    def slow_answers(self) -> dict[str, Answer]:
        """Give the requests that read files, or look at a whole batch."""
        return {"share.read": self._read, "share.code": self._code}

    @property
    def _project(self) -> Project:
        ledger = self._shelf.keeper
        if not isinstance(ledger, Ledger):
            raise StateError("this gallery is empty and belongs to no project; make a gallery of a session or a batch")
        return Project(ledger.root)

    def _batch(self, source: str) -> Batch | None:
        """Give the batch behind a source; None for a list."""
        self._shelf.assets_of(source)
        return None if source == "list" else self._shelf.batch_of(source)

    def _plan(self, params: Mapping[str, Any]) -> Reply:
        batch = self._batch(params["source"])
        name = f"{_plain(batch.generator)}-{batch.created_at.astimezone():%Y%m%d-%H%M%S}" if batch else "results"
        ways = ["zip", "folder", "page", "code"] if batch else ["zip", "folder"]
        return {"folder": str(Path.cwd()), "name": name, "ways": ways}, []

    def _code(self, params: Mapping[str, Any]) -> Reply:
        batch = self._batch(params["source"])
        if batch is None:
            raise StateError("this gallery shows a list of results; open that of a batch to copy its code")
        return {"code": batch.to_code()}, []

    # Files

    def _start(self, params: Mapping[str, Any]) -> Reply:
        how, overwrite = params["how"], bool(params["overwrite"])
        if how not in _SUFFIXES:
            msg = f"how: {how!r} is not allowed; choose 'zip', 'folder' or 'page'"
            raise ParameterError(msg, field="how", value=how)
        job = _Job(_target(str(params["path"]), how))
        positions = params["positions"]
        assets = (
            None
            if positions is None
            else [asset for _, asset in self._shelf.pick(params["source"], [int(place) for place in positions])]
        )
        write = self._writer(params["source"], how, assets, overwrite=overwrite, marks=bool(params["marks"]))
        name = secrets.token_hex(8)
        self._jobs[name] = job
        while len(self._jobs) > _JOBS_HELD:
            self._jobs.popitem(last=False)[1].stop.set()
        if os.path.lexists(job.path) and not overwrite:
            job.state, job.exists, job.error = "failed", True, f"{job.path} is there already"
        else:
            threading.Thread(target=job.run, args=(write,), name="batchgen-share", daemon=True).start()
        return {"job": name}, []

    def _writer(
        self, source: str, how: str, assets: Sequence[Asset] | None, *, overwrite: bool, marks: bool
    ) -> Callable[[_Job], None]:
        batch = self._batch(source)
        if how == "page":
            if batch is None:
                raise StateError("this gallery shows a list of results; open that of a batch to make a page of it")
            return lambda job: _write_page(job, batch, assets, overwrite=overwrite, marks=marks)
        # A batch has tasks that failed as well; a list has nothing but its results.
        chosen = list(self._shelf.assets_of(source)) if assets is None and batch is None else assets
        project = self._project

        def write(job: _Job) -> None:
            from ..projects.exporting import export

            batches = [batch] if batch is not None and chosen is None else None
            done = export(project, job.path, batches=batches, assets=chosen, overwrite=overwrite, progress=job.hear)
            job.notes = [f"Left out: {reason}" for reason in done.missing[:20]]

        return write

    def _job(self, params: Mapping[str, Any]) -> _Job:
        job = self._jobs.get(str(params["job"]))
        if job is None:
            raise StateError("the kernel knows nothing of this file any more; write it again")
        return job

    def _progress(self, params: Mapping[str, Any]) -> Reply:
        job = self._job(params)
        return {
            "state": job.state,
            "done": job.done,
            "total": job.total,
            "path": _shown(job.path),
            "size": job.size,
            "error": job.error,
            "exists": job.exists,
            "notes": job.notes,
        }, []

    def _read(self, params: Mapping[str, Any]) -> Reply:
        job, offset = self._job(params), max(0, int(params["offset"]))
        if job.state != "done" or not job.path.is_file() or job.size > MOST_DOWNLOADED:
            raise StateError(f"{job.path.name}: can't be sent to the browser; find it at {job.path}")
        with job.path.open("rb") as file:
            file.seek(offset)
            data = file.read(CHUNK_BYTES)
        mime = "text/html" if job.path.suffix == ".html" else "application/zip"
        end = offset + len(data)
        return {"size": job.size, "type": mime, "offset": offset, "next": end if end < job.size else None}, [data]


def _write_page(job: _Job, batch: Batch, assets: Sequence[Asset] | None, *, overwrite: bool, marks: bool) -> None:
    job.path.parent.mkdir(parents=True, exist_ok=True)
    batch.to_html(job.path, assets=assets, marks=marks, overwrite=overwrite)


def _target(text: str, how: str) -> Path:
    """Give the place that a person named, with the suffix that belongs there."""
    if not text.strip() or "\0" in text:
        raise ParameterError("path: give a name such as 'results.zip'", field="path", value=text)
    path = Path(text.strip()).expanduser().absolute()
    if how == "folder" and path.suffix.lower() in ZIP_SUFFIXES:
        raise ParameterError(
            f"path: {path.name!r} is the name of a file; give that of a folder", field="path", value=text
        )
    fits = path.suffix.lower() in {"zip": ZIP_SUFFIXES, "page": (".html", ".htm")}.get(how, (path.suffix.lower(),))
    return path if fits else path.with_name(path.name + _SUFFIXES[how])


def _shown(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _size_of_folder(path: Path) -> int:
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def _plain(text: str) -> str:
    """Reduce a name to what every system takes in that of a file."""
    return re.sub(r"[^0-9A-Za-z_-]+", "-", text)[:40] or "batch"
