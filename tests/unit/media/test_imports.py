from __future__ import annotations

import subprocess
import sys

import batchgen_widgets.media as media


def test_importing_the_room_loads_no_heavy_library() -> None:
    code = "import sys, batchgen_widgets.media; print(sorted({'PIL', 'numpy', 'av', 'torch'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_functions_are_not_hidden_by_the_modules_of_their_name() -> None:
    assert all(callable(getattr(media, name)) for name in ("normalize", "probe", "write_media"))
    assert set(media.__all__) <= set(dir(media))
