"""What can be typed: commands, their places and options."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from .. import __version__

__all__ = ["make_parser"]

STRATEGIES: Final = ("random", "grid", "zip", "latin_hypercube", "sobol", "one_at_a_time")
"""As in `BatchConfig`, which takes a while to import; a test compares them."""

_DESCRIPTION = "Run batches of generated images, video and audio, and look at what came of them."

_EXITS = """\
exit codes:
  0    all is well
  1    some tasks failed, or verify found problems
  2    a mistake in the command: an option or a value that is not allowed
  3    a project, a batch or a file can't be found, opened or written
  4    the generator can't be loaded
  5    an unexpected error
  130  interrupted by Ctrl+C; 143 by SIGTERM. What was done is kept, and `resume` goes on
  141  nobody read the output to its end
"""

_TARGET = """\
TARGET:GENERATOR is a function in
  a module     package.module:poster, found from this directory or installed
  a script     path/to/script.py:poster
  a notebook   path/to/notebook.ipynb:poster. Its code cells run from the first to the one that defines it. Widgets,
               sessions and projects that they make do nothing, magics and shell commands are left out.
Without :GENERATOR it is the only generator there. What it prints while it is loaded goes to stderr.
"""

_VALUES = """\
values:
  --vary steps=10,20,40         these values
  --vary cfg_scale=4..12        anything from 4 to 12, both included
  --vary cfg_scale=4..12/5      five values from 4 to 12, evenly spaced
  --vary 'prompt=a cat, asleep' one text; again for each further one, since texts may have commas
  --vary 'prompt=["a", "b"]'    a JSON list, for any parameter
  --vary image=photo.jpg        a file; again for each further one
  --set steps=30                what all tasks share; the others are the defaults of the generator
