"""Thumbnails that rebuild themselves."""

from __future__ import annotations

import os

import pytest

from batchgen_widgets import BatchgenError
from batchgen_widgets.testing.gates import picture
from batchgen_widgets.wire import asset_thumbnail


def sketch(seed: int = 0):
    return picture({"seed": seed})


@pytest.fixture
def asset(open_session):
    batch = open_session(sketch).start_batch()
    assert batch.wait(20)
    return batch.results[0]


@pytest.mark.parametrize(
    "damage",
    [
        lambda path, data: path.unlink(),
        lambda path, data: path.write_bytes(b""),
        lambda path, data: path.write_bytes(data[:-7]),
        lambda path, data: path.write_bytes(data[:10]),
        lambda path, data: path.write_bytes(b"<html>" + data[6:]),
        lambda path, data: path.parent.rename(path.parent.with_name("gone")),
    ],
    ids=["missing", "empty", "torn", "only a head", "another file", "folder missing"],
)
def test_it_is_made_anew(asset, damage):
    path = asset.thumbnail_path
    whole = path.read_bytes()
    damage(path, whole)
    assert asset_thumbnail(asset) == whole
    assert path.read_bytes() == whole
    assert list(path.parent.glob(".*")) == []


def test_where_it_cannot_be_kept_it_is_shown_all_the_same(asset, monkeypatch):
    whole = asset.thumbnail_path.read_bytes()
    asset.thumbnail_path.write_bytes(whole[:-7])

    def refuse(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("os.replace", refuse)
    assert asset_thumbnail(asset) == whole
    assert asset.thumbnail_path.read_bytes() == whole[:-7]
    assert list(asset.thumbnail_path.parent.glob(".*")) == []


def test_nobody_ever_sees_half_of_one(asset, monkeypatch):
    whole = asset.thumbnail_path.read_bytes()
    asset.thumbnail_path.unlink()
    replace = os.replace

    def look(source, target):
        assert not asset.thumbnail_path.exists()
        replace(source, target)
        assert asset.thumbnail_path.read_bytes() == whole

    monkeypatch.setattr("os.replace", look)
    assert asset_thumbnail(asset) == whole


def test_of_a_file_that_is_gone_none_can_be_made(asset):
    asset.thumbnail_path.unlink()
    asset.path.unlink()
    with pytest.raises((OSError, BatchgenError)):
        asset_thumbnail(asset)


def test_in_the_trash(open_session, asset):
    from batchgen_widgets import Project

    whole = asset.thumbnail_path.read_bytes()
    Project(asset.path.parents[2]).trash(asset)
    asset.thumbnail_path.unlink()
    assert asset_thumbnail(asset) == whole
