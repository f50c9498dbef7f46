"""Sessions and generators that tests drive; every session is closed, and every worker gone, at the end of its test."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from batchgen_widgets import BatchSession
    from batchgen_widgets.testing import GatedGenerator


@pytest.fixture
def gate() -> GatedGenerator:
    from batchgen_widgets.testing import GatedGenerator

    return GatedGenerator()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Where the project of a test is."""
    return tmp_path / "project"


@pytest.fixture
def open_session(root: Path) -> Iterator[Callable[..., BatchSession]]:
    from batchgen_widgets import BatchSession, Project
    from batchgen_widgets.testing import GatedGenerator, wait_for

    opened: list[BatchSession] = []

    def open_one(generator: Any, project: Project | Path = root, *, tasks: int = 1, **options: Any) -> BatchSession:
        source = generator.generator if isinstance(generator, GatedGenerator) else generator
        session = BatchSession(source, project, **options)
        opened.append(session)
        varied = {"vary_seeds": True, "seed": 7} if tasks > 1 and "seed" in session.generator.parameters else {}
        session.set_batch_config({"batch_size": tasks, "variation_params": varied})
        return session

    yield open_one
    for session in opened:
        session.close()
    wait_for(lambda: not workers(), "that every worker has left")


def workers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "batchgen-worker"]


@pytest.fixture
def rows(root: Path) -> Callable[..., list[tuple[Any, ...]]]:
    """Ask the database of the project as another program would: through a connection of its own, read-only."""

    def ask(sql: str, *values: Any) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(f"file:{root / 'batchgen.db'}?mode=ro", uri=True)
        try:
            return connection.execute(sql, values).fetchall()
        finally:
            connection.close()

    return ask
