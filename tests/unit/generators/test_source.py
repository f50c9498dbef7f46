"""The hash of a generator's source is the same in every kernel, and another one for another source."""

from __future__ import annotations

import functools
import linecache
import subprocess
import sys
from typing import Any

import batchgen_widgets as bg
from batchgen_widgets.generators.source import read_source

TEXT = "def paint(seed: int = 0):\n    return {'score': seed * 2}\n"


def define(text: str, name: str = "paint", file: str | None = None) -> Any:
    """Define a function as a cell does: its source is known by the name of a file that is none."""
    file = file or f"<cell {len(linecache.cache)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    space: dict[str, Any] = {}
    exec(compile(text, file, "exec"), space)
    return space[name]


def digest(function: Any, **options: Any) -> str | None:
    return bg.generator(function, **options).source_sha256


def test_a_cell_that_runs_again_has_the_same_hash() -> None:
    first, second = bg.generator(define(TEXT)), bg.generator(define(TEXT))
    assert first.source.text == TEXT.rstrip()
    assert first.source_sha256 == second.source_sha256
    assert len(first.source_sha256 or "") == 64


def test_blanks_and_indentation_do_not_count_and_the_rest_does() -> None:
    indented = "if True:\n" + "".join(f"    {line}  \r\n" for line in TEXT.splitlines())
    assert digest(define(TEXT)) == digest(define(indented))
    assert digest(define(TEXT)) != digest(define(TEXT.replace("* 2", "* 3")))


def test_a_setup_counts() -> None:
    def load() -> Any:
        return 1

    def load_other() -> Any:
        return 2

    def paint(model: Any, seed: int = 0) -> Any: ...

    made = bg.generator(paint, setup=load)
    assert len({made.source_sha256, digest(paint, setup=load_other), read_source(paint).sha256}) == 3
    assert made.source.text is not None
    assert made.source.text.startswith("def load()")
    assert made.source.text.endswith("...")


def test_what_has_no_source_is_known_by_what_it_does() -> None:
    def typed(text: str) -> Any:
        space: dict[str, Any] = {}
        exec(text, space)
        return space["paint"]

    words = "def paint(seed: int = 0):\n    return seed in {'a', 'b', 'c'}\n"
    assert bg.generator(typed(words)).source.text is None
    assert digest(typed(words)) == digest(typed("\n\n" + words))
    assert digest(typed(words)) != digest(typed(words.replace("'c'", "'d'")))


def test_the_bytecode_has_the_same_hash_in_another_process() -> None:
    code = (
        "import batchgen_widgets as bg\n"
        "space = {}\n"
        'exec(\'def paint(seed: int = 0):\\n    return seed in {"a", "b", "c"}\', space)\n'
        "print(bg.generator(space['paint']).source_sha256)"
    )
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
        for _ in range(2)
    ]
    assert runs[0].stdout == runs[1].stdout
    assert len(runs[0].stdout.strip()) == 64


def test_partials_and_objects_are_read_where_they_come_from() -> None:
    def paint(style: str, seed: int = 0) -> Any: ...

    class Painter:
        def __call__(self, seed: int = 0) -> Any: ...

    assert digest(functools.partial(paint, "oil")) == digest(paint)
    made = bg.generator(Painter(), name="painter")
    assert made.source.text is not None
    assert made.source.text.startswith("class Painter:")


def test_what_is_not_written_in_python_has_none() -> None:
    assert read_source(divmod).sha256 is None
