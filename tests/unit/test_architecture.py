"""The arrows between the layers point down, and importing the package is light."""

from __future__ import annotations

import ast
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import batchgen_widgets

PACKAGE = Path(batchgen_widgets.__file__).resolve().parent

# From the ground up: each may import those before it, but for the pairs below.
LAYERS = (
    *(
        "texts",
        "errors",
        "presence",
        "media",
        "generators",
        "recipes",
        "batches",
        "projects",
        "wire",
        "pages",
        "runner",
    ),
    *("testing", "sessions", "widgets", "sidebar", "server", "cli"),
)
STRANGERS = {
    ("generators", "media"),
    ("runner", "wire"),
    ("runner", "pages"),
    ("testing", "wire"),
    ("testing", "pages"),
    ("sessions", "testing"),
    ("widgets", "testing"),
    ("cli", "testing"),
    ("sidebar", "testing"),
    # It looks at projects while kernels run them, and has neither sessions nor widgets.
    *(("server", room) for room in ("runner", "testing", "sessions", "widgets", "sidebar")),
    *(("cli", room) for room in ("sidebar", "server")),
}
MAY_IMPORT: dict[str, set[str]] = {
    layer: {below for below in LAYERS[:level] if (layer, below) not in STRANGERS} for level, layer in enumerate(LAYERS)
}
# What the contract puts on records and sessions, and the rooms above do: each opens that room inside a function, when
# it is called.
UPWARD: dict[str, set[str]] = {
    "generators/inputs.py": {"media"},
    "batches/assets.py": {"runner"},
    "batches/records.py": {"pages", "projects"},
    "sessions.py": {"sidebar"},
}
# What a demonstration draws with is media, as for any generator of a user.
DEMOS = {"generators/demos": {"media"}}

VIEWS = {"anywidget", "ipywidgets", "IPython", "traitlets", "ipykernel", "comm"}
HEAVY = {"numpy", "PIL", "av", "scipy", "pandas", "torch"}
LIGHT_LAYERS = sorted(MAY_IMPORT.keys() - {"widgets", "sidebar"})


def files() -> list[str]:
    return sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))


# Loaded when a demonstration is asked for.
ON_DEMAND = {file for file in files() if file.startswith("generators/demos/")}


def layer_of(file: str) -> str:
    return file.split("/")[0].removesuffix(".py")


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def imports(file: str, *, types: bool = True, inside: bool = True) -> Iterator[str]:
    """Give the absolute names that a file imports; with or without those for types only, and those inside functions."""
    package = ["batchgen_widgets", *Path(file).parts[:-1]]

    def walk(node: ast.AST) -> Iterator[str]:
        if is_type_checking(node) and not types:
            return
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not inside:
            return
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)
        for child in ast.iter_child_nodes(node):
            yield from walk(child)

    return walk(ast.parse((PACKAGE / file).read_text("utf-8")))


def test_every_part_of_the_package_has_a_layer():
    assert {layer_of(file) for file in files()} - {"__init__", "__main__"} == set(MAY_IMPORT)


@pytest.mark.parametrize(
    "file", [file for file in files() if file not in ("__init__.py", "__main__.py")]
)  # that one has names from everywhere
def test_arrows_point_down(file: str):
    layer = layer_of(file)
    allowed = MAY_IMPORT[layer] | {layer} | next((more for part, more in DEMOS.items() if file.startswith(part)), set())
    at_once = set(imports(file, types=False, inside=False))
    for name in imports(file):
        root, *rest = name.split(".")
        if root == "batchgen_widgets" and rest:
            upward = set() if name in at_once else UPWARD.get(file, set())
            assert rest[0] in allowed | upward or rest[0] == "__version__", f"{file} imports {name}"


@pytest.mark.parametrize("file", [file for file in files() if layer_of(file) not in ("widgets", "sidebar", "cli")])
def test_nothing_below_the_widgets_knows_of_views(file: str):
    assert not {name.split(".")[0] for name in imports(file)} & VIEWS


@pytest.mark.parametrize("file", [file for file in files() if layer_of(file) in LIGHT_LAYERS and file not in ON_DEMAND])
def test_heavy_packages_are_imported_where_they_are_used(file: str):
    assert not {name.split(".")[0] for name in imports(file, types=False, inside=False)} & HEAVY


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def loaded_by(code: str) -> set[str]:
    return set(json.loads(run(f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))")))


def test_importing_the_package_loads_next_to_nothing():
    loaded = loaded_by("import batchgen_widgets")
    assert {name for name in loaded if name.startswith("batchgen_widgets")} == {"batchgen_widgets"}
    assert not loaded & (HEAVY | VIEWS | {"pydantic", "sqlite3", "asyncio"})


@pytest.mark.parametrize(
    "code", ["import batchgen_widgets.sessions", "from batchgen_widgets import BatchSession, Project, Audio, generator"]
)
def test_sessions_load_no_media_libraries_and_no_views(code: str):
    assert not loaded_by(code) & (HEAVY | VIEWS)


def test_the_package_costs_little_time_to_import():
    """Beside what anywidget takes, which its users load anyway; the best of a few, as others use the machine."""
    code = """
import time
start = time.perf_counter(); import anywidget; middle = time.perf_counter()
import batchgen_widgets; end = time.perf_counter()
print(middle - start, end - middle)
"""
    times = [tuple(map(float, run(code).split())) for _ in range(3)]
    assert min(own for _, own in times) < 0.05, times


class TestPublicNames:
    def test_all_is_the_lazy_table_and_what_type_checkers_see(self):
        tree = ast.parse((PACKAGE / "__init__.py").read_text("utf-8"))
        block = next(node for node in tree.body if is_type_checking(node))
        assert isinstance(block, ast.If)
        seen = {
            (node.module, alias.name) for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names
        }
        lazy = {(home, name) for home, names in batchgen_widgets._HOMES.items() for name in names}
        assert seen == lazy | {("generators", "demos")}
        assert sorted(batchgen_widgets.__all__) == sorted([*(name for _, name in seen), "__version__"])
        assert len(set(batchgen_widgets.__all__)) == len(batchgen_widgets.__all__)
        assert dir(batchgen_widgets) == sorted(batchgen_widgets.__all__)

    @pytest.mark.parametrize("name", sorted(batchgen_widgets.__all__))
    def test_every_name_is_there(self, name: str):
        value = getattr(batchgen_widgets, name)
        assert value is getattr(batchgen_widgets, name)
        home = batchgen_widgets._HOME_OF.get(name)
        if home:
            assert name in importlib.import_module(f"batchgen_widgets.{home}").__all__

    def test_another_name_is_not(self):
        with pytest.raises(AttributeError, match="module 'batchgen_widgets' has no attribute 'Poster'"):
            batchgen_widgets.Poster  # noqa: B018
        assert not hasattr(batchgen_widgets, "batches_")

    @pytest.mark.parametrize("layer", [layer for layer in MAY_IMPORT if layer != "errors"])
    def test_every_layer_names_what_it_offers(self, layer: str):
        module = importlib.import_module(f"batchgen_widgets.{layer}")
        assert [name for name in module.__all__ if not hasattr(module, name)] == []
