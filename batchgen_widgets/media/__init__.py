"""Images, videos and sounds: what a generator returned, as checked values, as files, and as small pictures.

Pillow, NumPy and PyAV are imported where they are used, so that importing this package is cheap.
"""

from batchgen_widgets.media.checks import check_images
from batchgen_widgets.media.decode import open_media
from batchgen_widgets.media.display import show_file
from batchgen_widgets.media.encode import TEMPORARY_PREFIX, StoredMedia, write_media
from batchgen_widgets.media.encoding import Encoding
from batchgen_widgets.media.formats import MediaKind, read_format
from batchgen_widgets.media.names import readable_stem
from batchgen_widgets.media.normalize import MediaItem, Outputs, normalize
from batchgen_widgets.media.notes import NOTE, read_notes, write_note
from batchgen_widgets.media.probe import MediaInfo, probe
from batchgen_widgets.media.thumbnails import display_bytes, make_preview, make_thumbnail
from batchgen_widgets.media.values import Audio, Video

__all__ = [
    "NOTE",
    "TEMPORARY_PREFIX",
    "Audio",
    "Encoding",
    "MediaInfo",
    "MediaItem",
    "MediaKind",
    "Outputs",
    "StoredMedia",
    "Video",
    "check_images",
    "display_bytes",
    "make_preview",
    "make_thumbnail",
    "normalize",
    "open_media",
    "probe",
    "read_format",
    "read_notes",
    "readable_stem",
    "show_file",
    "write_media",
    "write_note",
]
