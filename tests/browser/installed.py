"""The project as a user has it: its wheel, built from the checkout and installed into an environment of its own.

Every other package of that environment is a link to the one that runs the tests: nothing is downloaded, and making it
takes a few seconds. Neither the checkout nor an editable install of it can be imported there, and Jupyter finds there
the extension that came with the wheel, not the copy that an editable install left beside the tests.
"""

from __future__ import annotations

import importlib.metadata as metadata
import os
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# What belongs to the project in the environment of the tests, in any folder of it.
OURS = ("batchgen_widgets", "batchgen-widgets", "_editable_impl_batchgen_widgets")


def run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    """Run a program, and give what it wrote; what it complained about is in the error when it fails."""
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@dataclass(frozen=True)
class Environment:
    """A virtual environment."""

    prefix: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.prefix / "bin" / "python"

    @property
    def site_packages(self) -> Path:
        """Where its packages are."""
        (found,) = self.prefix.glob("lib/python*/site-packages")
        return found

    def variables(self, home: Path) -> dict[str, str]:
        """Variables for programs that know this environment alone, and have a home of their own."""
        kept = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("JUPYTER", "PYTHON", "IPYTHON")) and key != "VIRTUAL_ENV"
        }
        return {
            **kept,
            "PATH": os.pathsep.join((str(self.prefix / "bin"), os.environ.get("PATH", os.defpath))),
            "HOME": str(home),
            "JUPYTER_CONFIG_DIR": str(home / "config"),
            "JUPYTER_DATA_DIR": str(home / "data"),
            "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
            "JUPYTER_PREFER_ENV_PATH": "1",
            "IPYTHONDIR": str(home / "ipython"),
            "PYTHONWARNINGS": "default",
        }


def build_wheel(directory: Path) -> Path:
    """Build the wheel. Node is needed only where the built front end is not that of the sources."""
    run(sys.executable, "-m", "hatchling", "build", "-d", directory, "-t", "wheel", cwd=ROOT)
    (wheel,) = directory.glob("*.whl")
    return wheel


def install(wheel: Path, directory: Path) -> Environment:
    """Make an environment that holds the wheel and nothing else."""
    venv.create(directory, symlinks=True)
    made = Environment(directory)
    pip = (sys.executable, "-m", "pip", "--python", made.python, "--disable-pip-version-check")
    run(*pip, "install", "--no-deps", "--no-index", wheel, cwd=directory)
    return made


def borrow_everything(environment: Environment) -> None:
    """Add every other package that runs the tests, with what Jupyter has from them, and Jupyter's commands."""
    for place in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
        _link_content(Path(place), environment.site_packages)
    # Kernels are left out: without a kernel spec, the server starts them with its own interpreter.
    for place in ("share/jupyter", "etc/jupyter"):
        _link_content(Path(sys.prefix) / place, environment.prefix / place, without=("kernels",))
    for command in metadata.entry_points(group="console_scripts"):
        if command.name.startswith("jupyter"):
            script = environment.prefix / "bin" / command.name
            script.write_text(
                f"#!{environment.python}\nimport sys\nfrom {command.module} import {command.attr}\n"
                f"sys.exit({command.attr}())\n",
                "utf-8",
            )
            script.chmod(0o755)


def _link_content(source: Path, target: Path, without: tuple[str, ...] = ("__pycache__",)) -> None:
    """Link everything but ours; a folder that is there already gets what it lacks."""
    target.mkdir(parents=True, exist_ok=True)
    for item in source.iterdir():
        link = target / item.name
        if item.name.startswith(OURS) or item.name in without:
            continue
        if item.is_dir() and (link.is_dir() or any(child.name.startswith(OURS) for child in item.iterdir())):
            _link_content(item, link)
        elif not link.exists():
            link.symlink_to(item)


def make_environment(directory: Path) -> Environment:
    """Make the environment that a user with JupyterLab and Notebook 7 has."""
    made = install(build_wheel(directory / "dist"), directory / "environment")
    borrow_everything(made)
    return made
