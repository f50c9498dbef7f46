"""*Copy as code*, seen from the kernel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import batchgen_widgets as bg


@pytest.mark.parametrize("widget", [bg.BatchStudio, bg.BatchConfigPanel])
def test_it_gives_the_code_of_the_settings(root: Path, page: Callable[..., Any], widget: type):
    with bg.BatchSession(bg.demos.chime, root) as session:
        shown = page(widget(session))
        session.set_base_parameters({"duration": 0.5})
        code = shown.result("code.get")
        assert code == {"code": session.to_code()}
        assert '"duration": 0.5' in code["code"]
