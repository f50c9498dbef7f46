"""How much an archive or a review file may hold.

What comes from elsewhere is refused beyond these bounds, before anything is written; `Project.export` keeps to them, so
that what it writes can be read again.
"""

from __future__ import annotations

from typing import Final

MIB: Final = 1024 * 1024

MOST_FILES: Final = 250_000
"""Entries of a zip, or files below a folder."""

MOST_DIRECTORY_BYTES: Final = 64 * MIB
"""Size of the table of contents of a zip."""

MOST_MANIFEST_BYTES: Final = 128 * MIB
"""Size of `manifest.json`, unpacked: room for a few hundred thousand tasks."""

MOST_FILE_BYTES: Final = 16 * 1024 * MIB
"""Size of one media file."""

MOST_RATIO: Final = 100
"""How many times larger than its archive all that it holds may be, beyond `FREE_BYTES`; media hardly shrink."""

FREE_BYTES: Final = 64 * MIB
"""What an archive may unpack to whatever its own size: parameters of many tasks shrink well."""

MOST_NAME_LENGTH: Final = 240
"""Characters in the name of an entry, folders and all."""

MOST_DEPTH: Final = 24
"""How deep lists and objects may be nested in a value of a parameter or a metric."""

MOST_TASKS: Final = 1_000_000
"""Tasks of one batch, as for any batch."""

MOST_PIXELS: Final = 178_956_970
"""Width times height of an image or a clip, where Pillow is told nothing else by ``PIL.Image.MAX_IMAGE_PIXELS``."""

MOST_REVIEW_BYTES: Final = 5 * MIB
"""Size of a review file."""

MOST_REVIEWER_LENGTH: Final = 80
"""Characters in the name of a reviewer."""

MOST_NOTE_LENGTH: Final = 10_000
"""Characters in a note of a reviewer."""

MOST_IMAGE_BYTES: Final = 512 * MIB
"""Size of the file of one image, which is read whole."""

MOST_ORIGIN_BYTES: Final = MIB
"""Size of what a batch says about what made it."""
