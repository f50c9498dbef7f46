"""The kernel's side of the JupyterLab sidebar: who has sessions is told, and comms show and command them.

A comm belongs to a page, not to a cell. It has desks as a widget has; `wire/sidebar.py` says what goes over it. None of
this keeps a session alive.
"""

from __future__ import annotations

from .targets import hear_of

__all__ = ["hear_of"]
