"""JupyterLab around the notebook: side panels, commands, tabs, the status bar, notifications, settings, kernels."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.hosts import SLOW_MS, TOKEN, Notebook, Server


class Shell:
    """JupyterLab's shell in a page, and what a person does in it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.main = page.get_by_role("main", name="Main Content")
        self.status_bar = page.locator("#jp-main-statusbar")

    def side_tab(self, name: str) -> Locator:
        """The tab of a side panel, on whichever side it is."""
        return self.page.locator(".jp-SideBar").get_by_role("tab", name=re.compile(f"^{re.escape(name)}"))

    def open_panel(self, name: str) -> Locator:
        """Open a side panel, unless it is open, and give it."""
        tab = self.side_tab(name)
        expect(tab).to_be_visible(timeout=SLOW_MS)
        if tab.get_attribute("aria-selected") != "true":
            tab.click()
        panel = self._of(tab)
        expect(panel).to_be_visible()
        return panel

    def run_command(self, label: str) -> None:
        """Choose a command in the palette."""
        self.page.keyboard.press("Control+Shift+C")
        palette = self.page.get_by_role("region", name="Command Palette Section")
        # The search forgives typing errors, and finds more than what is looked for.
        palette.get_by_placeholder("SEARCH").fill(label)
        found = palette.get_by_role("menuitem").filter(has=self.page.get_by_text(label, exact=True))
        found.filter(visible=True).first.click()
        expect(palette).to_be_hidden()

    def choose(self, menu: str, item: str) -> None:
        """Choose an item of the main menu."""
        self.page.get_by_role("navigation", name="main menu").get_by_role("menuitem", name=menu, exact=True).click()
        self.page.get_by_role("menu").get_by_role("menuitem", name=re.compile(f"^{re.escape(item)}")).click()

    def answer(self, button: str) -> None:
        """Press a button of the dialog, and wait until that has gone."""
        dialog = self.page.get_by_role("dialog").filter(visible=True)
        # By what is written on it: read aloud, some say more.
        dialog.get_by_role("button").filter(has_text=re.compile(f"^{re.escape(button)}$")).click()
        expect(dialog).to_have_count(0)

    def tabs(self) -> Locator:
        """All tabs of the main area."""
        return self.main.get_by_role("tab")

    def tab(self, title: str | re.Pattern[str]) -> Locator:
        """The tab of the main area with this title."""
        exactly = title if isinstance(title, re.Pattern) else re.compile(f"^{re.escape(title)}$")
        return self.tabs().filter(has=self.page.locator(".lm-TabBar-tabLabel").filter(has_text=exactly))

    def content(self, title: str | re.Pattern[str]) -> Locator:
        """What the tab of this title shows; hidden while the tab is behind another one."""
        tab = self.tab(title)
        expect(tab).to_have_count(1, timeout=SLOW_MS)
        return self._of(tab)

    def activate(self, title: str | re.Pattern[str]) -> Locator:
        """Bring a tab to the front, and give what it shows."""
        self.tab(title).click()
        content = self.content(title)
        expect(content).to_be_visible()
        return content

    def close(self, title: str | re.Pattern[str]) -> None:
        """Close a tab."""
        tab = self.tab(title)
        # The cross is there while the pointer is over the tab.
        tab.hover()
        tab.locator(".lm-TabBar-tabCloseIcon").click()
        expect(tab).to_have_count(0)

    def expect_active(self, title: str | re.Pattern[str]) -> None:
        """Wait until a tab is in front of its neighbours."""
        expect(self.tab(title)).to_have_attribute("aria-selected", "true", timeout=SLOW_MS)

    def notification(self, text: str | re.Pattern[str]) -> Locator:
        """The notification with this text, while it is on screen."""
        return self.page.locator(".Toastify__toast").filter(has_text=text)

    def _of(self, tab: Locator) -> Locator:
        """The widget that a tab of any bar stands for."""
        identifier = tab.get_attribute("data-id")
        return self.page.locator(f'[id="{identifier}"]')


