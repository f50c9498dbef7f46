"""What tasks are made from and is no asset: files of the project named by their content, each written once."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from ..batches import Asset, Batch
from ..errors import ParameterError, ProjectError, ResultError
from ..generators import Parameter
from ..generators.inputs import INPUTS, LostMedia, MediaInput, assets_in, is_asset, read_reference

if TYPE_CHECKING:
    from ..batches import Keeper, Plan

__all__ = ["Inputs", "References", "parents_in"]

_BLOCK = 1 << 20


class Inputs:
    """The input files of one project.

    Parameters
    ----------
    root : Path
        The project's directory.
    keeper : Keeper
        Whose assets need no copy.
    """

    def __init__(self, root: Path, keeper: Keeper) -> None:
        self._root = root
        self._keeper = keeper

    def keep(self, parameter: Parameter, value: Any) -> Any:
        """Give a valid value of a parameter as the project keeps it: an asset of its own, or an input file.

        Raises
        ------
        ParameterError
            When a file can't be read, or an asset of another project is asked for as an asset.
        ProjectError
            When the project can't be written.
        """
        if not parameter.is_media or value is None:
            return value
        if is_asset(value):
            if not isinstance(value, Asset) or value.keeper is self._keeper:
                return value
            if parameter.type == "asset":
                msg = f"asset {value.id} belongs to another project; bring it in with project.import_() first"
                raise ParameterError(f"{parameter.name}: {msg}", field=parameter.name, value=value)
            origin = {"asset": value.id, "batch": value.batch_id}
            value = MediaInput(value.path, value.kind, value.path.name, origin=origin)
        if not isinstance(value, MediaInput) or self._has(value):
            return value
        try:
            path = self._write(value)
        except ResultError as error:
            raise ParameterError(f"{parameter.name}: {error}", field=parameter.name, value=value) from error
        except OSError as error:
            reason = error.strerror or str(error)
            raise ProjectError(f"{parameter.name}: {value.name} can't be kept in {self._folder} ({reason})") from error
        return MediaInput(path, value.kind, value.name, kept=True, origin=value.origin)

    def keep_all(self, parameters: Mapping[str, Parameter], values: Mapping[str, Any]) -> dict[str, Any]:
        """Give the valid values of parameters as the project keeps them."""
        return {
            name: self.keep(parameters[name], value) if name in parameters else value for name, value in values.items()
        }

    def keep_plan(self, plan: Plan) -> Plan:
        """Give a plan whose media the project keeps; what several tasks share is written once."""
        base = self.keep_all(plan.parameters, plan.base)
        columns = dict(plan.columns)
        for name, column in plan.columns.items():
            if plan.parameters[name].is_media:
                unique = {id(value): value for value in column}
                kept = {key: self.keep(plan.parameters[name], value) for key, value in unique.items()}
                columns[name] = [kept[id(value)] for value in column]
        return replace(plan, base=base, columns=columns)

    @property
    def _folder(self) -> Path:
        return self._root / INPUTS

    def _has(self, value: MediaInput) -> bool:
        return value.kept and value.path is not None and value.path.parent == self._folder

    def _write(self, value: MediaInput) -> Path:
        """Write a file under the hash of its content, unless it is there: under another name first, so never half."""
        from ..media import TEMPORARY_PREFIX, normalize, write_media

        folder = self._folder
        folder.mkdir(parents=True, exist_ok=True)
        (item,) = normalize(value.source).items
        stored = write_media(item, folder, f"{TEMPORARY_PREFIX}{os.getpid()}-{uuid4().hex}")
        try:
            target = folder / f"{_hash(stored.path)}{stored.path.suffix}"
            if target.exists() and target.stat().st_size == stored.file_size:
                stored.path.unlink()
            else:
                os.replace(stored.path, target)
        except BaseException:
            with suppress(OSError):
                stored.path.unlink(missing_ok=True)
            raise
        return target


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def parents_in(params: Mapping[str, Any], keeper: object) -> tuple[str, ...]:
    """Give the ids of the assets of a project among the parameters of a task, also of those in lists."""
    found = (asset for value in params.values() for asset in assets_in(value))
    return tuple(dict.fromkeys(asset.id for asset in found if getattr(asset, "keeper", None) is keeper))


class References:
    """Turns what JSON holds of media back into assets and input files, in the batches and assets that are read.

    An asset that is found for that has parameters of its own, which may refer to further ones, or back. So everything
    is known before its parameters are looked through, and whoever began does that for all.

    Parameters
    ----------
    root : Path
        The project's directory.
    find : callable
        Gives an asset by its id, or None; it may read assets and batches, and hand them to `restore`.
    """

    def __init__(self, root: Path, find: Callable[[str], Asset | None]) -> None:
        self._root = root
        self._find = find
        self._waiting: list[Batch | Asset] = []
        self._busy = False

    def restore(self, batch: Batch) -> None:
        """Restore the media among the parameters of a batch, of its tasks and of its assets; under the lock."""
        self._take(batch)

    def restore_asset(self, asset: Asset) -> None:
        """Restore the media among the parameters of an asset that is read without its batch; under the lock."""
        if any(isinstance(value, (dict, list)) for value in asset.params.values()):
            self._take(asset)

    def _take(self, holder: Batch | Asset) -> None:
        self._waiting.append(holder)
        if self._busy:
            return
        self._busy = True
        try:
            while self._waiting:
                one = self._waiting.pop()
                sets = _parameter_sets(one) if isinstance(one, Batch) else [one.params]
                self._restore(sets)
        finally:
            self._busy = False
            self._waiting.clear()

    def _restore(self, sets: Iterable[Mapping[str, Any]]) -> None:
        known: dict[str, Any] = {}
        for params in sets:
            for name, value in params.items():
                if isinstance(value, (dict, list)):
                    params[name] = self.read(value, known)  # type: ignore[index]  # read from JSON, it is a dict

    def read(self, value: Any, known: dict[str, Any]) -> Any:
        """Give the media that JSON refers to, also in lists; other values as they are.

        `known` has what was read before, so that it is the same object again.
        """
        if isinstance(value, list):
            return [self.read(each, known) for each in value]
        found = read_reference(value)
        if found is None:
            return value
        what, reference = found
        key = str(reference[what])
        if key not in known:
            known[key] = self._find(key) if what == "asset" else self._file(reference)
        return known[key] or LostMedia(reference)

    def _file(self, reference: Mapping[str, Any]) -> MediaInput | None:
        kind, origin = reference.get("kind"), reference.get("from")
        if kind not in ("image", "video", "audio"):
            return None
        path = self._root / str(reference["file"])
        name = str(reference.get("name") or path.name)
        return MediaInput(path, kind, name, kept=True, origin=origin if isinstance(origin, dict) else None)


def _parameter_sets(batch: Batch) -> list[Mapping[str, Any]]:
    """Give every parameter set of a batch that may refer to media: none, when its first task and what varies do not."""
    tasks = [task.params for task in batch.tasks]
    first = [batch.base_parameters, *tasks[:1]]
    if not any(isinstance(value, (dict, list)) for params in first for value in params.values()) and not any(
        isinstance(params.get(name), (dict, list)) for name in batch.varied for params in tasks
    ):
        return []
    return [batch.base_parameters, *tasks, *(asset.params for asset in batch.assets)]
