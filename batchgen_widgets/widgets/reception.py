"""Where requests from a page are heard and answered, over whichever comm they came."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeAlias

from ..batches import utc_now
from ..errors import BatchgenError, ConfigError, ParameterError
from ..texts import whole_texts
from .delivery import PACER

__all__ = ["Answer", "Desk", "Reception", "Reply", "command"]

_log = logging.getLogger(__name__)

Reply: TypeAlias = tuple[Mapping[str, Any], list[bytes]]
"""The result of a request, and its buffers."""

Answer: TypeAlias = Callable[[Mapping[str, Any]], Reply]
"""Takes the parameters of a request."""

_LONGEST_ERROR = 5_000

_helpers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="batchgen-delivery")


class Desk(Protocol):
    """One group of traits: what they should be now, and the requests that belong to them."""

    def state(self) -> dict[str, Any]:
        """Give what each synced trait should be now."""

    def answers(self) -> dict[str, Answer]:
        """Give the quick requests, answered in the thread that hears them."""

    def slow_answers(self) -> dict[str, Answer]:
        """Give the requests that read or encode files, answered by helper threads."""

    @property
    def is_live(self) -> bool:
        """Whether something changes by itself now."""


class Reception:
    """Takes each request to the desk that answers it, and sends what that says.

    Requests come in a thread beside the cell that may be running, so their answers only call thread-safe methods. Each
    one is answered, with the result or with what was wrong.

    Parameters
    ----------
    desks : sequence of Desk
    send : callable
        Takes a message and its buffers; called from any thread.
    more : mapping, optional
        Quick answers that belong to no desk, beside ``clock``, which is always there.
    """

    def __init__(
        self,
        desks: Sequence[Desk],
        send: Callable[[dict[str, Any], list[bytes]], None],
        more: Mapping[str, Answer] | None = None,
    ) -> None:
        self._send = send
        self._quick: dict[str, Answer] = {"clock": _tell_time, **(more or {})}
        self._slow: dict[str, Answer] = {}
        for desk in desks:
            self._quick |= desk.answers()
            self._slow |= desk.slow_answers()

    @staticmethod
    def is_request(message: object) -> bool:
        """Whether a message from a page is a request; everything else is for somebody else."""
        return isinstance(message, dict) and message.get("kind") == "request"

    def hear(self, message: Mapping[str, Any]) -> None:
        """Answer a request, in this thread or soon in another."""
        request_id, method, params = message.get("id"), str(message.get("method")), message.get("params")
        params = params if isinstance(params, dict) else {}
        if method in self._slow:
            _helpers.submit(self._answer, request_id, self._slow[method], params, waits=True)
        else:
            self._answer(request_id, self._quick.get(method) or _unknown(method), params)

    def _answer(self, request_id: object, answer: Answer, params: Mapping[str, Any], *, waits: bool = False) -> None:
        try:
            result, buffers = answer(params)
        except Exception as error:
            if not isinstance(error, BatchgenError):
                _log.exception("a request from the browser failed")
            reason = whole_texts(_explain(error), _LONGEST_ERROR)
            self._send({"kind": "reply", "id": request_id, "ok": False, "error": reason}, [])
            return
        size = sum(map(len, buffers))
        delay = PACER.reserve(size) if size else 0.0
        # A quick answer never waits for its turn: the request behind it may be to stop something.
        if waits and delay:
            time.sleep(delay)
        self._send({"kind": "reply", "id": request_id, "ok": True, "result": whole_texts(result)}, buffers)


def command(run: Callable[[Mapping[str, Any]], object]) -> Answer:
    """Make an answer that does something and only says that it worked."""

    def answer(params: Mapping[str, Any]) -> Reply:
        run(params)
        return {}, []

    return answer


def _tell_time(_params: Mapping[str, Any]) -> Reply:
    return {"now": utc_now().timestamp()}, []


def _unknown(method: str) -> Answer:
    def refuse(_params: Mapping[str, Any]) -> Reply:
        raise BatchgenError(f"{method!r} is no request of this view; reload the page if the package was upgraded")

    return refuse


def _explain(error: Exception) -> dict[str, Any]:
    fields: list[dict[str, str]] = []
    if isinstance(error, ConfigError):
        fields = [{"field": problem.field, "message": problem.message} for problem in error.errors]
    elif isinstance(error, ParameterError):
        fields = [{"field": error.field, "message": error.reason}]
    text = str(error) or type(error).__name__
    if isinstance(error, KeyError):
        text = f"the request lacks {error}"
    return {"type": type(error).__name__, "message": text, "errors": fields}
