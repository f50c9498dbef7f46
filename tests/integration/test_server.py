"""The server extension in a real Jupyter server: who gets in, what they see, and that looking changes nothing."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import shutil
import socket
import sqlite3
import struct
import subprocess
import sys
import threading
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

import batchgen_widgets as bg
from batchgen_widgets.projects import project_key
from batchgen_widgets.server.handlers import Reader, handlers
from batchgen_widgets.testing import wait_for

ROOT = Path(__file__).resolve().parents[2]
# Three servers and a kernel start in here, on a machine that may be busy.
pytestmark = pytest.mark.timeout(180)

TOKEN = "batchgen-server-tests"
TOKEN_HEADER = {"Authorization": f"token {TOKEN}"}

DENYING = """
from pathlib import Path
from jupyter_server.auth import Authorizer

class Denying(Authorizer):
    def is_authorized(self, handler, user, action, resource):
        with open(Path(__file__).with_name("asked.txt"), "a") as asked:
            asked.write(f"{action} {resource} {handler.request.path}\\n")
        return resource not in ("contents", "kernels")
"""


class Answer:
    """What a server said."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def framed(self) -> tuple[dict[str, Any], list[bytes]]:
        """The header and the buffers of an answered request."""
        assert (self.status, self.headers["Content-Type"]) == (200, "application/octet-stream"), self.body[:1000]
        (length,) = struct.unpack_from("<I", self.body)
        header = json.loads(self.body[4 : 4 + length])
        rest, buffers = self.body[4 + length :], []
        for size in header.get("sizes", []):
            buffers.append(rest[:size])
            rest = rest[size:]
        assert rest == b""
        return header, buffers


