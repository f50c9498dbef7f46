"""Versions and device, as far as they are known without importing anything."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from batchgen_widgets.recipes import device, versions
from batchgen_widgets.recipes.surroundings import _cuda_name


@pytest.fixture(autouse=True)
def forget() -> None:
    _cuda_name.cache_clear()


def torch(*, cuda: bool = False, mps: bool = False) -> Any:
    def name(index: int) -> str:
        assert cuda, "it would start CUDA"
        return f"GPU {index}"

    return SimpleNamespace(
        __version__="2.13.0+cpu",
        cuda=SimpleNamespace(is_initialized=lambda: cuda, current_device=lambda: 1, get_device_name=name),
        backends=SimpleNamespace(mps=SimpleNamespace(is_available=lambda: mps)),
    )


def test_libraries_count_once_they_are_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    assert "torch" not in versions()
    monkeypatch.setitem(sys.modules, "torch", torch())
    assert versions()["torch"] == "2.13.0+cpu"


def test_the_device_is_the_one_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, start in ((torch(cuda=True), "cuda: GPU 1"), (torch(mps=True), "mps: "), (torch(), "cpu: ")):
        monkeypatch.setitem(sys.modules, "torch", module)
        assert device().startswith(start)
    monkeypatch.setitem(sys.modules, "torch", object())  # half imported
    assert device().startswith("cpu: ")
    monkeypatch.delitem(sys.modules, "torch")
    assert device().startswith("cpu: ")


def test_nothing_is_imported_for_it() -> None:
    code = (
        "import sys; from batchgen_widgets.recipes import device, versions; device(); print(dict(versions()))\n"
        "assert not {'numpy', 'PIL', 'torch', 'av'} & sys.modules.keys()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "'numpy': '" in done.stdout
