"""What a task prints and warns is in its log, and nowhere else."""

from __future__ import annotations

import contextlib
import io
import sys
import threading
import warnings

import pytest

from batchgen_widgets import TaskContext
from batchgen_widgets.runner.capture import captured
from batchgen_widgets.testing import GatedGenerator


def ran(open_session, generator):
    session = open_session(generator)
    batch = session.start_batch()
    assert batch.wait(20)
    return batch.tasks[0]


def test_streams_warnings_and_log_lines_in_order(open_session, capsys, rows):
    def talking(*, task: TaskContext):
        print("one", "two", sep="\n")
        print("to stderr", file=sys.stderr)
        task.log("logged")
        warnings.warn("careful", RuntimeWarning, stacklevel=1)
        sys.stdout.writelines(["half a ", "line\n"])
        print("no end", end="")
        return {"score": 1}

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        task = ran(open_session, talking)
    lines = ["one", "two", "to stderr", "logged", "RuntimeWarning: careful", "half a line", "no end"]
    assert task.log.split("\n") == lines
    assert rows("SELECT log FROM tasks") == [(task.log,)]
    assert capsys.readouterr() == ("", "")


def test_a_progress_bar_leaves_its_last_state(open_session):
    def bar():
        for percent in range(0, 101, 10):
            print(f"\r{percent:3d}%", end="", file=sys.stderr)
        print(file=sys.stderr)
        for percent in (50, 100):
            print(f"{percent} of 100", end="\r")
        return {"score": 1}

    assert ran(open_session, bar).log == "100%\n100 of 100"


def test_what_is_kept_of_a_line_is_bounded():
    lines: list[str] = []
    with captured(lines.append):
        for number in range(20_000):
            print(f"\r{number}", end="")
        for _ in range(20_000):
            print(".", end="")
    assert max(map(len, lines)) <= 8_100
    assert "".join(lines) == "19999" + "." * 20_000


def test_other_threads_write_as_before(open_session, gate, capsys):
    session = open_session(gate)
    batch = session.start_batch()
    call = gate.next_call()
    call.do(lambda: print("of the task"))
    print("of the notebook")
    print("of its stderr", file=sys.stderr)
    with pytest.warns(UserWarning, match="recorded"):
        warnings.warn("recorded", UserWarning, stacklevel=1)
    thread = threading.Thread(target=print, args=("of a thread",))
    call.do(lambda: (thread.start(), thread.join()))
    call.finish()
    assert batch.wait(20)
    assert batch.tasks[0].log == "of the task"
    assert capsys.readouterr() == ("of the notebook\nof a thread\n", "of its stderr\n")


def test_a_warning_of_another_thread_is_shown_as_before(monkeypatch):
    shown = []
    monkeypatch.setattr(warnings, "showwarning", lambda *given: shown.append(given))
    lines: list[str] = []
    with captured(lines.append), warnings.catch_warnings():
        warnings.simplefilter("always")
        thread = threading.Thread(target=warnings.warn, args=("elsewhere",))
        thread.start()
        thread.join()
    ((message, category, filename, lineno, *_),) = shown
    assert (str(message), category, lines) == ("elsewhere", UserWarning, [])
    assert filename.endswith(".py")
    assert lineno > 0


def test_two_tasks_at_once_keep_their_words_apart(open_session, gate):
    session = open_session(gate, tasks=2, workers=2)
    batch = session.start_batch()
    calls = [gate.next_call(), gate.next_call()]
    for word in ("first", "second"):
        for call in calls:
            call.do(lambda call=call, word=word: print(word, "of", call.context.index))
    for call in calls:
        call.finish()
    assert batch.wait(20)
    assert [task.log for task in batch.tasks] == [f"first of {i}\nsecond of {i}" for i in range(2)]


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_stream_that_is_closed_or_missing_harms_no_task(open_session, monkeypatch, stream):
    closed = io.StringIO()
    closed.close()

    def talking():
        print("still heard", file=getattr(sys, stream))
        getattr(sys, stream).flush()
        return {"score": 1}

    for replacement in (closed, None):
        monkeypatch.setattr(sys, stream, replacement)
        task = ran(open_session, talking)
        assert (str(task.status), task.log) == ("completed", "still heard")
        assert getattr(sys, stream) is replacement


def test_a_task_that_closes_stdout_closes_it_for_nobody(open_session, capsys):
    def closing():
        sys.stdout.close()
        sys.stderr.close()
        print("after")
        return {"score": 1}

    assert ran(open_session, closing).log == "after"
    print("and here")
    assert capsys.readouterr().out == "and here\n"


def test_streams_are_put_back(open_session):
    before = (sys.stdout, sys.stderr, warnings.showwarning)
    ran(open_session, lambda seed=0: {"score": 1})
    assert (sys.stdout, sys.stderr, warnings.showwarning) == before


def test_streams_are_put_back_when_a_log_can_take_no_more():
    def full(line):
        raise OSError(line)

    before = (sys.stdout, sys.stderr, warnings.showwarning)
    with pytest.raises(OSError, match="no end"), captured(full):
        print("no end", end="")
    assert (sys.stdout, sys.stderr, warnings.showwarning) == before


def test_a_stream_that_somebody_puts_over_ours_does_not_pile_up(open_session):
    before = sys.stdout
    gate = GatedGenerator()
    session = open_session(gate)
    try:
        for _ in range(3):
            batch = session.start_batch()
            call = gate.next_call()
            with contextlib.redirect_stdout(io.StringIO()) as mine:
                call.finish()
                assert batch.wait(20)
                print("mine")
            assert mine.getvalue() == "mine\n"
        assert getattr(sys.stdout, "original", before) is before
        ran(open_session, lambda seed=0: {"score": 1})
        assert sys.stdout is before
    finally:
        sys.stdout = before
