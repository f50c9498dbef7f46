"""A JupyterLab of its own with a Chromium in front, and a notebook in it that is measured."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, TimeoutError, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.browser.hosts import TOKEN, Notebook, Server  # noqa: E402

__all__ = ["Measured", "browsing", "serving"]

CHROMIUM = os.environ.get("CHROMIUM_PATH") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
_METER = Path(__file__).with_name("meter.js")
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@contextmanager
def serving(root: Path) -> Iterator[Server]:
    """Start JupyterLab in a directory, with its default limits and settings of its own."""
    with tempfile.TemporaryDirectory(prefix="bench-lab-", ignore_cleanup_errors=True) as made:
        home = Path(made)
        settings = home / "config" / "labconfig"
        settings.mkdir(parents=True)
        quiet = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
        (settings / "page_config.json").write_text(json.dumps(quiet))
        places = {
            "HOME": home,
            "IPYTHONDIR": home / "ipython",
            "JUPYTER_CONFIG_DIR": settings.parent,
            "JUPYTER_DATA_DIR": home / "data",
            "JUPYTER_RUNTIME_DIR": home / "runtime",
        }
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        environment = {**os.environ, **{name: str(place) for name, place in places.items()}, "PYTHONPATH": path}
        port = _free_port()
        options = [
            "--no-browser",
            "--allow-root",
            "--ServerApp.ip=127.0.0.1",
            f"--ServerApp.port={port}",
            "--ServerApp.port_retries=0",
            f"--IdentityProvider.token={TOKEN}",
            f"--ServerApp.root_dir={root}",
        ]
        log = home / "server.log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "jupyterlab", *options], cwd=root, env=environment, stdout=file, stderr=file
            )
            try:
                url = f"http://127.0.0.1:{port}"
                _wait_for_server(url, process, log)
                yield Server(url, root)
            finally:
                process.terminate()
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for_server(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{url}/api/status?token={TOKEN}", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"the Jupyter server did not start:\n{log.read_text()[-4000:]}")


@contextmanager
def browsing() -> Iterator[Browser]:
    """Start Chromium."""
    if CHROMIUM is None:
        raise SystemExit("no Chromium on this machine: apt-get install chromium, or set CHROMIUM_PATH")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_FLAGS)
        yield browser
        browser.close()


class Measured:
    """A notebook of two cells in JupyterLab: the first prepares, the second is measured.

    Parameters
    ----------
    browser : Browser
    server : Server
    prepare, show : str
        Code of the cells.
    """

    def __init__(self, browser: Browser, server: Server, prepare: str, show: str) -> None:
        # A profile and a process of its own: nothing is left of the notebook before.
        self._context = browser.new_context(viewport={"width": 1280, "height": 900})
        self._context.add_init_script(path=_METER)
        self.page = self._context.new_page()
        self._server = server
        self._notebook = Notebook(self.page, server, "lab")
        self._notebook.open(None, prepare.strip(), show.strip())
        self._notebook.run(0)
        self._devtools: CDPSession = self._context.new_cdp_session(self.page)
        self._notebook.wait_for_idle()

    def run(self) -> None:
        """Run the second cell, and leave it selected, so that the page stays where it is."""
        editor = self._notebook.cell(1).locator(".jp-InputArea-editor .cm-content")
        editor.click()
        editor.press("Control+Enter")

    def wait_until_shown(self, seconds: float, quiet_ms: int = 1000) -> str | None:
        """Wait until everything that can be seen is painted and nothing comes any more; say why when that fails."""
        self.page.evaluate("ms => void meter.listen(ms)", quiet_ms)
        try:
            self.page.wait_for_function("meter.quiet || meter.broken", timeout=seconds * 1000, polling=250)
        except TimeoutError:
            return f"not within {seconds:.0f} s"
        return self.page.evaluate("meter.broken") or None

    def scroll(self, seconds: float, step: int, frames: int) -> dict[str, Any]:
        """Scroll from top to bottom, frame by frame."""
        self.page.evaluate("([step, frames]) => meter.scroll(step, frames)", [step, frames])
        self.page.wait_for_function("meter.scrolled", timeout=seconds * 1000, polling=250)
        return dict(self.page.evaluate("meter.scrolled"))

    def read(self, expression: str) -> Any:
        """Evaluate JavaScript in the page."""
        return self.page.evaluate(expression)

    def heap(self) -> int:
        """Give the bytes of the page's JavaScript heap with what its buffers hold, after a collection."""
        self._devtools.send("HeapProfiler.collectGarbage")
        usage = self._devtools.send("Runtime.getHeapUsage")
        return int(usage["usedSize"] + usage.get("backingStorageSize", 0))

    def saved_size(self, seconds: float) -> int:
        """Save the notebook, and give the size of its file in bytes."""
        path = self._notebook.path
        self.page.keyboard.press("Control+s")
        deadline = time.monotonic() + seconds
        while not _has_output(path):
            if time.monotonic() > deadline:
                raise TimeoutError(f"not saved within {seconds:.0f} s")
            self.page.wait_for_timeout(200)
        return path.stat().st_size

    def close(self) -> None:
        """Close the page, shut its kernel down, and remove the notebook."""
        self._context.close()
        request = urllib.request.Request(
            f"{self._server.url}/api/sessions", headers={"Authorization": f"token {TOKEN}"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            sessions = json.load(answer)
        for session in sessions:
            end = urllib.request.Request(
                f"{self._server.url}/api/sessions/{session['id']}",
                method="DELETE",
                headers={"Authorization": f"token {TOKEN}"},
            )
            urllib.request.urlopen(end, timeout=30).close()
        shutil.rmtree(self._notebook.path.parent, ignore_errors=True)


def _has_output(path: Path) -> bool:
    try:
        return bool(json.loads(path.read_bytes())["cells"][1]["outputs"])
    except ValueError:  # it is being written
        return False
