"""The words between kernel and browser are the same on both sides."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, NotRequired, TypedDict, get_args

import pytest

from batchgen_widgets.batches import TASK_CODES, Mark
from batchgen_widgets.wire import types as wire

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_wire", REPOSITORY / "tools" / "generate_wire.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_types_of_the_browser_are_up_to_date(tool, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["generate_wire.py", "--check"])
    assert tool.main() == 0, "run python tools/generate_wire.py"
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("change", [None, "", "x"], ids=["missing", "empty", "old"])
def test_a_drift_is_noticed_and_mended(tool, monkeypatch, tmp_path, capsys, change):
    target = tmp_path / "wire.gen.ts"
    if change is not None:
        target.write_text(change and tool.generate() + change, "utf-8")
    monkeypatch.setattr(tool, "TARGET", target)
    monkeypatch.setattr(sys, "argv", ["generate_wire.py", "--check"])
    assert tool.main() == 1
    assert "wire.gen.ts is out of date: run python tools/generate_wire.py" in capsys.readouterr().err
    assert target.exists() is (change is not None)  # to check is not to mend
    monkeypatch.setattr(sys, "argv", ["generate_wire.py"])
    assert tool.main() == 0
    monkeypatch.setattr(sys, "argv", ["generate_wire.py", "--check"])
    assert tool.main() == 0


class Inner(TypedDict):
    """Something inside."""

    name: str


class Outer(TypedDict):
    """Something around it."""

    inner: Inner
    many: list[Inner]
    maybe: list[str | None]
    word: Literal["a", "b"]
    table: dict[str, float]
    late: NotRequired[bytes | None]


def test_how_types_are_spelled(tool):
    assert tool.declaration(Outer) == (
        "/** Something around it. */\n"
        "export interface Outer {\n"
        "  inner: Inner;\n"
        "  many: Inner[];\n"
        "  maybe: (string | null)[];\n"
        '  word: "a" | "b";\n'
        "  table: Record<string, number>;\n"
        "  late?: DataView | null;\n"
        "}\n"
    )
    assert tool.typescript(Any) == "unknown"
    with pytest.raises(TypeError, match=r"has no TypeScript spelling yet; add one to tools/generate_wire\.py"):
        tool.typescript(complex)


def test_codes_are_those_of_the_model():
    assert list(wire.TASK_STATUSES) == [str(status) for status in sorted(TASK_CODES, key=TASK_CODES.__getitem__)]
    assert list(wire.ASSET_KINDS) == ["image", "video", "audio"]
    assert list(wire.ASSET_MARKS) == ["none", *get_args(Mark), "trashed"]