class Server:
    """A Jupyter server in a process of its own, on this machine only."""

    def __init__(self, home: Path, base_url: str = "/", *options: str, path: Path | None = None) -> None:
        self.home = home
        self.root = (home / "root").resolve()
        self.runtime = home / "runtime"
        self.base_url = base_url
        for folder in (self.root, home / "config"):
            folder.mkdir(parents=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        environment = {
            **os.environ,
            "HOME": str(home),
            "JUPYTER_CONFIG_DIR": str(home / "config"),
            "JUPYTER_DATA_DIR": str(home / "data"),
            "JUPYTER_RUNTIME_DIR": str(self.runtime),
            "IPYTHONDIR": str(home / "ipython"),
            "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), path and str(path), os.environ.get("PYTHONPATH")])),
        }
        arguments = [
            "--no-browser",
            "--allow-root",
            "--ServerApp.ip=127.0.0.1",
            f"--ServerApp.port={self.port}",
            "--ServerApp.port_retries=0",
            f"--ServerApp.base_url={base_url}",
            "--ServerApp.jpserver_extensions={'batchgen_widgets': True}",
            f"--IdentityProvider.token={TOKEN}",
            f"--ServerApp.root_dir={self.root}",
            *options,
        ]
        self._log = (home / "server.log").open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyter_server", *arguments],
            cwd=home,
            env=environment,
            stdout=self._log,
            stderr=self._log,
        )
        try:
            wait_for(self._is_up, "the Jupyter server", timeout=90)
        except BaseException:
            self.stop()
            raise

    def _is_up(self) -> bool:
        assert self.process.poll() is None, self.log()
        try:
            return self.send("GET", "api/status").status == 200
        except OSError:
            return False

    def log(self) -> str:
        return (self.home / "server.log").read_text("utf-8")

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._log.close()

    def send(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, timeout: float = 30
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
            told = TOKEN_HEADER if headers is None else headers
            connection.request(method, urllib.parse.urljoin(self.base_url, path), data, told)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        answer = self.send("GET", path)
        assert answer.status == 200, answer.body
        return json.loads(answer.body)

    def post(self, path: str, method: str, params: dict[str, Any]) -> Answer:
        return self.send("POST", "batchgen/api/request", {"path": path, "method": method, "params": params})

    def ask(self, path: str, method: str, **params: Any) -> tuple[dict[str, Any], list[bytes]]:
        """Ask for something that must work."""
        header, buffers = self.post(path, method, params).framed()
        assert header["ok"], header
        return header["result"], buffers

    def refusal(self, path: str, method: str, **params: Any) -> dict[str, str]:
        """Ask for something that must be refused, and give the reason."""
        header, buffers = self.post(path, method, params).framed()
        assert not header["ok"], header
        assert not buffers
        return header["error"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("server"))
    yield running
    running.stop()


@bg.generator
def scenes(prompt: str = "a scene", seed: int = 0) -> Any:
    """Make a picture that comes in several pieces."""
    picture = Image.effect_noise((640, 640), 90 + seed % 5).convert("RGB")
    return {"image": picture, "score": seed / 2}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A project as a kernel left it that has ended, and its batch."""
    folder = tmp_path_factory.mktemp("template") / "project"
    done = subprocess.run(
        [sys.executable, "-c", f"from tests.integration.test_server import make; make({str(folder)!r})"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return folder, json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def project(server: Server, template: tuple[Path, str], tmp_path: Path) -> Iterator[SimpleNamespace]:
    """A project under the server's root, which nobody has open."""
    folder = server.root / tmp_path.name / "project"
    shutil.copytree(template[0], folder)
    yield SimpleNamespace(folder=folder, path=folder.relative_to(server.root).as_posix(), batch=template[1])
    shutil.rmtree(folder.parent)


def make(folder: str) -> None:
    """Make a project with one batch of four; say which."""
    with bg.BatchSession(scenes, folder) as session:
        session.set_batch_config({"batch_size": 4, "variation_params": {"vary_seeds": True, "seed": 5}})
        batch = session.start_batch()
        assert batch.wait(30)
        session.set_marks([batch.results[0]], "favorite")
        print(json.dumps(batch.id))


def tree(root: Path) -> dict[str, tuple[int, str]]:
    return {
        path.relative_to(root).as_posix(): (
            path.stat().st_mtime_ns,
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
        )
        for path in [root, *root.rglob("*")]
    }


def everything(server: Server, path: str, batch: str) -> dict[str, tuple[dict[str, Any], list[bytes]]]:
    """Ask every request of a project."""
    query = {"text": "", "generator": None, "status": None, "favorites": False, "start": 0, "stop": 10}
    records, _ = server.ask(path, "assets.get", source=batch, positions=[0, 1, 2, 3])
    ids = [record["id"] for record in records["records"]]
    asked: dict[str, dict[str, Any]] = {
        "gallery.open": {"batch": batch, "revision": ""},
        "assets.get": {"source": batch, "positions": [0, 1, 2, 3]},
        "assets.thumbnails": {"source": batch, "positions": [0, 1, 2, 3]},
        "assets.media": {"source": batch, "position": 0, "offset": 0},
        "assets.columns": {"source": batch, "start": 0, "stop": 10},
        "cells.get": {"source": batch, "start": 0, "stop": 10},
        "history.get": query,
        "history.compare": {"a": batch, "b": batch},
        "assets.thumbnails_by_id": {"ids": ids},
        "lineage.get": {"asset": ids[0]},
    }
    from batchgen_widgets.wire.sidebar import SERVER_REQUESTS

    assert set(asked) == set(SERVER_REQUESTS)
    return {method: server.ask(path, method, **params) for method, params in asked.items()}


# Who gets in


OURS = [
    (name, path.removeprefix("/"))
    for path, handler, _ in handlers("/", Reader(SimpleNamespace(root_dir=None)))
    for name in handler.SUPPORTED_METHODS
    if getattr(handler, name.lower()) is not handler._unimplemented_method and name not in ("OPTIONS",)
    if name.lower() in vars(handler)
]
XSRF = {"Cookie": "_xsrf=abc", "X-XSRFToken": "abc"}


def test_every_handler_is_known():
    assert sorted(OURS) == [
        ("GET", "batchgen/api/kernels"),
        ("GET", "batchgen/api/projects"),
        ("POST", "batchgen/api/request"),
    ]


@pytest.mark.parametrize(("method", "path"), OURS)
@pytest.mark.parametrize(
    "headers", [{}, XSRF, {"Authorization": "token wrong"}, {**XSRF, "Authorization": "Basic YTpi"}]
)
def test_nobody_gets_in_without_the_token(server: Server, method: str, path: str, headers: dict[str, str]):
    body = {"path": "", "method": "history.get", "params": {}} if method == "POST" else None
    answer = server.send(method, path, body, headers)
    assert answer.status == 403
    assert b"projects" not in answer.body
    assert server.send(method, path, body).status in (200, 404)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "GET"])
