"""Ends a run that `dev.py` started with the table of all its steps, just before pytest's own closing line."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

    from _pytest.terminal import TerminalReporter

    from tools.steps import Step

STAGES = {
    "tests/unit": "unit tests",
    "tests/integration": "integration tests",
    "tests/wheel": "wheel tests",
    "notebooks": "notebooks",
    "tests/browser": "browser tests",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the cells of notebooks more time: one of them may import torch from a cold disk."""
    for item in items:
        if item.path.suffix == ".ipynb":
            item.add_marker(pytest.mark.timeout(300))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: TerminalReporter) -> Generator[None, None, None]:
    """Print the steps before pytest and, by folder, those in it, after all else that pytest has to say."""
    yield
    file = os.environ.get("BATCHGEN_DEV_STEPS")
    if not file or not Path(file).is_file():
        return
    from tools.steps import Step, table

    steps = [Step(**step) for step in json.loads(Path(file).read_text("utf-8"))]
    terminalreporter.section("steps")
    terminalreporter.write_line(table([*steps, *_stages(terminalreporter)]))
    Path(file).unlink()


def _stages(reporter: TerminalReporter) -> list[Step]:
    from tools.steps import Step

    counts: dict[str, dict[str, int]] = {}
    seconds: dict[str, float] = {}
    for category, reports in reporter.stats.items():
        for report in reports:
            nodeid = getattr(report, "nodeid", None)
            if nodeid is None or category in ("deselected", "warnings"):
                continue
            folder = next((folder for folder in STAGES if nodeid.startswith(folder + "/")), None)
            stage = STAGES[folder] if folder else "other tests"
            seconds[stage] = seconds.get(stage, 0.0) + getattr(report, "duration", 0.0)
            if category:
                stage_counts = counts.setdefault(stage, {})
                stage_counts[category] = stage_counts.get(category, 0) + 1
    steps = []
    for stage in [*STAGES.values(), "other tests"]:
        if found := counts.get(stage):
            outcome = (
                "failed" if found.keys() & {"failed", "error"} else "ok" if found.keys() - {"skipped"} else "skipped"
            )
            note = ", ".join(f"{number} {category}" for category, number in found.items())
            steps.append(Step(stage, outcome, seconds[stage], note))
    return steps
