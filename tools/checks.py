"""Checks and tests, the last of them pytest, whose closing line ends the run."""

import json
import re
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import hatch_build
from tools.setup import need, node_path
from tools.steps import BIN, PYTHON, ROOT, Skipped, Steps, environment, run, table

STEPS_VARIABLE = "BATCHGEN_DEV_STEPS"
UNIT, NOTEBOOKS, BROWSER = "unit", "notebooks", "browser"


def check_python(steps: Steps) -> None:
    """Lint, format and types of the Python side, and the types that the TypeScript side has from it."""
    print("Checking", flush=True)
    commands: dict[str, list[str | Path]] = {
        "ruff check": [BIN / "ruff", "check", "--no-fix"],
        "ruff format": [BIN / "ruff", "format", "--check"],
        "mypy": [BIN / "mypy"],
        "generated types": [PYTHON, "tools/generate_wire.py", "--check"],
        "manifest schema": [PYTHON, "tools/generate_schema.py", "--check"],
    }
    for name, command in commands.items():
        with steps.step(name):
            need(steps, "Project" if name in ("generated types", "manifest schema") else "Python packages")
            run(*command)


def check_js(steps: Steps) -> None:
    """Lint, format, types and bundle sizes of the TypeScript side."""
    with steps.step("Biome, tsc, budgets"):
        need(steps, "npm packages")
        hatch_build.npm(ROOT, node_path(), "run", "check")


def test_js(steps: Steps) -> None:
    """Test the views in a real browser, with a fake kernel."""
    with steps.step("Vitest") as notes:
        need(steps, "npm packages")
        need(steps, "Browser")
        said = re.sub(r"\x1b\[[0-9;]*m", "", hatch_build.npm(ROOT, node_path(), "test"))
        if counts := re.search(r"^\s*Tests\s+(.+)$", said, re.MULTILINE):
            notes.append(counts[1].strip())


def run_pytest(steps: Steps, kinds: Sequence[str], extra: Sequence[str]) -> int:
    """Run pytest last: its closing line is the last line of all, and conftest.py prints the table just before it."""
    if not steps.ok("Project"):
        print(f"\nNothing could be tested.\n\n{table(steps.done)}", flush=True)
        return 1
    arguments: list[str] = []
    tests = ROOT / "tests"
    if UNIT in kinds:
        arguments += [str(path.relative_to(ROOT)) for path in sorted(tests.iterdir()) if _is_unit(path)]
    if NOTEBOOKS in kinds:
        found = sorted((ROOT / "notebooks").glob("*.ipynb"))
        if not steps.ok("torch and diffusers"):
            left_out = [path for path in found if _needs_torch(path)]
            found = [path for path in found if path not in left_out]
            names = ", ".join(path.name for path in left_out)
            with steps.step("notebooks that need torch"):
                msg = f"no torch: {names}"
                raise Skipped(msg)
        if found:
            arguments += ["--nbval", "--nbval-current-env", *(str(path.relative_to(ROOT)) for path in found)]
    # Last: the browser's event loop stays open, and asynchronous tests would not start beside it.
    if BROWSER in kinds and (tests / "browser").is_dir():
        if steps.ok("Browser"):
            arguments.append("tests/browser")
        else:
            with steps.step("browser tests"):
                msg = "no browser"
                raise Skipped(msg)
    if not [argument for argument in arguments if not argument.startswith("--")]:
        print(f"\nThere is nothing to test.\n\n{table(steps.done)}", flush=True)
        return 1 if steps.failed else 0
    print("Testing", flush=True)
    with tempfile.TemporaryDirectory(prefix="batchgen-dev-") as directory:
        report = Path(directory) / "steps.json"
        report.write_text(json.dumps([asdict(step) for step in steps.done]), "utf-8")
        command = [str(PYTHON), "-m", "pytest", *arguments, *extra]
        # nbval kills its kernels, which then can't remove the temporary directories that they made.
        env = {**environment(), STEPS_VARIABLE: str(report), "TMPDIR": directory}
        code = subprocess.run(command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL).returncode
        if report.exists():
            # conftest.py takes the file away once it has printed the table.
            print(f"\npytest ended early, with {code}.\n\n{table(steps.done)}", flush=True)
    return code or (1 if steps.failed else 0)


def _is_unit(path: Path) -> bool:
    return path.is_dir() and path.name != "browser" and any(path.rglob("test_*.py"))


def _needs_torch(notebook: Path) -> bool:
    return bool(re.search(r"\b(import|from) (torch|diffusers)\b", notebook.read_text("utf-8")))
