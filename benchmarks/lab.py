"""A notebook in a real JupyterLab that is measured, with Chromium in front."""

from __future__ import annotations

import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, TimeoutError

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.browser.hosts import Notebook, Server  # noqa: E402

__all__ = ["Measured"]

_METER = Path(__file__).with_name("meter.js")


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
        self._server.shut_down_kernels()
        shutil.rmtree(self._notebook.path.parent, ignore_errors=True)


def _has_output(path: Path) -> bool:
    try:
        return bool(json.loads(path.read_bytes())["cells"][1]["outputs"])
    except ValueError:  # it is being written
        return False