def test_nothing_can_be_done_but_to_ask(server: Server, method: str):
    assert server.send(method, "batchgen/api/request", {}).status == 405


def test_a_page_of_another_site_can_ask_nothing_with_the_cookie_of_a_login(server: Server):
    login = server.send("GET", f"api/status?token={TOKEN}", headers={})
    cookies = [cookie.partition(";")[0] for cookie in login.headers.get_all("Set-Cookie", [])]
    xsrf = next((cookie for cookie in cookies if cookie.startswith("_xsrf")), None)
    if xsrf is None:
        page = server.send("GET", "login", headers={})
        xsrf = next(c.partition(";")[0] for c in page.headers.get_all("Set-Cookie", []) if c.startswith("_xsrf"))
        cookies.append(xsrf)
    body = {"path": "nowhere", "method": "history.get", "params": {}}
    forged = server.send("POST", "batchgen/api/request", body, {"Cookie": "; ".join(cookies)})
    assert forged.status == 403
    assert b"_xsrf" in forged.body
    meant = {"Cookie": "; ".join(cookies), "X-XSRFToken": xsrf.partition("=")[2]}
    assert server.send("POST", "batchgen/api/request", body, meant).status == 404


def test_another_base_url_and_an_authorizer_that_says_no(tmp_path: Path):
    (tmp_path / "denying.py").write_text(DENYING)
    other = Server(
        tmp_path / "home", "/user/some-one/lab/", "--ServerApp.authorizer_class=denying.Denying", path=tmp_path
    )
    try:
        for method, path in OURS:
            body = {"path": "", "method": "history.get", "params": {}} if method == "POST" else None
            assert other.send(method, path, body).status == 403
            assert other.send(method, path, body, {}).status == 403
        asked = (tmp_path / "asked.txt").read_text().splitlines()
        assert set(asked) >= {
            "read kernels /user/some-one/lab/batchgen/api/kernels",
            "read contents /user/some-one/lab/batchgen/api/projects",
            "read contents /user/some-one/lab/batchgen/api/request",
        }
        assert other.send("GET", "/batchgen/api/projects").status == 404
    finally:
        other.stop()


def test_below_another_base_url_everything_works(tmp_path: Path):
    other = Server(tmp_path / "home", "/user/some-one/lab/")
    try:
        make_in = other.root / "project"
        shutil.copytree(ROOT / "tests" / "fixtures" / "projects" / "schema2", make_in)
        [found] = other.get("batchgen/api/projects")["projects"]
        assert (found["path"], found["key"]) == ("project", project_key(make_in))
        query = {"text": "", "generator": None, "status": None, "favorites": False, "start": 0, "stop": 10}
        assert other.ask("project", "history.get", **query)[0]["total"] == found["batches"]
    finally:
        other.stop()


# Paths


