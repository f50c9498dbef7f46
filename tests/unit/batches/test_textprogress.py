"""Text progress says what is done, what failed and how long it takes, on terminals and in logs."""

from __future__ import annotations

import io
import sys

from batchgen_widgets.batches.textprogress import TextProgress, wants_progress
from batchgen_widgets.testing import wait_for


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def lines(stream: io.StringIO) -> list[str]:
    return [line for line in stream.getvalue().replace("\r", "\n").split("\n") if line.strip()]


def test_the_bar_follows_the_batch_to_its_end(open_session, gate):
    session = open_session(gate, tasks=4)
    batch = session.start_batch()
    stream = Terminal()
    with TextProgress(batch, stream) as shown:
        gate.next_call().finish({"x": 1})
        gate.next_call().fail()
        call = gate.next_call()
        call.report(0.5)
        wait_for(lambda: batch.failed_count == 1)
        shown.update()
        shown._bar.refresh()
        assert "gated:  62%" in lines(stream)[-1]
        assert "1 failed" in lines(stream)[-1]
        assert "left" in lines(stream)[-1]
        call.finish({"x": 1})
        gate.next_call().finish({"x": 1})
        assert batch.wait(10)
    last = lines(stream)[-1]
    assert "100%" in last
    assert "4/4" in last
    assert last.rstrip("]").endswith("1 failed, completed")


def test_in_a_log_each_state_is_a_line_of_its_own(open_session, gate):
    session = open_session(gate, tasks=2)
    batch = session.start_batch()
    stream = io.StringIO()
    with TextProgress(batch, stream):
        gate.next_call().finish({"x": 1})
        gate.next_call().finish({"x": 1})
        assert batch.wait(10)
    assert "\r" not in stream.getvalue()
    first, *_, last = lines(stream)
    assert first.startswith("gated:   0%")
    assert "2/2" in last
    assert "completed" in last


def test_a_bar_shows_by_itself_on_a_terminal_only(monkeypatch):
    assert wants_progress(None, Terminal())
    assert not wants_progress(None, io.StringIO())
    assert wants_progress(True, io.StringIO())
    assert not wants_progress(False, Terminal())
    closed = io.StringIO()
    closed.close()
    assert not wants_progress(None, closed)
    monkeypatch.setattr(sys, "stderr", None)
    assert not wants_progress(None)
