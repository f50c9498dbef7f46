"""The panel Batches as a person finds it, and what a kernel still holds for the pages that look at it."""

from __future__ import annotations

import ast
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from playwright.sync_api import Locator, Page, expect

from tests.browser.hosts import SLOW_MS, Server
from tests.browser.lab import LabNotebook, Shell, ask

# Each task waits until the test lets it go.
DOTS = """
import os, time
from pathlib import Path
import batchgen_widgets as bg
from PIL import Image

Path("process").write_text(str(os.getpid()))

@bg.generator
def dots(seed: int = 0, *, task: bg.TaskContext):
    while not Path(f"go-{task.index}").exists():
        time.sleep(0.01)
        task.progress(0, "waiting")
    return Image.new("RGB", (64, 48), (40 * task.index, 90, 140))

session = bg.BatchSession(dots, project="project", workers=1)
"""
TASKS = 4
START = f'session.set_batch_config({{"batch_size": {TASKS}, "variation_params": {{"vary_seeds": True}}}})\n'
BEGIN = DOTS + START + "batch = session.start_batch()"
BLOCK = """
print("blocked")
while not Path("gate").exists():
    time.sleep(0.01)
print("free again")
"""

# What pages have open in a kernel: the targets of comms, and subshells.
LOOK = "from batchgen_widgets.sidebar.switchboard import SWITCHBOARD"
HELD = (
    "sorted(line.target for line in SWITCHBOARD.lines), "
    "len(get_ipython().kernel.shell_channel_thread.manager.list_subshell())"
)


def end_kernels(page: Page, server: Server) -> None:
    """Shut down what earlier tests left running, which the panel would list."""
    for kernel in ask(page, server, "GET", "api/kernels"):
        ask(page, server, "DELETE", f"api/kernels/{kernel['id']}")


class Panel:
    """The panel Batches."""

    def __init__(self, shell: Shell) -> None:
        self.region = shell.open_panel("Batches")

    def kernel(self, *titles: str) -> Locator:
        """The list of sessions under the names of a kernel's notebooks."""
        return self.region.get_by_role("list", name=", ".join(titles), exact=True)

    def card(self, generator: str = "dots") -> Locator:
        """What the panel shows of a session."""
        return self.region.get_by_role("listitem", name=generator, exact=True)

    def press(self, button: str) -> None:
        """Press a button of the only session."""
        self.card().get_by_role("button", name=button, exact=True).click()

    def open_view(self, label: str) -> None:
        """Open a view of the only session as a tab."""
        more = self.card().get_by_role("button", name="More views")
        if label != "Open gallery" and more.count():
            more.click()
            self.region.page.get_by_role("menuitem", name=label).click()
        else:
            self.press(label)

    def expect_status(self, word: str, *, timeout: float = SLOW_MS) -> None:
        """Wait until the only session's batch is said to be so."""
        expect(self.card().locator(".bgw-badge")).to_have_text(word, timeout=timeout)

    def expect_done(self, count: int, *, timeout: float = SLOW_MS) -> None:
        """Wait until so many tasks of the batch that runs are done."""
        expect(self.card().get_by_text(f"{count} of {TASKS} done")).to_be_visible(timeout=timeout)

    def expect_nothing(self) -> None:
        """Wait until no kernel is listed."""
        expect(self.card()).to_have_count(0, timeout=SLOW_MS)


def release(notebook: LabNotebook, *tasks: int) -> None:
    """Let tasks go on to their end."""
    for task in tasks:
        (notebook.path.parent / f"go-{task}").touch()


def hold_again(notebook: LabNotebook) -> None:
    """Let the tasks of the next batch wait."""
    for file in notebook.path.parent.glob("go-*"):
        file.unlink()


@contextmanager
def client_of(server: Server, kernel: str) -> Iterator[BlockingKernelClient]:
    """A connection to a kernel beside that of any page."""
    client = BlockingKernelClient(connection_file=str(server.log.parent / "runtime" / f"kernel-{kernel}.json"))
    client.load_connection_file()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=SLOW_MS / 1000)
        yield client
    finally:
        client.stop_channels()


def value_of(client: BlockingKernelClient, expression: str) -> Any:
    """What an expression is in the kernel."""
    reply = client.execute(LOOK, user_expressions={"it": expression}, reply=True, timeout=SLOW_MS / 1000)
    found = reply["content"]["user_expressions"]["it"]
    assert found["status"] == "ok", found
    return ast.literal_eval(found["data"]["text/plain"])


def expect_held(client: BlockingKernelClient, targets: list[str], subshells: int) -> None:
    """Wait until a kernel holds just these comms and so many subshells for pages."""
    wanted = (sorted(targets), subshells)
    deadline = time.monotonic() + SLOW_MS / 1000 / 3
    while (held := value_of(client, HELD)) != wanted and time.monotonic() < deadline:
        time.sleep(0.05)
    assert held == wanted
