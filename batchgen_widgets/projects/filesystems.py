"""What kind of file system a path is on, as far as SQLite must know."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["filesystem", "is_remote"]

MOUNTS = Path("/proc/self/mounts")
"""What is mounted where, on Linux; other systems have no such file."""

# fmt: off
_REMOTE = frozenset([
    "9p", "acfs", "afp", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "drvfs", "fhgfs", "gfs", "gfs2", "glusterfs",
    "gpfs", "grpcfuse", "lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "orangefs", "osxfs", "panfs", "pvfs2", "smb", "smb2",
    "smb3", "smbfs", "vboxsf", "virtiofs", "vmhgfs", "wekafs",
])
# Of what runs in user space, most reaches over a network; these lie on top of a local file system.
_LOCAL_FUSE = frozenset([
    "fuse.bindfs", "fuse.encfs", "fuse.exfat", "fuse.fuse-overlayfs", "fuse.gocryptfs", "fuse.mergerfs", "fuse.ntfs-3g",
])
# fmt: on


def filesystem(path: Path) -> str | None:
    """Give the type of the file system that a path is on, such as "ext4" or "nfs4"; None where nothing tells.

    Parameters
    ----------
    path : Path
        Absolute and without links; it need not exist.
    """
    try:
        table = MOUNTS.read_text("utf-8", "surrogateescape")
    except OSError:
        return None
    best: tuple[int, str] | None = None
    for line in table.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = Path(_unescape(fields[1]))
        # Of two mounts at one place the later one is on top.
        if path.is_relative_to(point) and (best is None or len(point.parts) >= best[0]):
            best = len(point.parts), fields[2]
    return best and best[1]


def is_remote(path: Path) -> bool:
    """Say whether other machines may have the same files, so that processes don't share memory through them."""
    kind = filesystem(path)
    return kind is not None and (kind in _REMOTE or (kind.startswith("fuse.") and kind not in _LOCAL_FUSE))


def _unescape(text: str) -> str:
    """Read the octal escapes that stand for blanks in the table."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)