class LabNotebook(Notebook):
    """A notebook in JupyterLab, where several can be open in one page."""

    def __init__(self, page: Page, server: Server) -> None:
        super().__init__(page, server, "lab")
        self.shell = Shell(page)

    def cell(self, index: int) -> Locator:
        """The code cell of that number, in the notebook of this name."""
        return self.shell.content(self.path.name).locator(".jp-Notebook .jp-CodeCell").nth(index)

    def session(self) -> dict[str, Any]:
        """What the server says about the notebook and its kernel."""
        ours = f"{self.path.parent.name}/{self.path.name}"
        sessions = ask(self.page, self.server, "GET", "api/sessions")
        return next(session for session in sessions if session["path"] == ours)

    def kernel(self) -> str:
        """The id of its kernel."""
        return str(self.session()["kernel"]["id"])

    def reload(self) -> None:
        """Press F5, and wait for the page; the kernel goes on."""
        self.page.reload(timeout=SLOW_MS)
        expect(self.shell.tab(self.path.name)).to_be_visible(timeout=SLOW_MS)

    def rename(self, name: str) -> None:
        """Give the notebook another name."""
        self.shell.activate(self.path.name)
        self.shell.choose("File", "Rename Notebook…")
        self.page.get_by_role("dialog").get_by_role("textbox").fill(name)
        self.shell.answer("Rename")
        self.path = self.path.with_name(name)
        expect(self.shell.tab(name)).to_be_visible()

    def restart_kernel(self) -> None:
        """Restart the kernel, and wait until it is there again."""
        self.shell.activate(self.path.name)
        self.shell.choose("Kernel", "Restart Kernel…")
        self.shell.answer("Restart")
        self.wait_for_idle()

    def shut_down_kernel(self) -> None:
        """Shut the kernel down; the notebook stays open."""
        self.shell.activate(self.path.name)
        kernel = self.kernel()
        self.shell.choose("Kernel", "Shut Down Kernel")
        self.page.wait_for_function(
            "async id => !(await (await fetch('/api/kernels')).json()).some(kernel => kernel.id === id)", arg=kernel
        )

    def open_beside(self, name: str) -> LabNotebook:
        """Open a copy of the notebook under another name, in the same page and on the same kernel."""
        other = LabNotebook(self.page, self.server)
        other.path = self.path.with_name(name)
        other.path.write_bytes(self.path.read_bytes())
        place = f"{other.path.parent.name}/{name}"
        session = {"path": place, "name": name, "type": "notebook", "kernel": {"id": self.kernel()}}
        ask(self.page, self.server, "POST", "api/sessions", session)
        open_file(self.shell, other.path, self.server)
        expect(other.cell(0)).to_be_visible(timeout=SLOW_MS)
        return other


def open_file(shell: Shell, path: Path, server: Server) -> None:
    """Open a file as a person does who knows where it is."""
    shell.choose("File", "Open from Path…")
    dialog = shell.page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill(path.relative_to(server.root).as_posix())
    shell.answer("Open")
    expect(shell.tab(path.name)).to_be_visible(timeout=SLOW_MS)


def leave_out_extension(page: Page) -> None:
    """Let the page be loaded with nothing in our extension, to see what its host does by itself."""
    name = '"batchgen-widgets"'
    empty = "{ init() {}, get: async () => () => ({ __esModule: true, default: [] }) }"
    page.route(
        re.compile(r"/extensions/batchgen-widgets/static/remoteEntry\."),
        lambda route: route.fulfill(
            body=f"(window._JUPYTERLAB ??= {{}})[{name}] = {empty};", content_type="text/javascript"
        ),
    )


def save_settings(page: Page, server: Server, plugin: str, values: dict[str, Any]) -> None:
    """Save the settings of a plugin; a page that is open hears of them when it is loaded again."""
    ask(page, server, "PUT", f"lab/api/settings/{plugin}", {"raw": json.dumps(values)})


def ask(page: Page, server: Server, method: str, path: str, data: Any = None) -> Any:
    """Ask the server something, beside what the page asks."""
    answer = page.request.fetch(
        f"{server.url}/{path}", method=method, headers={"Authorization": f"token {TOKEN}"}, data=data
    )
    assert answer.ok, answer.text()
    text = answer.text()
    return json.loads(text) if text else None
