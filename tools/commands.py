"""The commands of `dev.py`."""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence

from tools.checks import BROWSER, NOTEBOOKS, UNIT, check_js, check_python, run_pytest, test_js
from tools.locks import compile_locks
from tools.setup import need, set_up
from tools.steps import BIN, PYTHON, ROOT, Steps, environment, run, table


def demo(extra: Sequence[str]) -> int:
    """Set up, and open the quickstart in JupyterLab."""
    steps = Steps()
    set_up(steps, "demo")
    if steps.failed:
        print(f"\nThe demo cannot start.\n\n{table(steps.done)}", flush=True)
        return 1
    command = [str(BIN / "jupyter-lab"), "notebooks/quickstart.ipynb"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # JupyterLab refuses root without being told so.
        command.append("--allow-root")
    print("\nOpening notebooks/quickstart.ipynb in JupyterLab. Stop it with Ctrl+C.\n", flush=True)
    os.chdir(ROOT)
    if os.name == "nt":
        return subprocess.run([*command, *extra], env=environment()).returncode
    os.execve(command[0], [*command, *extra], environment())


def test(extra: Sequence[str]) -> int:
    """Set up everything, and run every check and test."""
    steps = Steps()
    set_up(steps, js=True, torch=True, browser=True)
    check_python(steps)
    check_js(steps)
    test_js(steps)
    return run_pytest(steps, (UNIT, NOTEBOOKS, BROWSER), extra)


def check(extra: Sequence[str]) -> int:
    """Run what reads the code without running it."""
    steps = Steps()
    set_up(steps, js=True)
    check_python(steps)
    check_js(steps)
    return close(steps)


def js(extra: Sequence[str]) -> int:
    """Run the front end's checks and tests."""
    steps = Steps()
    set_up(steps, js=True, browser=True)
    print("Checking", flush=True)
    check_js(steps)
    test_js(steps)
    return close(steps)


def unit(extra: Sequence[str]) -> int:
    """Run the Python tests that need no browser and no notebook."""
    steps = Steps()
    set_up(steps)
    return run_pytest(steps, (UNIT,), extra)


def notebooks(extra: Sequence[str]) -> int:
    """Run the notebooks."""
    steps = Steps()
    set_up(steps, torch=True)
    return run_pytest(steps, (NOTEBOOKS,), extra)


def browser(extra: Sequence[str]) -> int:
    """Run the tests in a real JupyterLab and Notebook."""
    steps = Steps()
    set_up(steps, browser=True)
    return run_pytest(steps, (BROWSER,), extra)


def build(extra: Sequence[str]) -> int:
    """Build the wheel and the sdist."""
    steps = Steps()
    set_up(steps)
    with steps.step("Wheel and sdist") as notes:
        need(steps, "Project")
        run(PYTHON, "-m", "hatchling", "build", "-d", ROOT / "dist", "-t", "sdist", "-t", "wheel")
        notes.append("in dist/")
    return close(steps)


def lock(extra: Sequence[str]) -> int:
    """Compile the lock files anew; `-- --upgrade` takes the newest versions."""
    steps = Steps()
    compile_locks(steps, extra)
    return close(steps)


def close(steps: Steps) -> int:
    """End a command that does not end in pytest."""
    print(f"\n{table(steps.done)}", flush=True)
    return 1 if steps.failed else 0


COMMANDS = {"demo": demo, "test": test, "check": check, "js": js, "unit": unit}
COMMANDS |= {"notebooks": notebooks, "browser": browser, "build": build, "lock": lock}


def main(description: str) -> int:
    """Read the command line and do what it says."""
    arguments = sys.argv[1:]
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    parser = argparse.ArgumentParser(
        prog="dev.py", description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=COMMANDS, metavar="command", help=", ".join(COMMANDS))
    command = parser.parse_args(arguments[:cut]).command
    # A console that cannot show a sign shows another instead of ending the run.
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        return COMMANDS[command](arguments[cut + 1 :])
    except KeyboardInterrupt:
        print("\nStopped.", flush=True)
        return 130