def test_hostile_paths_have_one_answer(server: Server, project: SimpleNamespace, tmp_path: Path):
    outside = tmp_path / "outside"
    shutil.copytree(project.folder, outside)
    (project.folder.parent / "out").symlink_to(outside)
    hidden = project.folder.parent / ".hidden"
    shutil.copytree(project.folder, hidden)
    (project.folder.parent / "to hidden").symlink_to(hidden)
    (project.folder.parent / "notes.txt").write_text("notes")
    work = project.folder.parent.name
    up = os.path.relpath(outside, server.root)
    paths = [
        *("nowhere", "..", up, f"{work}/../{up}", f"{work}/./project", f"/{project.path}", str(project.folder)),
        *(str(outside), "/etc/passwd", "~", f"{project.path}/", f"{work}//project", f"{work}/out", f"{work}/.hidden"),
        *(f"{work}/to hidden", f"{work}/notes.txt", f"{work}/project/batchgen.db", f"{work}\\project", work, ""),
        *("%2e%2e", up.replace("..", "%2e%2e"), up.replace("/", "%2f"), "..\\..\\outside", f"{project.path}\0"),
        *("\0", "a" * 300, "a/" * 3000, "x" * 200_000, "\uff0e\uff0e/outside", f"{project.path}\u202e", "\ud800"),
        *(f"{project.path}/assets", f"{project.path}/../project", "C:\\", "file:///etc/passwd", "\\\\host\\share"),
    ]
    answers = {path: server.post(path, "history.get", {}) for path in paths}
    assert {answer.status for answer in answers.values()} == {404}
    assert len({answer.body for answer in answers.values()}) == 1
    assert {answer.headers["Content-Type"] for answer in answers.values()} == {"application/json"}


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"[]", b"3", b"{", b'{"path": "x"}', b"\xff\xfe", b"[" * 100_000),
        *({"path": 3, "method": "history.get", "params": {}}, {"path": "", "method": None, "params": {}}),
        *({"path": "", "method": "x", "params": []}, {"path": ["a"], "method": "x", "params": {}}),
    ],
    ids=lambda body: repr(body)[:40],
)
def test_what_is_no_request_is_refused(server: Server, body: Any):
    assert server.send("POST", "batchgen/api/request", body).status == 400


def test_a_request_that_is_too_long_is_not_read(server: Server):
    body = {"path": "", "method": "history.get", "params": {"text": "x" * 1_048_576}}
    assert server.send("POST", "batchgen/api/request", body).status == 413


@pytest.mark.parametrize("path", ["batchgen/api/kernels", "batchgen/api/projects"])
def test_lists_are_json_and_nothing_else(server: Server, path: str):
    answer = server.send("GET", path)
    assert answer.headers["Content-Type"].partition(";")[0] == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("method", "params", "said"),
    [
        ("assets.mark", {}, "no request that can be answered here"),
        ("__class__", {}, "no request that can be answered here"),
        ("history.get", {}, "the request lacks 'start'"),
        ("gallery.open", {"batch": "nothing", "revision": ""}, "no such batch"),
        ("assets.get", {"source": ["list"], "positions": [0]}, "no such batch"),
        ("assets.get", {"source": "nothing", "positions": "all"}, "no such batch"),
        ("lineage.get", {"asset": {"deep": []}}, "no such asset"),
        ("assets.thumbnails_by_id", {"ids": 3}, "can't be shown"),
    ],
)
def test_requests_that_make_no_sense_say_so(
    server: Server, project: SimpleNamespace, method: str, params: dict[str, Any], said: str
):
    assert said in server.refusal(project.path, method, **params)["message"]


# What is seen


def test_projects_are_found(server: Server, project: SimpleNamespace):
    def found() -> dict[str, Any] | None:
        told = server.get("batchgen/api/projects")
        assert told["complete"]
        return next((one for one in told["projects"] if one["path"] == project.path), None)

    wait_for(found, "the project")
    one = found()
    assert one
    assert (one["name"], one["batches"], one["key"]) == ("project", 1, project_key(project.folder))
    assert "problem" not in one


