from __future__ import annotations

import threading

from batchgen_widgets.batches import Clock, utc_now


class Hands:
    def __init__(self) -> None:
        self.wall = 1_000_000.0
        self.steady = 5.0

    def pass_by(self, seconds: float, *, wall: float | None = None) -> None:
        self.steady += seconds
        self.wall += seconds if wall is None else wall


def test_a_clock_that_is_set_back_is_not_followed():
    hands = Hands()
    clock = Clock(lambda: hands.wall, lambda: hands.steady)
    assert clock.now().timestamp() == 1_000_000
    hands.pass_by(2)
    assert clock.now().timestamp() == 1_000_002
    hands.pass_by(1, wall=-3600)
    assert clock.now().timestamp() == 1_000_003
    hands.pass_by(10)
    assert clock.now().timestamp() == 1_000_013


def test_a_clock_that_is_ahead_is_followed():
    hands = Hands()
    clock = Clock(lambda: hands.wall, lambda: hands.steady)
    hands.pass_by(0, wall=3600)  # the machine slept
    assert clock.now().timestamp() == 1_003_600
    hands.pass_by(1)
    assert clock.now().timestamp() == 1_003_601


def test_time_never_goes_back_for_any_thread():
    wrong: list[float] = []

    def watch() -> None:
        last = utc_now()
        for _ in range(2000):
            now = utc_now()
            if now < last:
                wrong.append((last - now).total_seconds())
            last = now

    threads = [threading.Thread(target=watch) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
