"""What the extension answers over HTTP. Everything is only read, and only by who may read it by the server's rules."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado import web

from ..errors import BatchgenError, ProjectError, StateError
from .finding import ProjectSearch
from .framing import frame, frame_refusal
from .kernels import connection_files, session_kernels
from .places import locate
from .sources import Source, Sources

if TYPE_CHECKING:
    from ..wire.sidebar import FoundProjects, SessionKernels

__all__ = ["handlers"]

T = TypeVar("T")

_THREADS: Final = 4
_LONGEST_REQUEST: Final = 1024 * 1024
_NOTHING_HERE: Final = "there is no project and no archive at that path"

_log = logging.getLogger(__name__)


class Reader:
    """What the handlers of one server share: its root, threads that read, and what they have open.

    Parameters
    ----------
    contents : jupyter_server.services.contents.manager.ContentsManager
        Its root and its rule for hidden files are followed. One that keeps its files elsewhere has no root.
    """

    def __init__(self, contents: Any) -> None:
        self._contents = contents
        root = getattr(contents, "root_dir", None)
        self.root = Path(root).expanduser().resolve() if root else None
        self.search = ProjectSearch(self.root) if self.root else None
        self._sources = Sources(self._open_project, _open_archive)
        # Each kind of question has its own: a slow disk below the root must not hide who runs.
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="batchgen-reader")
        self._kernels = ThreadPoolExecutor(1, thread_name_prefix="batchgen-kernels")
        self._searching = ThreadPoolExecutor(1, thread_name_prefix="batchgen-search")

    async def request(self, path: str, method: str, params: Mapping[str, Any]) -> bytes | None:
        """Do what `answer` does, while the server goes on."""
        return await _run(self._threads, lambda: self.answer(path, method, params))

    async def kernels(self, files: Mapping[str, Path]) -> SessionKernels:
        """Say which kernels have batch sessions, by their connection files."""
        return await _run(self._kernels, lambda: session_kernels(files))

    async def projects(self) -> FoundProjects:
        """Look for projects."""
        return await _run(self._searching, self.search.find) if self.search else {"projects": [], "complete": True}

    def answer(self, path: str, method: str, params: Mapping[str, Any]) -> bytes | None:
        """Answer a request, framed; None where the path leads to nothing."""
        found = self._locate(path)
        if not found:
            return None
        framed = self._read(found, method, params)
        # A link that took the place of a folder meanwhile may have led that anywhere.
        return framed if self._locate(path) == found else None

    def _locate(self, path: str) -> Path | None:
        hidden = bool(getattr(self._contents, "allow_hidden", False))
        return locate(self.root, path, allow_hidden=hidden) if self.root else None

    def _read(self, found: Path, method: str, params: Mapping[str, Any]) -> bytes:
        try:
            with self._sources.use(found) as source:
                answer = source.answers().get(method)
                if answer is None:
                    raise StateError(f"{method!r} is no request that can be answered here; reload the page")
                return frame(*answer(params))
        except BatchgenError as error:
            return frame_refusal(error)
        except KeyError as error:
            return frame_refusal(StateError(f"the request lacks {error}"))
        except OSError as error:
            reason = error.strerror or str(error)
            return frame_refusal(ProjectError(f"a file can't be read ({reason}); is it still there?"))
        except Exception as error:
            _log.exception("%s could not be answered", method)
            told = f"this can't be shown ({type(error).__name__}: {error}); the log of the server says more"
            return frame_refusal(ProjectError(told))

    def _open_project(self, path: Path) -> Source:
        from .projects import ProjectSource

        assert self.root is not None  # what is opened was located below it
        place = path.relative_to(self.root).as_posix()
        return ProjectSource(path, "" if place == "." else place)

    def close(self) -> None:
        """Let go of everything."""
        for threads in (self._threads, self._kernels, self._searching):
            threads.shutdown(wait=False, cancel_futures=True)
        self._sources.close()


async def _run(threads: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(threads, work)


def _open_archive(path: Path) -> Source:
    from .archive import open_archive

    return open_archive(path)


class _Handler(APIHandler):
    """A handler of this extension."""

    def initialize(self, reader: Reader) -> None:
        self.reader = reader


class KernelsHandler(_Handler):
    """``GET batchgen/api/kernels``: `SessionKernels`."""

    auth_resource = "kernels"

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Say which kernels have batch sessions."""
        files = connection_files(self.kernel_manager)
        self.finish(json.dumps(await self.reader.kernels(files)))


class ProjectsHandler(_Handler):
    """``GET batchgen/api/projects``: `FoundProjects`."""

    auth_resource = "contents"

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Say which projects there are."""
        self.finish(json.dumps(await self.reader.projects()))


class RequestHandler(_Handler):
    """``POST batchgen/api/request``: an answer to one of `SERVER_REQUESTS`, framed."""

    auth_resource = "contents"

    @web.authenticated
    @authorized(action="read")  # type: ignore[untyped-decorator]  # only without arguments it has types
    async def post(self) -> None:
        """Answer what a page asks of a project or an archive."""
        if len(self.request.body) > _LONGEST_REQUEST:  # to read the JSON of more would hold up the server
            raise web.HTTPError(413, f"a request has at most {_LONGEST_REQUEST:,} bytes")
        try:
            asked = self.get_json_body()
        except (ValueError, RecursionError):  # not UTF-8, or deeper than anything that means something
            asked = None
        given = asked if isinstance(asked, dict) else {}
        path, method, params = (given.get(name) for name in ("path", "method", "params"))
        if not isinstance(path, str) or not isinstance(method, str) or not isinstance(params, dict):
            raise web.HTTPError(400, "a request is a JSON object with path, method and params")
        framed = await self.reader.request(path, method, params)
        if framed is None:
            raise web.HTTPError(404, _NOTHING_HERE)
        self.set_header("Content-Type", "application/octet-stream")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cache-Control", "no-store")
        self.finish(framed, set_content_type="application/octet-stream")


def handlers(base_url: str, reader: Reader) -> list[tuple[str, type[APIHandler], dict[str, Any]]]:
    """Give every handler with its URL."""
    return [
        (url_path_join(base_url, "batchgen", "api", name), handler, {"reader": reader})
        for name, handler in (("kernels", KernelsHandler), ("projects", ProjectsHandler), ("request", RequestHandler))
    ]