def test_reading_changes_no_byte_and_no_file(server: Server, project: SimpleNamespace):
    assert not list(project.folder.glob("*-wal"))
    before = tree(project.folder)
    everything(server, project.path, project.batch)
    # Nor does it without thumbnails.
    missing = sorted((project.folder / "thumbnails").rglob("*.webp"))
    for file in missing:
        file.unlink()
    without = tree(project.folder)
    again = everything(server, project.path, project.batch)
    assert all(again["assets.thumbnails"][1])
    assert tree(project.folder) == without
    assert set(before) - set(without) == {file.relative_to(project.folder).as_posix() for file in missing}


def test_thumbnails_and_media_arrive_whole(server: Server, project: SimpleNamespace):
    _, pictures = server.ask(project.path, "assets.thumbnails", source=project.batch, positions=[0, 1, 2, 3])
    records, _ = server.ask(project.path, "assets.get", source=project.batch, positions=[0, 1, 2, 3])
    with sqlite3.connect(f"file:{project.folder / 'batchgen.db'}?mode=ro&immutable=1", uri=True) as connection:
        rows = connection.execute("SELECT file, thumbnail FROM assets ORDER BY rowid").fetchall()
    connection.close()
    assert pictures == [(project.folder / thumbnail).read_bytes() for _, thumbnail in rows]
    for position, (file, _) in enumerate(rows):
        data, offset, pieces = b"", 0, 0
        while offset is not None:
            chunk, (piece,) = server.ask(
                project.path, "assets.media", source=project.batch, position=position, offset=offset, original=True
            )
            assert chunk["type"] == "image/png"
            data, offset, pieces = data + piece, chunk["next"], pieces + 1
        assert pieces > 1
        assert data == (project.folder / file).read_bytes()
        assert records["records"][position]["path"] == f"{project.path}/{file}"


def test_an_archive_is_looked_at_where_it_lies(server: Server, project: SimpleNamespace):
    archive = project.folder.parent / "best.batchgen"
    project_here = bg.Project(project.folder)
    project_here.export(archive)
    path = archive.relative_to(server.root).as_posix()
    before = tree(archive.parent)
    opened, (kinds, _) = server.ask(path, "gallery.open", batch=None, revision="")
    assert opened["gallery"]["total"] == len(kinds) == 4
    _, pictures = server.ask(path, "assets.thumbnails", source=opened["gallery"]["source"], positions=[0])
    assert pictures[0][:4] == b"RIFF"
    assert tree(archive.parent) == before
    archive.write_bytes(b"PK no archive")
    assert server.refusal(path, "gallery.open", batch=None, revision="")["type"] == "ProjectError"


def test_projects_that_cannot_be_read_say_why(server: Server, project: SimpleNamespace):
    damaged = project.folder.parent / "damaged"
    damaged.mkdir()
    (damaged / "batchgen.db").write_bytes(b"no database at all")
    early = project.folder.parent / "early"
    shutil.copytree(ROOT / "tests" / "fixtures" / "projects" / "schema1", early)
    before = tree(project.folder.parent)
    for folder, said in ((damaged, "damaged"), (early, "open it once in a notebook")):
        path = folder.relative_to(server.root).as_posix()
        refusal = server.refusal(path, "gallery.open", batch="any", revision="")
        assert refusal["type"] == "ProjectError"
        assert said in refusal["message"]
    assert tree(project.folder.parent) == before


WRITER = """
import sys
import batchgen_widgets as bg
from batchgen_widgets.testing import GatedGenerator, wait_for

gate = GatedGenerator()
session = bg.BatchSession(gate.generator, sys.argv[1])
session.set_batch_config({"batch_size": 3, "variation_params": {"vary_seeds": True, "seed": 5}})
batch = session.start_batch()
print(batch.id, flush=True)
for done, _ in enumerate(sys.stdin, 1):
    gate.next_call().finish()
    wait_for(lambda: batch.completed_count == done, "a result")
    print(batch.status, flush=True)
session.close()
"""


