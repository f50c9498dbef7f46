#!/usr/bin/env python3
"""Everything a checkout needs, in one command, with nothing but Python 3.11 or newer on the machine.

python3 dev.py demo       set up, and open the quickstart notebook in JupyterLab
python3 dev.py test       set up everything, and run every check and test, browser included

For daily work, each sets up what it needs first:
python3 dev.py check      ruff, mypy, the generated types, Biome and tsc
python3 dev.py js         the front end's own checks and tests
python3 dev.py unit       the Python tests that need no browser and no notebook
python3 dev.py notebooks  the notebooks, under nbval
python3 dev.py browser    the tests in a real JupyterLab and Notebook
python3 dev.py build      the wheel and the sdist, into dist/
python3 dev.py lock       compile requirements/*.txt anew from pyproject.toml

What follows `--` goes to JupyterLab (demo) or to pytest (test, unit, notebooks, browser):
python3 dev.py demo -- --no-browser --port 9999
python3 dev.py unit -- -k strategies

The environment is made in .venv; a second run installs only what changed. PIP_* and NPM_CONFIG_* variables are
respected. CHROMIUM_PATH names the browser where it is not found by itself.
"""

import os
import subprocess
import sys

OLDEST_PYTHON = (3, 11)


def find_python() -> None:
    """Go on with a newer Python of the machine where this one is too old. Old Pythons read this file: keep it plain."""
    for name in ("python3.13", "python3.12", "python3.11", "python3.14"):
        try:
            with open(os.devnull) as nothing:
                usable = subprocess.call([name, "-c", "import venv, ensurepip"], stdin=nothing, stderr=nothing) == 0
            if usable:
                os.execvp(name, [name, *sys.argv])
        except OSError:
            continue
    sys.exit(
        "dev.py needs Python {}.{} or newer, and this is {}.{} ({}).\n"
        "Install one (Debian, Ubuntu: apt-get install python3.11 python3.11-venv) and run dev.py with it.".format(
            *OLDEST_PYTHON, *sys.version_info[:2], sys.executable
        )
    )


if __name__ == "__main__":
    if sys.version_info < OLDEST_PYTHON:
        find_python()
    from tools.commands import main

    sys.exit(main(__doc__))
