"""WAL only where processes share memory: a fake table of mounts stands in for the machine's."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from batchgen_widgets import Project, ProjectError
from batchgen_widgets.projects import filesystems
from batchgen_widgets.projects.filesystems import filesystem, is_remote
from batchgen_widgets.projects.project import forget

TABLE = """\
/dev/sda1 / ext4 rw,relatime 0 0
tmpfs /tmp tmpfs rw 0 0
server:/homes /home nfs4 rw,vers=4.2 0 0
/dev/sdb1 /home/local ext4 rw 0 0
//nas/media /mnt/my\\040media cifs rw 0 0
somebody@host: /mnt/ssh fuse.sshfs rw 0 0
overlay /layers fuse.fuse-overlayfs rw 0 0
/dev/sdc1 /mnt/stick fuseblk rw 0 0
mgs:/lfs /scratch lustre rw 0 0
afs /afs afs rw 0 0
C:\\134 /mnt/c 9p rw 0 0
/dev/sdd1 /over ext4 rw 0 0
server:/over /over nfs rw 0 0

broken
"""


@pytest.fixture
def mounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "mounts"
    path.write_text(TABLE)
    monkeypatch.setattr(filesystems, "MOUNTS", path)
    return path


@pytest.mark.parametrize(
    ("path", "kind", "remote"),
    [
        ("/", "ext4", False),
        ("/srv/project", "ext4", False),
        ("/tmp/project", "tmpfs", False),
        ("/home/ann/project", "nfs4", True),
        ("/home/local/project", "ext4", False),
        ("/homeless", "ext4", False),
        ("/mnt/my media/project", "cifs", True),
        ("/mnt/ssh", "fuse.sshfs", True),
        ("/layers/project", "fuse.fuse-overlayfs", False),
        ("/mnt/stick/project", "fuseblk", False),
        ("/scratch/project", "lustre", True),
        ("/afs/cell/project", "afs", True),
        ("/mnt/c/Users", "9p", True),
        ("/over/project", "nfs", True),  # the later mount is on top
    ],
)
def test_the_type_of_a_path(mounts: Path, path: str, kind: str, remote: bool):
    assert filesystem(Path(path)) == kind
    assert is_remote(Path(path)) is remote


def test_without_a_table_nothing_is_known(mounts: Path):
    mounts.unlink()
    assert filesystem(Path("/home/ann")) is None
    assert is_remote(Path("/home/ann")) is False


def modes(project: Project) -> tuple[str, int]:
    connection = project._opened.database._connection
    return tuple(connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous"))


def away(project: Project) -> None:
    project._opened.database.close()
    forget(project)


def test_a_project_on_a_network_file_system_has_no_wal(mounts: Path, root: Path, open_session, gate):
    project = Project(root)
    assert modes(project) == ("wal", 1)
    away(project)

    mounts.write_text(f"server:/x {root.parent} nfs rw 0 0\n")
    session = open_session(gate)
    assert modes(session.project) == ("delete", 2)
    assert not (root / "batchgen.db-wal").exists()
    batch = session.start_batch()
    gate.next_call().finish()
    assert batch.wait(20)
    # Others may read, and set marks, while this one is open.
    other = sqlite3.connect(root / "batchgen.db")
    assert other.execute("SELECT count(*) FROM assets").fetchone() == (1,)
    other.close()
    session.mark_as_favorite(batch.id, batch.results[0].id)
    session.close()
    away(session.project)

    mounts.write_text("/dev/sda1 / ext4 rw 0 0\n")
    again = Project(root)
    assert modes(again) == ("wal", 1)
    assert [asset.favorite for asset in again.assets()] == [True]


def test_wal_that_another_program_keeps_open_on_a_network_file_system_is_refused(
    mounts: Path, root: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("batchgen_widgets.projects.database.BUSY_SECONDS", 0.01)
    away(Project(root))
    other = sqlite3.connect(root / "batchgen.db")
    other.execute("SELECT count(*) FROM assets").fetchone()
    mounts.write_text(f"server:/x {root.parent} nfs rw 0 0\n")
    with pytest.raises(ProjectError, match=r"batchgen\.db: can't be opened as a project \(database is locked\)"):
        Project(root)
    other.close()
    assert modes(Project(root)) == ("delete", 2)
