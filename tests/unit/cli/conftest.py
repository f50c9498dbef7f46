"""The command line, called in this process."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from batchgen_widgets.cli import main

PAINTERS = '''
"""A module of somebody."""
from enum import Enum
from typing import Annotated, Literal

import batchgen_widgets as bg
from PIL import Image

print("loading")


class Style(Enum):
    PLAIN = "plain"
    FANCY = "fancy"


@bg.generator
def paint(
    prompt: str = "a lake",
    seed: int = 0,
    steps: Annotated[int, bg.Range(1, 150)] = 20,
    cfg: Annotated[float, bg.Range(0, 20)] = 7.5,
    sampler: Literal["euler", "ddim"] = "euler",
    level: Literal[1, 2] = 1,
    style: Style = Style.PLAIN,
    title: str | None = None,
    upscale: bool = False,
    mask: object = None,
):
    print("painting")
    if prompt == "fail":
        raise ValueError("no colour \\x1b[31m\\u202e left")
    return {"image": Image.new("RGB", (16, 16), (seed % 256, 0, 0)), "cost": steps * cfg}


@bg.generator
def other(image: Image.Image, factor: int = 2):
    return image.resize((image.width * factor, image.height * factor))


def plain(seed: int = 0):
    return {"done": 1}


class Box:
    inner = paint


number = 5
'''


@dataclass(frozen=True)
class Done:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Run a command; an exit by argparse is one like any other."""

    def call(*arguments: object) -> Done:
        capsys.readouterr()
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as error:
            code = int(error.code or 0)
        captured = capsys.readouterr()
        return Done(int(code), captured.out, captured.err)

    return call


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory of its own, with a module of generators; what commands load is forgotten."""
    (tmp_path / "painters.py").write_text(PAINTERS, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    known = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - known:
        file = getattr(sys.modules[name], "__file__", None)
        if file and Path(file).is_relative_to(tmp_path):
            del sys.modules[name]
