"""Notes in media files: a text that says how the file was made, written beside the pixels or samples and read back.

Libraries that write such texts also write the rest anew: Pillow encodes again, and FFmpeg's muxers drop what they do
not know, such as seek tables and edit lists. Here a note is one more piece of the container, and the others stay.
"""

from batchgen_widgets.media.notes.carry import read_notes, write_note
from batchgen_widgets.media.notes.pieces import MAX_NOTE, NOTE

__all__ = ["MAX_NOTE", "NOTE", "read_notes", "write_note"]