"""


def make_parser() -> argparse.ArgumentParser:
    """Make the parser of ``batchgen``."""
    parser = _Parser(prog="batchgen", description=_DESCRIPTION, epilog=_EXITS)
    parser.add_argument("--version", action="version", version=f"batchgen {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=_Parser)

    def command(name: str, run: tuple[str, str], help: str, epilog: str = "", *, json: bool = True) -> _Parser:
        made = commands.add_parser(name, help=help, description=f"{help[0].upper()}{help[1:]}.", epilog=epilog)
        made.set_defaults(command=run, parser=made)
        if json:
            made.add_argument("--json", action="store_true", help="print JSON, for programs")
        made.add_argument("--traceback", action="store_true", help="when something goes wrong, print where")
        return made

    _add_demo(command("demo", ("demo", "demo"), "run a small batch of a built-in generator"))

    listing = command("list", ("look", "list_batches"), "list the batches of a project, or the projects in a directory")
    listing.add_argument("project", metavar="PROJECT", nargs="?", type=Path, help="its directory; this one by default")

    show = command("show", ("look", "show"), "show a batch: what was asked for, and what came of it")
    show.add_argument("project", metavar="PROJECT", type=Path, help="its directory")
    _add_batch(show, nargs="?")
    show.add_argument("--code", action="store_true", help="print Python that makes the same batch again")

    run = command("run", ("running", "run"), "run a batch", f"{_TARGET}\n{_VALUES}")
    _add_target(run)
    _add_settings(run)
    _add_running(run)
    run.add_argument("--dry-run", action="store_true", help="say what would run, and run nothing")
    run.add_argument(
        "--export", metavar="PATH", type=Path, help="export the batch in the end, to a .zip, a .batchgen or a folder"
    )
    run.add_argument("--overwrite", action="store_true", help="replace what is at that PATH")

    resume = command("resume", ("running", "resume"), "finish a batch that was interrupted or cancelled", _TARGET)
    resume.add_argument("project", metavar="PROJECT", type=Path, help="its directory")
    _add_batch(resume)
    _add_target(resume)
    resume.add_argument("--failed", action="store_true", help="try failed tasks again, too")
    _add_running(resume)

    export = command(
        "export", ("share", "export"), "export a project or one of its batches, to a .zip, a .batchgen or a folder"
    )
    export.add_argument("places", metavar="PROJECT [BATCH] PATH", nargs="+", help="what to export, and where to")
    _add_sharing(export)

    page = command("html", ("share", "html"), "write a batch as one HTML page, which needs no Jupyter")
    page.add_argument("project", metavar="PROJECT", type=Path, help="its directory")
    _add_batch(page)
    page.add_argument("path", metavar="PATH", type=Path, help="the file to write, such as review.html")
    page.add_argument("--title", help="its heading; the name of the generator by default")
    page.add_argument("--no-marks", action="store_true", help="leave out what is starred and discarded")
    page.add_argument("--max-mb", metavar="MB", type=_number(above=0), help="how large it may become; 50 by default")
    _add_sharing(page)

    verify = command("verify", ("look", "verify"), "compare the files of a project with its database")
    verify.add_argument("project", metavar="PROJECT", type=Path, help="its directory")
    verify.add_argument("--fix", action="store_true", help="mend what can be mended; nothing is deleted")
    verify.add_argument("--deep", action="store_true", help="decode every file, which takes a while")
    return parser


class _Parser(argparse.ArgumentParser):
    """One that keeps the lines of its epilog, and takes no abbreviations: they would end with the next option."""

    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False, **options)


def _add_demo(parser: _Parser) -> None:
    parser.add_argument("--project", metavar="P", type=Path, help="where to; a temporary directory by default")
    parser.add_argument("--kind", choices=("image", "audio", "video"), default="image", help="image by default")
    parser.add_argument("--count", metavar="N", type=_whole(1, 1000), default=6, help="how many tasks; 6 by default")
    parser.add_argument("--open", action="store_true", help="open the results in a browser")
    parser.add_argument("--quiet", action="store_true", help="no progress")


def _add_target(parser: _Parser) -> None:
    parser.add_argument("target", metavar="TARGET:GENERATOR", help="the generator, see below")


def _add_batch(parser: _Parser, nargs: str | None = None) -> None:
    optional: dict[str, Any] = {"nargs": nargs} if nargs else {}
    newest = "; the newest by default" if nargs else ", or newest"
    parser.add_argument("batch", metavar="BATCH", help=f"its id, or how that begins{newest}", **optional)


def _add_settings(parser: _Parser) -> None:
    add = parser.add_argument_group("what varies").add_argument
    default = Path("batchgen-project")
    add("--project", metavar="P", type=Path, default=default, help=f"where to; {default} by default")
    add("--vary", metavar="NAME=VALUES", action="append", default=[], help="vary a parameter, see below")
    add("--set", metavar="NAME=VALUE", action="append", default=[], help="what all tasks share")
    add("--prompts-file", metavar="F", help="vary the prompt: one a line, or a .json list; - is stdin")
    add("--seeds", metavar="N", type=_whole(1), help="vary the seed: that many, in a grid for each combination")
    add("--seed-range", metavar="LOW..HIGH", help="where seeds come from")
    strategy = "how values are combined; grid by default, random where a range is among them"
    add("--strategy", choices=STRATEGIES, help=strategy)
    size = "how many tasks; what it counts depends on the strategy"
    add("--batch-size", metavar="N", type=_whole(1), help=size)
    add("--draw", metavar="N", type=_whole(0), help="the number that decides what is drawn, to repeat a draw")


def _add_running(parser: _Parser) -> None:
    add = parser.add_argument_group("how it runs").add_argument
    add("--workers", metavar="N", type=_whole(1, 256), default=1, help="how many tasks at once; 1 by default")
    add("--executor", choices=("thread", "process"), default="thread", help="where; thread by default")
    add("--retries", metavar="N", type=_whole(0, 100), default=0, help="how often to try a failed task again")
    add("--timeout", metavar="S", type=_number(above=0), help="seconds that one attempt may take")
    add("--quiet", action="store_true", help="no progress and no summary")


def _add_sharing(parser: _Parser) -> None:
    parser.add_argument("--only", choices=("favorites", "kept"), help="the starred results, or all but the discarded")
    parser.add_argument("--overwrite", action="store_true", help="replace what is there")


def _whole(low: int, high: int | None = None) -> Callable[[str], int]:
    allowed = f"from {low} to {high}" if high is not None else f"of at least {low}"

    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = low - 1
        if value < low or (high is not None and value > high):
            raise argparse.ArgumentTypeError(f"{text!r} is not allowed; give a whole number {allowed}")
        return value

    return read


def _number(above: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not (math.isfinite(value) and value > above):
            raise argparse.ArgumentTypeError(f"{text!r} is not allowed; give a number above {above:g}")
        return value

    return read
