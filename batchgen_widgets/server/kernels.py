"""Which of the server's kernels have batch sessions."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..presence import projects_of

if TYPE_CHECKING:
    from ..wire.sidebar import ProjectRef, SessionKernels

__all__ = ["connection_files", "session_kernels"]


def connection_files(kernels: Any) -> dict[str, Path]:
    """Give the connection files of running kernels by id; kernels that run elsewhere have none.

    Parameters
    ----------
    kernels : jupyter_server.services.kernels.kernelmanager.MappingKernelManager
        Or what a gateway has in its place.
    """
    found: dict[str, Path] = {}
    for kernel_id in list(kernels.list_kernel_ids()):
        try:
            file = getattr(kernels.get_kernel(kernel_id), "connection_file", "")
        except KeyError:  # it has ended meanwhile
            continue
        if file and Path(file).is_absolute():
            found[str(kernel_id)] = Path(file)
    return found


def session_kernels(files: Mapping[str, Path]) -> SessionKernels:
    """Say which kernels have or had a batch session, by their connection files."""
    told: dict[str, list[ProjectRef]] = {}
    for kernel_id, file in files.items():
        paths = projects_of(file)
        if paths is not None:
            with suppress(OSError, ValueError, RuntimeError):  # folders that no system can have
                told[kernel_id] = [_ref(path) for path in paths]
    return {"kernels": told}


def _ref(path: Path) -> ProjectRef:
    from ..projects import project_key

    return {"key": project_key(path), "name": path.name, "folder": str(path)}
