"""Whoever waits for a batch costs its workers nothing."""

from __future__ import annotations

import threading

import pytest

from batchgen_widgets.batches.records import Bell


@pytest.fixture
def bells(monkeypatch: pytest.MonkeyPatch) -> list[Bell]:
    """Every bell, as often as it rings."""
    rung: list[Bell] = []
    real = Bell.ring
    monkeypatch.setattr(Bell, "ring", lambda bell: (rung.append(bell), real(bell)))
    return rung


def test_a_thread_that_waits_is_woken_once_at_the_end(open_session, gate, bells, monkeypatch):
    session = open_session(gate, tasks=3)
    batch = session.start_batch()
    waiting, real = threading.Event(), Bell.wait
    monkeypatch.setattr(Bell, "wait", lambda bell, _seconds: (waiting.set(), real(bell, 20))[1])
    thread = threading.Thread(target=batch.wait)
    thread.start()
    assert waiting.wait(20)
    for _ in range(2):
        gate.next_call().finish()
    last = gate.next_call()
    assert bells == []
    last.finish()
    thread.join(20)
    assert not thread.is_alive()
    assert len(bells) == 1
