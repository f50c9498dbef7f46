"""The settings as Python: the request of *Copy as code*."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..sessions import BatchSession
from .base import Answer, Reply

__all__ = ["CodeDesk"]


class CodeDesk:
    """Writes what a session would run as code."""

    is_live = False

    def __init__(self, session: BatchSession) -> None:
        self._session = session

    def state(self) -> dict[str, Any]:
        """Give no traits: code is asked for."""
        return {}

    def answers(self) -> dict[str, Answer]:
        """Give the quick requests: none."""
        return {}

    def slow_answers(self) -> dict[str, Answer]:
        """Give the slow request: the plan of a large batch takes a while."""
        return {"code.get": self._code}

    def _code(self, _params: Mapping[str, Any]) -> Reply:
        return {"code": self._session.to_code()}, []
