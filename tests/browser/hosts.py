"""A real notebook in a real browser, and what a person does in it."""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import nbformat
from playwright.sync_api import Locator, Page, expect

from tests.browser.installed import Environment

AXE = Path(__file__).resolve().parents[2] / "js" / "node_modules" / "axe-core" / "axe.min.js"
TOKEN = "batchgen-browser-tests"

# A kernel that starts on a busy machine takes its time; what hangs takes for ever.
SLOW_MS = 60_000

# What the page shows of the kernel begins as "idle" before there is one; the server knows better.
READY = """
async path => {
  const sessions = await (await fetch("/api/sessions")).json();
  const { kernel } = sessions.find(session => session.path.endsWith(path)) ?? {};
  return kernel?.connections > 0 && kernel.execution_state === "idle";
}
"""

expect.set_options(timeout=20_000)


@dataclass
class Server:
    """A Jupyter server with a directory of its own, and the environment that it and its kernels run in."""

    url: str
    root: Path
    log: Path
    environment: Environment

    def shut_down_kernels(self) -> None:
        """End every kernel, with its notebook or without; pages of the extension look for those with sessions."""
        for kernel in json.loads(self._ask("GET", "api/kernels")):
            self._ask("DELETE", f"api/kernels/{kernel['id']}")

    def _ask(self, method: str, path: str) -> bytes:
        headers = {"Authorization": f"token {TOKEN}"}
        with urlopen(Request(f"{self.url}/{path}", method=method, headers=headers), timeout=60) as answer:
            return bytes(answer.read())


class Notebook:
    """A notebook opened in JupyterLab (``lab``) or Notebook 7 (``notebook``), and what a person does in it."""

    def __init__(self, page: Page, server: Server, host: str) -> None:
        self.page = page
        self.server = server
        self.host = host

    def open(self, path: Path | None = None, *cells: str) -> None:
        """Open a copy of a notebook, or one made of the given code cells, and wait for its kernel."""
        # A directory of its own, so that what a notebook writes beside it is its own too.
        folder = self.server.root / f"{self.host}-{os.urandom(4).hex()}"
        folder.mkdir()
        target = folder / (path.name if path else "test.ipynb")
        if path:
            shutil.copy(path, target)
        else:
            book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
            book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
            nbformat.write(book, target)
        self.path = target
        self.goto()

    def goto(self) -> None:
        """Load the page, for the first time or again."""
        # A workspace of its own: JupyterLab would open what an earlier test left open.
        place = f"lab/workspaces/{self.path.parent.name}/tree" if self.host == "lab" else "notebooks"
        self.page.goto(
            f"{self.server.url}/{place}/{self.path.parent.name}/{self.path.name}?token={TOKEN}", timeout=SLOW_MS
        )
        expect(self.cell(0)).to_be_visible(timeout=SLOW_MS)
        self.wait_for_idle()

    def wait_for_idle(self) -> None:
        """Wait until the page is connected to the kernel, and the kernel has nothing to do."""
        self.page.wait_for_function(READY, arg=f"{self.path.parent.name}/{self.path.name}", timeout=SLOW_MS)
        # A notebook behind another tab has its own.
        kernel = self.page.locator(".jp-Toolbar-kernelName").filter(visible=True).first
        expect(kernel).to_contain_text("Python 3", timeout=SLOW_MS)
        indicator = self.page.locator(".jp-Notebook-ExecutionIndicator[data-status='idle']").filter(visible=True).first
        expect(indicator).to_be_visible(timeout=SLOW_MS)

    def cell(self, index: int) -> Locator:
        """The code cell of that number."""
        return self.page.locator(".jp-Notebook .jp-CodeCell").nth(index)

    def run(self, index: int, *, wait: bool = True) -> None:
        """Run a code cell as a person does, with Shift+Enter."""
        editor = self.cell(index).locator(".jp-InputArea-editor .cm-content")
        editor.click()
        editor.press("Shift+Enter")
        if wait:
            self.wait_for_run(index)

    def wait_for_run(self, index: int) -> None:
        """Wait until a code cell has run: its prompt shows a number."""
        prompt = self.cell(index).locator(".jp-InputPrompt")
        expect(prompt).to_have_text(re.compile(r"\[\d+\]:"), timeout=SLOW_MS)

    def output(self, index: int) -> Locator:
        """The output of a code cell."""
        return self.cell(index).locator(".jp-OutputArea-output")

    def widget(self, index: int = 0) -> Locator:
        """The batchgen widget in the output of a code cell."""
        return self.cell(index).locator(".bgw-root")

    def use_theme(self, theme: str) -> None:
        """Let JupyterLab open in its light or dark theme from now on."""
        answer = self.page.request.put(
            f"{self.server.url}/lab/api/settings/@jupyterlab/apputils-extension:themes",
            headers={"Authorization": f"token {TOKEN}"},
            data={"raw": json.dumps({"theme": f"JupyterLab {theme.capitalize()}"})},
        )
        assert answer.ok, answer.text()

    def violations(self) -> list[str]:
        """What axe-core finds against WCAG 2.2 A and AA in what is ours of the page."""
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
        ours = [".bgw-root", ".bgw-frame", ".bgw-status"]
        found: dict[str, Any] = self.page.evaluate(
            "([include, values]) => axe.run({include}, {runOnly: {type: 'tag', values}})", [ours, rules]
        )
        return [
            f"{violation['id']}: {node['html'][:160]} {node['failureSummary']}"
            for violation in found["violations"]
            for node in violation["nodes"]
        ]


def tab_to(page: Page, target: Locator, key: str = "Tab", limit: int = 60) -> None:
    """Press Tab, or Shift+Tab, until the target has the focus."""
    for _ in range(limit):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{limit} times {key} does not reach {target}")
