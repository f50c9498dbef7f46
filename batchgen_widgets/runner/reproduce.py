"""Making an asset again, and saying whether it came out the same."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
import weakref
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..batches import Asset, Batch
from ..errors import GeneratorError, ParameterError, ProjectError, TaskCancelled
from ..generators import Generator, as_generator
from ..generators.inputs import is_media
from ..generators.parameters import show
from ..generators.registry import find_generator
from ..media import Encoding
from ..projects import Destination, Ledger
from ..recipes.surroundings import device, versions
from ..texts import markup, visible
from .executors.thread import ThreadExecutor
from .stopping import StopSignal
from .work import Input, Job, Result

if TYPE_CHECKING:
    from PIL import Image

    from ..media import Audio, Video
    from .intake import Intake

__all__ = ["Reproduction", "Watch", "generator_of", "reproduce"]

_PREFIX = ".again-"
_STALE_S = 7 * 24 * 3600.0

_alone = threading.Lock()
_turns: weakref.WeakKeyDictionary[Generator, threading.Lock] = weakref.WeakKeyDictionary()


@dataclass
class Watch:
    """Follows a reproduction that runs, and can stop it.

    Attributes
    ----------
    progress : float
        0 to 1, as the generator last said.
    message : str or None
    stop : StopSignal
    """

    progress: float = 0.0
    message: str | None = None
    stop: StopSignal = field(default_factory=StopSignal)

    def show_preview(self, image: Any) -> None:
        """Show nothing: what is made is compared at the end."""

    def append_log(self, text: str) -> None:
        """Keep nothing."""


@dataclass(frozen=True, eq=False, repr=False)
class Reproduction:
    """What came of making an asset again.

    Attributes
    ----------
    verdict : {"identical", "close", "different"}
        Identical when all pixels or samples are; close when `distance` is within `limit`.
    distance : float or None
        How far the two are apart for people; None where they can't be compared, such as pictures of two sizes.
    measure : str
        What `distance` is: see `batchgen_widgets.media.difference`.
    limit : float
        Up to which distance they are close.
    changes : tuple of str
        What is not as it was then, one sentence each: source, versions, device, parameters.
    media : PIL.Image.Image, Audio or Video
        What was made now. It is not part of the project.
    original : Asset
    generator : Generator
        What made it again.
    """

    verdict: Literal["identical", "close", "different"]
    distance: float | None
    measure: str
    limit: float
    changes: tuple[str, ...]
    media: Image.Image | Audio | Video
    original: Asset
    generator: Generator

    @property
    def summary(self) -> str:
        """The verdict in one sentence."""
        if self.verdict == "identical":
            return f"identical: every {'sample' if self.original.kind == 'audio' else 'pixel'} is the same"
        if self.distance is None:
            return self.verdict
        return f"{self.verdict}: {self.measure} {self.distance:.3g}, where up to {self.limit:g} is close"

    def __repr__(self) -> str:
        changes = (f"  {visible(change)}" for change in self.changes)
        return "\n".join([f"<Reproduction of {self.original.id}, {self.summary}>", *changes])

    def _repr_html_(self) -> str:
        from ..media import make_thumbnail

        def picture(source: Any, words: str) -> str:
            webp = b64encode(make_thumbnail(source, self.original.kind, 384)).decode()
            image = f'<img alt="{markup(words)}" style="max-width:100%" src="data:image/webp;base64,{webp}">'
            return f'<figure style="margin:0">{image}<figcaption>{markup(words)}</figcaption></figure>'

        try:
            before = picture(self.original.path, f"Then: {self.original.path.name}")
        except (OSError, TypeError, ValueError) as error:
            before = f"<p>Then: {markup(str(error))}</p>"
        pair = before + picture(self.media, "Now")
        changes = "".join(f"<li>{markup(change)}</li>" for change in self.changes)
        return (
            f"<p>{markup(self.summary)}</p>"
            f'<div style="display:grid;grid-template-columns:1fr 1fr;gap:12px;max-width:800px">{pair}</div>'
            + (f"<ul>{changes}</ul>" if changes else "")
        )


def reproduce(
    asset: Asset,
    generator: Generator | Callable[..., Any] | None = None,
    *,
    intake: Intake | None = None,
    watch: Watch | None = None,
) -> Reproduction:
    """Make an asset again from its parameters, and compare; see `Asset.reproduce`.

    Parameters
    ----------
    asset : Asset
    generator : Generator or callable, optional
        What made it; found by its name when not given.
    intake : Intake, optional
        Of the session to run it in. When not given, of any session that is open for the generator.
    watch : Watch, optional
        Hears of its progress, and can stop it.
    """
    ledger = asset.keeper
    if not isinstance(ledger, Ledger):
        raise ProjectError(f"asset {asset.id} is a copy from another process; open its project to make it again")
    batch = ledger.batch(asset.batch_id)
    if batch is None:
        raise ProjectError(f"asset {asset.id}: its batch is not in the project any more")
    watch = watch or Watch()
    maker = generator_of(batch, generator, intake)
    host = intake if intake is not None and intake.uses(maker) else _host_of(maker, ledger)
    if host is not None:
        maker = host.known_as(maker)
    params, changes = _read_params(asset, batch, maker)
    original = asset.open()
    folder = _folder(ledger.root)
    try:
        destination = Destination(folder, asset.batch_id, asset.task_index, 4)
        job = Job(maker, [Input(params, 1, destination)], encoding=_encoding(asset, host))
        [result] = _run(job, watch, host)
        media = _pick(result, asset, maker)
        from ..media import Video
        from ..media.difference import compare_media

        found = compare_media(original, media)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    verdict: Literal["identical", "close", "different"]
    verdict = "identical" if found.identical else "close" if found.close else "different"
    changes += _changes(batch.origin, maker)
    if len(result.assets) != (then := _count(asset, batch)):
        changes.append(f"It made {len(result.assets)} media instead of {then}.")
    if found.reason:
        changes.append(f"It has {found.reason}.")
    if verdict != "identical":
        changes += _guess(maker, changes)
    made = Reproduction(verdict, found.distance, found.measure, found.limit, tuple(changes), media, asset, maker)
    if isinstance(media, Video):  # its frames are read from the file whenever somebody looks at them
        weakref.finalize(made, shutil.rmtree, folder, ignore_errors=True)
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return made


def generator_of(
    batch: Batch, given: Generator | Callable[..., Any] | None = None, intake: Intake | None = None
) -> Generator:
    """Find what made a batch: as given, in a session, or the newest one of its name in this process.

    Raises
    ------
    GeneratorError
        When there is none.
    """
    if given is not None:
        return as_generator(given)
    from .intake import open_intakes

    near = [intake] if intake is not None else []
    for each in (*near, *open_intakes(batch.keeper)):
        found = each.maker_or_none(batch)
        if found is not None:
            return found
    found = find_generator(batch.generator) or _demo(batch)
    if found is None:
        raise GeneratorError(
            f"{batch.generator!r}, which made batch {batch.id}, is not defined in this process; run the cell that "
            "defines it, or give it: asset.reproduce(generator=...)"
        )
    return found


def _demo(batch: Batch) -> Generator | None:
    """Give a demonstration of this package, which nobody has to import first."""
    from ..generators import demos

    if str(batch.origin.get("module", "")).startswith(f"{demos.__name__}."):
        found = getattr(demos, str(batch.origin.get("qualname", "")), None)
        return found if isinstance(found, Generator) else None
    return None


def _host_of(generator: Generator, ledger: Ledger) -> Intake | None:
    from .intake import open_intakes

    return next((intake for intake in open_intakes(ledger) if intake.uses(generator)), None)


def _run(job: Job, watch: Watch, host: Intake | None) -> Sequence[Result]:
    try:
        if host is not None:
            return host.runner.run_aside(job, [watch], watch.stop)
        with _alone:
            turn = _turns.setdefault(job.generator, threading.Lock())
        with turn:  # nobody said that threads can share it
            return ThreadExecutor().run(job, [watch], watch.stop, None)
    except BaseException:
        watch.stop.request()
        raise


def _pick(result: Result, asset: Asset, maker: Generator) -> Image.Image | Audio | Video:
    from ..media import open_media

    if result.status == "cancelled":
        raise TaskCancelled(f"making asset {asset.id} again was stopped")
    if result.status == "failed":
        error = GeneratorError(f"{maker.name} failed when it made asset {asset.id} again: {result.error}")
        if result.traceback:
            error.add_note(result.traceback)
        raise error
    for made in result.assets:
        if made.position == asset.position:
            return open_media(made.path, made.kind)
    raise GeneratorError(
        f"{maker.name} made {len(result.assets)} media this time; asset {asset.id} was number {asset.position + 1}"
    )


def _folder(root: Path) -> Path:
    """Make a place for what is made: in the project, which all workers see, unless it can't be written."""
    try:
        for old in root.glob(f"{_PREFIX}*"):  # of a kernel that was killed; nothing takes that long
            if time.time() - old.stat().st_mtime > _STALE_S:
                shutil.rmtree(old, ignore_errors=True)
        return Path(tempfile.mkdtemp(prefix=_PREFIX, dir=root))
    except OSError:
        return Path(tempfile.mkdtemp(prefix="batchgen-again-"))


