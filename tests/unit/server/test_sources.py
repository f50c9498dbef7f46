"""A few sources are held open, and closed when nobody asks them any more."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from batchgen_widgets.errors import ProjectError
from batchgen_widgets.server.sources import Answer, Sources


class Fake:
    """A source that counts."""

    made: list[Fake]

    def __init__(self, path: Path) -> None:
        self.path = path
        self.closed = 0
        Fake.made.append(self)

    def answers(self) -> dict[str, Answer]:
        return {}

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def sources() -> Sources:
    Fake.made = []
    return Sources(Fake, Fake, most=2)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    made = [tmp_path / f"{name}.zip" for name in "abc"]
    for file in made:
        file.write_bytes(b"1")
    return made


def test_one_that_is_asked_again_is_still_open(sources: Sources, files: list[Path]) -> None:
    with sources.use(files[0]) as first, sources.use(files[0]) as second:
        assert first is second
    with sources.use(files[0]) as third:
        assert third is first
    assert len(Fake.made) == 1


def test_the_one_that_was_not_asked_for_longest_goes(sources: Sources, files: list[Path]) -> None:
    for file in (files[0], files[1], files[0], files[2]):
        with sources.use(file):
            pass
    assert [(fake.path.name, fake.closed) for fake in Fake.made] == [("a.zip", 0), ("b.zip", 1), ("c.zip", 0)]


def test_one_in_use_stays_open_until_it_is_not(sources: Sources, files: list[Path]) -> None:
    with sources.use(files[0]):
        for file in files[1:]:
            with sources.use(file):
                pass
        assert [fake.closed for fake in Fake.made] == [0, 0, 0]
    assert [fake.closed for fake in Fake.made] == [1, 0, 0]


def test_a_file_that_was_replaced_is_opened_anew(sources: Sources, files: list[Path]) -> None:
    with sources.use(files[0]):
        files[0].write_bytes(b"another")
        with sources.use(files[0]) as new:
            assert new is Fake.made[1]
        assert Fake.made[0].closed == 0
    assert [fake.closed for fake in Fake.made] == [1, 0]


def test_a_project_that_is_written_to_is_the_same(sources: Sources, tmp_path: Path) -> None:
    database = tmp_path / "batchgen.db"
    database.write_bytes(b"1")
    with sources.use(tmp_path):
        pass
    database.write_bytes(b"more")
    with sources.use(tmp_path):
        pass
    assert len(Fake.made) == 1
    (tmp_path / "new.db").write_bytes(b"1")
    os.replace(tmp_path / "new.db", database)
    with sources.use(tmp_path):
        pass
    assert [fake.closed for fake in Fake.made] == [1, 0]


def test_one_that_cannot_be_opened_is_not_kept(files: list[Path]) -> None:
    def refuse(path: Path) -> Fake:
        raise ProjectError("damaged")

    sources = Sources(refuse, refuse)
    for _ in range(2):
        with pytest.raises(ProjectError, match="damaged"), sources.use(files[0]):
            pass


def test_all_are_closed_at_the_end(sources: Sources, files: list[Path]) -> None:
    with sources.use(files[0]), sources.use(files[1]):
        sources.close()
        assert [fake.closed for fake in Fake.made] == [0, 0]
    assert [fake.closed for fake in Fake.made] == [1, 1]


def test_many_threads_share_them(sources: Sources, files: list[Path]) -> None:
    wrong: list[str] = []

    def ask(number: int) -> None:
        for turn in range(100):
            with sources.use(files[(number + turn) % 3]) as source:
                if source.closed:
                    wrong.append("a closed one was given")

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    sources.close()
    assert not wrong
    assert {fake.closed for fake in Fake.made} == {1}


@pytest.mark.parametrize("what", ["file", "project"])
def test_what_takes_another_place_while_it_is_opened_is_not_kept(tmp_path: Path, what: str) -> None:
    """A link that stood there for a moment must not be shown by that name ever after."""
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    for place in (inside, outside):
        place.mkdir()
        (place / "batchgen.db").write_bytes(b"database")
    path = inside / "a.zip" if what == "file" else inside
    if what == "file":
        path.write_bytes(b"1")
        (outside / "b.zip").write_bytes(b"2")

    def swap(place: Path) -> Fake:
        place.rename(tmp_path / "away")
        place.symlink_to(outside / "b.zip" if what == "file" else outside)
        return Fake(place)

    Fake.made = []
    sources = Sources(swap, swap)
    with pytest.raises(ProjectError, match="took its place"), sources.use(path):
        pass
    assert [fake.closed for fake in Fake.made] == [1]
    path.unlink()
    (tmp_path / "away").rename(path)
    again = Sources(Fake, Fake)
    with again.use(path) as source:
        assert source in Fake.made
