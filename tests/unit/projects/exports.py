"""Small projects, their exports, and archives that somebody tampered with."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import batchgen_widgets as bg
from batchgen_widgets.projects.project import forget

IGNORED = (".owner.lock", ".trash.lock", "batchgen.db", "batchgen.db-shm", "batchgen.db-wal")


def speckle(seed: int, size: int = 16) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (size, size, 3), np.uint8))


@bg.generator
def dots(prompt: str = "a dot", seed: int = 0, weight: float = 0.5) -> dict[str, Any]:
    if weight < 0:
        raise ValueError("a weight is never below zero")
    return {"image": speckle(seed), "score": seed / 7}


def make_batch(root: Path, count: int = 3, generator: Any = dots, base: dict[str, Any] | None = None) -> bg.Batch:
    with bg.BatchSession(generator, root) as session:
        varies = "seed" in session.generator.parameters
        session.set_batch_config({"batch_size": count, "variation_params": {"vary_seeds": varies, "seed": 7}})
        batch = session.start_batch(base or {})
        assert batch.wait(30)
    return batch


def reopened(root: Path) -> bg.Project:
    """The project as another kernel finds it."""
    forget(bg.Project(root))
    return bg.Project(root)


def state_of(root: Path) -> tuple[dict[str, str], list[str]]:
    """Every file of a project by its hash, and all of its database."""
    files = {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
        for path in sorted(root.rglob("*"))
        if path.name not in IGNORED
    }
    with closing(sqlite3.connect(f"file:{root / 'batchgen.db'}?mode=ro", uri=True)) as connection:
        return files, list(connection.iterdump())


def content_of(root: Path) -> dict[str, tuple[Any, ...]]:
    """What matters of a project's assets, whatever their files are called."""
    project = reopened(root)
    return {
        asset.id: (
            *(
                asset.kind,
                asset.width,
                asset.height,
                dict(asset.params),
                dict(asset.metrics),
                asset.mark,
                asset.parents,
            ),
            *(asset.created_at, asset.task_index, asset.position, asset.name, asset.path.read_bytes()),
        )
        for batch in project.batches()
        for asset in batch.results
    }


class Archive:
    """The entries of an exported zip, to be changed and written again."""

    def __init__(self, data: bytes) -> None:
        with zipfile.ZipFile(BytesIO(data)) as source:
            self.entries: list[tuple[zipfile.ZipInfo, bytes]] = [
                (info, source.read(info)) for info in source.infolist()
            ]

    @property
    def manifest(self) -> dict[str, Any]:
        return json.loads(self[("manifest.json")])

    def __getitem__(self, name: str) -> bytes:
        return next(data for info, data in self.entries if info.filename == name)

    def __setitem__(self, name: str, data: bytes) -> None:
        self.remove(name)
        self.add(name, data)

    @property
    def media(self) -> list[str]:
        return [info.filename for info, _ in self.entries if info.filename.startswith("assets/")]

    def remove(self, name: str) -> None:
        self.entries = [(info, data) for info, data in self.entries if info.filename != name]

    def add(self, name: str, data: bytes, change: Callable[[zipfile.ZipInfo], object] | None = None) -> None:
        info = zipfile.ZipInfo("x", (1980, 1, 1, 0, 0, 0))
        # As it is, also where zipfile would cut it.
        info.filename = info.orig_filename = name
        info.external_attr = 0o100644 << 16
        if change:
            change(info)
        self.entries.append((info, data))

    def change(self, edit: Callable[[dict[str, Any]], object]) -> None:
        """Change the manifest."""
        manifest = self.manifest
        edit(manifest)
        self["manifest.json"] = json.dumps(manifest).encode()

    def put_media(self, data: bytes, suffix: str = ".png") -> None:
        """Let the first asset be something else, with a hash and a size that fit."""
        old = self.media[0]
        name = old.rpartition(".")[0] + suffix
        self.remove(old)
        self.add(name, data)

        def edit(manifest: dict[str, Any]) -> None:
            asset = next(one for batch in manifest["batches"] for one in batch["assets"] if one["file"] == old)
            asset |= {"file": name, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}

        self.change(edit)

    def write(self, path: Path) -> Path:
        path.write_bytes(self.data())
        return path

    def data(self) -> bytes:
        file = BytesIO()
        with zipfile.ZipFile(file, "w") as target:
            for info, data in self.entries:
                fresh = zipfile.ZipInfo("x", info.date_time)
                fresh.filename = fresh.orig_filename = info.filename
                fresh.external_attr, fresh.compress_type = info.external_attr, info.compress_type
                fresh.create_system, fresh.flag_bits = info.create_system, info.flag_bits
                target.writestr(fresh, data)
        return file.getvalue()