def _encoding(asset: Asset, host: Intake | None) -> Encoding:
    """Give the formats in which the asset was written, as far as its file says that."""
    usual = host.runner.encoding if host is not None else Encoding()
    if asset.path.suffix == usual.suffix(asset.kind):
        return usual
    formats: Any = {".jpg": "jpeg", ".m4a": None}.get(asset.path.suffix, asset.path.suffix[1:])
    try:
        return Encoding(**{asset.kind: formats})
    except ParameterError:  # the generator wrote it by itself, and will again
        return usual


def _count(asset: Asset, batch: Batch) -> int:
    return len(batch.tasks[asset.task_index].assets)


def _read_params(asset: Asset, batch: Batch, maker: Generator) -> tuple[dict[str, Any], list[str]]:
    """Give the parameters of an asset as the generator takes them now, and what became of them."""
    known: dict[str, Any] = {}
    changes = []
    for name, value in asset.params.items():
        parameter = maker.parameters.get(name)
        if parameter is None:
            changes.append(f"{maker.name} has no parameter {name} any more; it was {show(value)}.")
        elif batch.restored and parameter.type == "any" and not is_media(value):
            if value is not None:
                changes.append(f"{name} is nothing that a project can keep; its default was taken.")
        else:
            known[name] = value
    for name, parameter in maker.parameters.items():
        if name not in asset.params and not parameter.required:
            changes.append(f"The parameter {name} is new; its default was taken.")
    try:
        return maker.validate(known), changes
    except ParameterError as error:
        msg = f"asset {asset.id} can't be made again: {error}"
        raise ParameterError(msg, field=error.field, value=error.value) from error


def _changes(origin: Mapping[str, Any], maker: Generator) -> list[str]:
    """Say what is not as it was when the batch was made, as far as that is known."""
    if not origin:
        return ["What made it is not known: its batch is of an early version."]
    changes = []
    then, now = origin.get("source_sha256"), maker.source_sha256
    if then and now and then != now:
        changes.append(f"The source of {maker.name} has changed (source hash {then[:8]} then, {now[:8]} now).")
    known = origin.get("versions")
    current = versions()
    for name, version in known.items() if isinstance(known, Mapping) else ():
        if name not in current:
            changes.append(f"{name} {version} was loaded then, and is not now.")
        elif current[name] != version:
            changes.append(f"{name} is {current[name]}, and was {version}.")
    where = origin.get("device")
    if where and where != device():
        changes.append(f"It ran on {device()}, and then on {where}.")
    return changes


def _guess(maker: Generator, changes: Sequence[str]) -> list[str]:
    if not any(parameter.role == "seed" for parameter in maker.parameters.values()):
        return [f"{maker.name} has no parameter seed: where it draws at random, it draws anew each time."]
    return [] if changes else ["Nothing else that is known has changed; does it draw random numbers beside its seed?"]
