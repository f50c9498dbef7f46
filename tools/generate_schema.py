"""Write the published JSON Schema of ``manifest.json`` from ``batchgen_widgets/projects/manifest.py``.

``python tools/generate_schema.py`` writes ``docs/manifest.schema.json``; with ``--check`` it exits with 1 when that
file is out of date.
"""

from __future__ import annotations

import sys
from pathlib import Path

from batchgen_widgets.projects.manifest import manifest_schema

TARGET = Path(__file__).resolve().parents[1] / "docs" / "manifest.schema.json"


def main() -> int:
    """Write the file, or check it."""
    text = manifest_schema()
    if "--check" in sys.argv[1:]:
        if not TARGET.exists() or TARGET.read_text(encoding="utf-8") != text:
            print(f"{TARGET.name} is out of date: run python tools/generate_schema.py", file=sys.stderr)
            return 1
        return 0
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
