"""What the extension is made of: frames, the kernels that it tells of, and a cheap start."""

from __future__ import annotations

import asyncio
import json
import struct
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import batchgen_widgets as bg
from batchgen_widgets.projects import project_key
from batchgen_widgets.server import kernels
from batchgen_widgets.server.framing import frame, frame_refusal
from batchgen_widgets.server.handlers import Reader


def read(framed: bytes) -> tuple[dict[str, Any], list[bytes]]:
    (length,) = struct.unpack_from("<I", framed)
    header = json.loads(framed[4 : 4 + length])
    rest, buffers = framed[4 + length :], []
    for size in header.get("sizes", []):
        buffers.append(rest[:size])
        rest = rest[size:]
    assert rest == b""
    return header, buffers


def test_a_frame_is_a_header_and_its_buffers() -> None:
    header, buffers = read(frame({"name": "größe"}, [b"one", b"", b"three"]))
    assert header == {"ok": True, "result": {"name": "größe"}, "sizes": [3, 0, 5]}
    assert buffers == [b"one", b"", b"three"]


def test_half_a_surrogate_pair_does_not_break_a_frame() -> None:
    assert "\ud800" not in read(frame({"name": "a\ud800"}, []))[0]["result"]["name"]


def test_what_json_has_no_word_for_is_no_frame() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        frame({"number": float("nan")}, [])


def test_a_refusal_says_what_and_why() -> None:
    header, _ = read(frame_refusal(bg.ProjectError("damaged\u202e" + "x" * 10_000)))
    assert header["ok"] is False
    assert header["error"]["type"] == "ProjectError"
    assert len(header["error"]["message"]) <= 5_000
    assert "\u202e" not in header["error"]["message"]


class Kernels:
    """Kernels of a server: two that run here, one that runs elsewhere, one that ended meanwhile."""

    def list_kernel_ids(self) -> list[str]:
        return ["one", "two", "far", "relative", "gone"]

    def get_kernel(self, kernel_id: str) -> Any:
        if kernel_id == "gone":
            raise KeyError(kernel_id)
        files = {"one": "/run/kernel-one.json", "two": "/run/kernel-two.json", "relative": "kernel.json"}
        return type("Manager", (), {"connection_file": files[kernel_id]} if kernel_id in files else {})()


def test_only_kernels_of_this_machine_are_asked_after() -> None:
    found = kernels.connection_files(Kernels())
    assert found == {"one": Path("/run/kernel-one.json"), "two": Path("/run/kernel-two.json")}


def test_kernels_with_sessions_name_their_projects(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    said = {"/run/kernel-one.json": [tmp_path / "poster"], "/run/kernel-three.json": []}
    monkeypatch.setattr(kernels, "projects_of", lambda file: said.get(str(file)))
    files = {name: Path(f"/run/kernel-{name}.json") for name in ("one", "two", "three")}
    ref = {"key": project_key(tmp_path / "poster"), "name": "poster", "folder": str(tmp_path / "poster")}
    assert kernels.session_kernels(files) == {"kernels": {"one": [ref], "three": []}}


def test_a_kernel_that_says_odd_things_does_not_hide_the_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said = {"odd": [Path("a\0b")], "plain": [tmp_path / "poster"]}
    monkeypatch.setattr(kernels, "projects_of", lambda file: said[file.stem])
    found = kernels.session_kernels({name: Path(f"/run/{name}.json") for name in said})
    assert list(found["kernels"]) == ["plain"]


def test_slow_projects_do_not_hide_who_runs() -> None:
    """Every thread that reads projects waits for a slow disk, and so does the search."""
    ended = threading.Event()
    reader = Reader(SimpleNamespace(root_dir=None))
    reader.answer = lambda *_asked: b"%d" % ended.wait(20)  # type: ignore[method-assign]
    reader.search = SimpleNamespace(find=lambda: {"projects": [], "complete": ended.wait(20)})  # type: ignore[assignment]

    async def ask() -> None:
        slow = [asyncio.ensure_future(reader.request("", "", {})) for _ in range(6)]
        looked = [asyncio.ensure_future(reader.projects()) for _ in range(6)]
        assert await asyncio.wait_for(reader.kernels({}), 10) == {"kernels": {}}
        assert not any(waiting.done() for waiting in [*slow, *looked])
        ended.set()
        assert await asyncio.gather(*slow) == [b"1"] * 6
        assert all(found["complete"] for found in await asyncio.gather(*looked))

    asyncio.run(ask())
    reader.close()


def test_a_link_that_takes_the_place_of_a_project_while_it_is_read(tmp_path: Path) -> None:
    project, outside = tmp_path / "root" / "project", tmp_path / "outside"
    for place in (project, outside):
        place.mkdir(parents=True)
        (place / "batchgen.db").write_bytes(b"database")
    reader = Reader(SimpleNamespace(root_dir=str(tmp_path / "root")))
    reader._read = lambda *_asked: b"plain"  # type: ignore[method-assign]
    assert reader.answer("project", "history.get", {}) == b"plain"

    def swap(*_asked: object) -> bytes:
        project.rename(tmp_path / "away")
        project.symlink_to(outside)
        return b"secret"

    reader._read = swap  # type: ignore[method-assign]
    assert reader.answer("project", "history.get", {}) is None
    reader.close()


def test_the_start_of_the_server_stays_cheap() -> None:
    code = """
import json, sys
import jupyter_server.serverapp, jupyter_server.auth.decorator, jupyter_server.base.handlers
before = set(sys.modules)
import batchgen_widgets.server, batchgen_widgets.server.handlers
print(json.dumps(sorted(set(sys.modules) - before)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    loaded = set(json.loads(done.stdout))
    assert not {name.partition(".")[0] for name in loaded} & {
        *("numpy", "PIL", "av", "anywidget", "ipywidgets", "pydantic", "scipy", "pandas", "IPython"),
    }
    ours = {name for name in loaded if name.startswith("batchgen_widgets.")}
    assert not {name for name in ours if name.split(".")[1] in ("projects", "batches", "media", "wire", "widgets")}
