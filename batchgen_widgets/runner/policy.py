"""How a runner treats tasks that fail or take too long."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..errors import ParameterError

__all__ = ["Policy"]

_LONGEST_WAIT_S = 300.0


@dataclass(frozen=True, slots=True)
class Policy:
    """Retries, backoff, timeout and checks.

    Parameters
    ----------
    retries : int
        How often a failed task is tried again by itself, 0 to 100.
    retry_backoff : float
        Seconds before the first retry; each further one waits twice as long, up to five minutes.
    timeout : float or None
        Seconds that one attempt may take.
    check_images : bool
        Whether an image of one colour is a failure.

    Raises
    ------
    ParameterError
        When a value is not allowed.
    """

    retries: int = 0
    retry_backoff: float = 1.0
    timeout: float | None = None
    check_images: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.retries, bool) or not isinstance(self.retries, int) or not 0 <= self.retries <= 100:
            _refuse("retries", self.retries, "give a whole number from 0 to 100")
        if not _is_number(self.retry_backoff) or self.retry_backoff < 0:
            _refuse("retry_backoff", self.retry_backoff, "give seconds, 0 or more")
        if self.timeout is not None and (not _is_number(self.timeout) or self.timeout <= 0):
            _refuse("timeout", self.timeout, "give seconds above 0, or None")

    def wait(self, tries: int) -> float:
        """Give the seconds to wait after a task has failed `tries` times."""
        return min(self.retry_backoff * 2.0 ** (tries - 1), _LONGEST_WAIT_S)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _refuse(field: str, value: object, allowed: str) -> None:
    raise ParameterError(f"{field}: {value!r} is not allowed; {allowed}", field=field, value=value)
