"""What a kernel answers when it can't."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

import batchgen_widgets as bg
from batchgen_widgets.sidebar import switchboard
from tests.unit.sidebar.conftest import Tab


@pytest.mark.parametrize(("view", "module"), [(None, "overview"), ("gallery", "views")])
def test_a_kernel_without_what_the_widgets_need_says_so(
    session: bg.BatchSession,
    open_tab: Callable[..., Tab],
    monkeypatch: pytest.MonkeyPatch,
    view: str | None,
    module: str,
) -> None:
    monkeypatch.setitem(sys.modules, f"batchgen_widgets.sidebar.{module}", None)
    tab = open_tab(view)
    assert tab.gone
    assert "can't show its batches" in tab.gone
    assert "restart the kernel" in tab.gone
    assert tab.closed


def test_a_fault_of_ours_is_told_and_leaves_no_line(
    session: bg.BatchSession, open_tab: Callable[..., Tab], monkeypatch: pytest.MonkeyPatch
) -> None:
    from batchgen_widgets.sidebar import overview

    def broken(_desk: object) -> Any:
        raise ZeroDivisionError("a fault")

    monkeypatch.setattr(overview.OverviewDesk, "state", broken)
    tab = open_tab()
    assert tab.gone == "this kernel can't show its batches (ZeroDivisionError: a fault)"
    assert tab.closed
    assert switchboard.SWITCHBOARD.lines == []


def test_a_message_without_data_is_passed_over(session: bg.BatchSession, open_tab: Callable[..., Tab]) -> None:
    tab = open_tab()
    tab._manager.comm_msg(None, "", {"content": {"comm_id": tab.id}})  # type: ignore[arg-type]
    assert tab.result("clock")["now"] > 0