def test_a_running_batch_is_seen_as_it_is_while_another_process_writes(server: Server):
    folder = server.root / "living"
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert writer.stdin
    assert writer.stdout
    try:
        batch = writer.stdout.readline().strip()
        revisions = {""}
        for total in (0, 1, 2, 3):
            if total:
                writer.stdin.write("go\n")
                writer.stdin.flush()
                assert writer.stdout.readline()
            opened, _ = server.ask("living", "gallery.open", batch=batch, revision="")
            assert opened["gallery"]["total"] == total
            assert opened["revision"] not in revisions
            revisions.add(opened["revision"])
            again, _ = server.ask("living", "gallery.open", batch=batch, revision=opened["revision"])
            assert again["gallery"] is None
            before = tree(folder)
            records, _ = server.ask("living", "assets.get", source=batch, positions=list(range(total)))
            assert len(records["records"]) == total
            server.ask("living", "cells.get", source=batch, start=0, stop=3)
            # The next task may begin at any moment, and that is written.
            changed = {name for name, told in tree(folder).items() if before.get(name) != told}
            assert changed <= {"batchgen.db-wal", "batchgen.db-shm"}
        writer.stdin.close()
        assert writer.wait(20) == 0
    finally:
        writer.kill()
        writer.wait()
        writer.stdout.close()
    # Nobody else has it open, so whoever wrote has cleared up behind itself.
    assert not (folder / "batchgen.db-wal").exists()
    shutil.rmtree(folder)


def test_the_server_goes_on_while_a_project_takes_its_time(server: Server, project: SimpleNamespace):
    database = sqlite3.connect(project.folder / "batchgen.db", isolation_level=None)
    database.execute("PRAGMA journal_mode = DELETE")
    database.execute("BEGIN EXCLUSIVE")
    database.execute("UPDATE batches SET status = 'running'")
    answers: list[Any] = []
    asking = [
        threading.Thread(
            target=lambda: answers.append(server.ask(project.path, "gallery.open", batch=project.batch, revision=""))
        )
        for _ in range(2)
    ]
    try:
        for thread in asking:
            thread.start()
        for _ in range(20):
            assert server.send("GET", "api/status", timeout=2).status == 200
        assert not answers
        database.execute("ROLLBACK")
        for thread in asking:
            thread.join(20)
        assert [answer[0]["gallery"]["total"] for answer in answers] == [4, 4]
    finally:
        database.close()


def is_ready(client: Any) -> bool:
    try:
        client.wait_for_ready(timeout=40)
    except RuntimeError:  # on a busy machine its heart may miss a beat
        return False
    return True


def test_kernels_with_sessions_are_told(server: Server):
    from jupyter_client.blocking.client import BlockingKernelClient

    started = server.send("POST", "api/kernels", {"name": "python3"})
    assert started.status == 201, started.body
    kernel = json.loads(started.body)["id"]
    client = BlockingKernelClient(connection_file=str(server.runtime / f"kernel-{kernel}.json"))
    try:
        wait_for((server.runtime / f"kernel-{kernel}.json").exists, "the connection file")
        client.load_connection_file()
        client.start_channels()
        wait_for(lambda: is_ready(client), "the kernel", timeout=50)
        assert kernel not in server.get("batchgen/api/kernels")["kernels"]
        folder = server.root / "of the kernel"
        code = f"""
import batchgen_widgets as bg
session = bg.BatchSession(bg.demos.landscape, {str(folder)!r})
"""
        reply = client.execute_interactive(code, timeout=40, output_hook=lambda _message: None)
        assert reply["content"]["status"] == "ok", reply
        wait_for(lambda: server.get("batchgen/api/kernels")["kernels"].get(kernel), "the kernel's projects")
        assert server.get("batchgen/api/kernels")["kernels"][kernel] == [
            {"key": project_key(folder), "name": folder.name, "folder": str(folder)}
        ]
    finally:
        client.stop_channels()
        assert server.send("DELETE", f"api/kernels/{kernel}").status == 204
    assert kernel not in server.get("batchgen/api/kernels")["kernels"]
