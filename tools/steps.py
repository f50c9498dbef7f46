"""Steps: run one after the other, each with its outcome, its time and its line in the closing table."""

import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hatch_build import FrontEndError

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
REQUIREMENTS = ROOT / "requirements"


class Failed(Exception):
    """A step did not succeed; the message says why, for a person to read."""


class Skipped(Exception):
    """A step could not be done on this machine; the message says why."""


@dataclass
class Step:
    """One line of the closing table."""

    name: str
    outcome: str
    seconds: float
    note: str = ""


class Steps:
    """Runs steps one after the other, says how each went, and keeps that for the closing table."""

    def __init__(self) -> None:
        self.done: list[Step] = []

    @contextmanager
    def step(self, name: str, hint: str = "") -> Iterator[list[str]]:
        """Time what is inside; a failure or a skip ends only this step. Strings put in the list become the note."""
        print(f"  {name} ..." + (f" ({hint})" if hint else ""), flush=True)
        notes: list[str] = []
        outcome, started = "ok", time.perf_counter()
        try:
            yield notes
        except Skipped as reason:
            outcome, notes = "skipped", [str(reason).splitlines()[0]]
            print(f"    skipped: {reason}", flush=True)
        except (Failed, FrontEndError, OSError) as error:
            outcome, notes = "failed", [*notes, str(error).strip().splitlines()[0].rstrip(":")]
            print("    FAILED\n" + indent(str(error)), flush=True)
        finished = Step(name, outcome, time.perf_counter() - started, "; ".join(notes))
        self.done.append(finished)
        if outcome == "ok":
            print(f"    {finished.note or 'ok'} ({finished.seconds:.1f} s)", flush=True)

    def ok(self, name: str) -> bool:
        """Tell whether the step of this name was done and succeeded."""
        return any(step.name == name and step.outcome == "ok" for step in self.done)

    @property
    def failed(self) -> bool:
        """Tell whether any step failed."""
        return any(step.outcome == "failed" for step in self.done)


def table(steps: Sequence[Step]) -> str:
    """Lay the steps out, one a line."""
    width = max(len(step.name) for step in steps)
    lines = [f"{step.outcome:<8} {step.seconds:7.1f} s  {step.name:<{width}}  {step.note}".rstrip() for step in steps]
    return "\n".join(lines)


def indent(text: str, lines: int = 80) -> str:
    """Indent a text, leaving out the middle of a long one."""
    kept = text.strip().splitlines()
    if len(kept) > lines:
        half = lines // 2
        kept = [*kept[:half], f"... {len(kept) - 2 * half} lines ...", *kept[-half:]]
    return "\n".join("      " + line for line in kept)


def run(*command: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None) -> str:
    """Run a program quietly; return what it said, or raise Failed with it."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=env or environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode != 0:
        shown = " ".join([Path(command[0]).name, *map(str, command[1:])])
        msg = f"`{shown}` ended with {done.returncode}\n{done.stdout}"
        raise Failed(msg)
    return done.stdout


def environment() -> dict[str, str]:
    """Give the environment of every program that dev.py starts: this one, with .venv active."""
    env = {key: value for key, value in os.environ.items() if key not in ("PYTHONHOME", "PYTHONPATH")}
    env["VIRTUAL_ENV"] = str(VENV)
    env["PATH"] = os.pathsep.join((str(BIN), os.environ.get("PATH", os.defpath)))
    # So that a kernel spec elsewhere on the machine doesn't take the place of this environment's.
    env["JUPYTER_PREFER_ENV_PATH"] = "1"
    return env
