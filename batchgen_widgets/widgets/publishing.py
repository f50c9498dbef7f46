"""Sending to the browser without taking its answers hostage.

While a cell blocks the main thread, JupyterLab and Notebook 7 send what the user clicks to a *subshell* of the kernel,
a thread of its own, so that it is heard at once. ipykernel 7.4 sends a comm's incoming messages to whichever shell
**published last** on that comm, read from the parent header of what was published. A message published in the name of
a running cell would therefore send every later click into the blocked shell. Published in nobody's name, it leaves the
routing alone.
"""

from __future__ import annotations

import contextvars
import sys
from collections.abc import Callable
from typing import TypeVar

__all__ = ["in_nobodys_name"]

_Result = TypeVar("_Result")


def in_nobodys_name(send: Callable[[], _Result]) -> _Result:
    """Call `send` so that what it publishes has no parent message; works from any thread."""
    kernelbase = sys.modules.get("ipykernel.kernelbase")
    if kernelbase is None or not kernelbase.Kernel.initialized():
        return send()
    parent = getattr(kernelbase.Kernel.instance(), "_shell_parent", None)
    if not isinstance(parent, contextvars.ContextVar):  # before ipykernel 7 there are no subshells to lose
        return send()

    def detached() -> _Result:
        parent.set({})
        return send()

    return contextvars.copy_context().run(detached)
