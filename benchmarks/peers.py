"""What people would use instead: each runs no-op tasks the way its documentation shows first."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

__all__ = ["PEERS", "Peer", "Run"]

Run = Callable[[int], object]
"""Runs that many no-op tasks, and returns when all of them have ended."""


@dataclass(frozen=True)
class Peer:
    """A way to run tasks.

    Attributes
    ----------
    name : str
        What the table calls it.
    package : str or None
        The distribution that it needs; None for the standard library.
    sizes : tuple of int
        With how many tasks it is measured; the slow ones get fewer.
    open : callable
        Takes an empty directory, the number of workers, and the number of tasks; gives a context in which `Run` works.
        Neither opening nor closing is timed.
    workers : int
        How many tasks run at once.
    durable : bool
        Whether what a task returned is on disk when it has ended.
    """

    name: str
    package: str | None
    sizes: tuple[int, ...]
    open: Callable[[Path, int, int], AbstractContextManager[Run]]
    workers: int = 2
    durable: bool = False

    @property
    def version(self) -> str | None:
        """The installed version; None when it is not installed, "" for the standard library."""
        if self.package is None:
            return ""
        try:
            return version(self.package)
        except ModuleNotFoundError:
            return None


def noop(_index: int) -> dict[str, int]:
    """Do what the generator of the benchmark does."""
    return {"x": 1}


def _load(name: str) -> Any:
    # By name: none of these need be installed, and type checkers need not know them.
    return importlib.import_module(name)


@contextmanager
def thread_pool(_directory: Path, workers: int, _count: int) -> Iterator[Run]:
    with ThreadPoolExecutor(workers) as pool:
        yield lambda count: list(pool.map(noop, range(count)))


@contextmanager
def thread_map(_directory: Path, workers: int, _count: int) -> Iterator[Run]:
    run = _load("tqdm.contrib.concurrent").thread_map
    with open(os.devnull, "w") as nowhere:
        yield lambda count: run(noop, range(count), max_workers=workers, file=nowhere)


@contextmanager
def joblib_threads(_directory: Path, workers: int, _count: int) -> Iterator[Run]:
    joblib = _load("joblib")
    with joblib.Parallel(n_jobs=workers, prefer="threads") as parallel:
        yield lambda count: parallel(joblib.delayed(noop)(index) for index in range(count))


@contextmanager
def dask_threads(directory: Path, workers: int, _count: int) -> Iterator[Run]:
    distributed = _load("distributed")
    with (
        distributed.LocalCluster(
            n_workers=1,
            threads_per_worker=workers,
            processes=False,
            dashboard_address=None,
            local_directory=str(directory),
            silence_logs=50,
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield lambda count: client.gather(client.map(noop, range(count), pure=False))


def _objective(trial: Any) -> float:
    # One parameter and one value, as the generator has.
    trial.suggest_int("seed", 0, 2**32)
    return 1.0


@contextmanager
def _optuna(storage: Any) -> Iterator[Run]:
    optuna = _load("optuna")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(storage=storage, sampler=optuna.samplers.RandomSampler(seed=0))
    # One job at a time, since its threads only make it slower here.
    yield lambda count: study.optimize(_objective, n_trials=count)


@contextmanager
def optuna_journal(directory: Path, _workers: int, _count: int) -> Iterator[Run]:
    storages, journal = _load("optuna.storages"), _load("optuna.storages.journal")
    storage = storages.JournalStorage(journal.JournalFileBackend(str(directory / "journal.log")))
    with _optuna(storage) as run:
        yield run


@contextmanager
def optuna_sqlite(directory: Path, _workers: int, _count: int) -> Iterator[Run]:
    storage = _load("optuna.storages").RDBStorage(f"sqlite:///{(directory / 'optuna.db').as_posix()}")
    with _optuna(storage) as run:
        yield run
    storage.engine.dispose()


PEERS = (
    Peer("ThreadPoolExecutor", None, (1_000, 10_000), thread_pool),
    Peer("tqdm thread_map", "tqdm", (1_000, 10_000), thread_map),
    Peer("joblib threads", "joblib", (1_000, 10_000), joblib_threads),
    Peer("Dask LocalCluster", "distributed", (1_000,), dask_threads),
    Peer("Optuna, journal file", "optuna", (1_000,), optuna_journal, workers=1, durable=True),
    Peer("Optuna, SQLite", "optuna", (200,), optuna_sqlite, workers=1, durable=True),
)
"""All of them, the cheapest first."""
