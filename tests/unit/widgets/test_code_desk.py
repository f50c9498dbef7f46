"""*Copy as code*, seen from the kernel."""

from __future__ import annotations

from pathlib import Path

import pytest

import batchgen_widgets as bg


@pytest.mark.parametrize("widget", [bg.BatchStudio, bg.BatchConfigPanel])
def test_it_gives_the_code_of_the_settings(root: Path, widget: type):
    with bg.BatchSession(bg.demos.chime, root) as session:
        shown = widget(session)
        try:
            session.set_base_parameters({"duration": 0.5})
            result, buffers = shown._slow["code.get"]({})
            assert (result, buffers) == ({"code": session.to_code()}, [])
            assert '"duration": 0.5' in result["code"]
        finally:
            shown.close()
