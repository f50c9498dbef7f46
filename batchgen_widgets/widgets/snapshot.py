"""What the cell of a widget shows without its kernel: in the saved notebook, its HTML, on GitHub.

A saved notebook keeps no widgets. So the cell that shows one gets a second output, a picture of the batch, which hides
itself as long as the widget is alive in the page. Since it is an output of its own, a change of it leaves the widget's
view alone: an update of the widget's own output would draw that view anew, and what is typed there, its focus and its
open dialogs would be gone.

The picture is drawn in a thread of its own, seldom, and published to the cell that showed the widget. Only a front end
that saw the widget's display can place an update; after a reload of the page the cell keeps the last picture until it
runs again.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
import uuid
import weakref
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from ..errors import ParameterError
from ..generators.parameters import show
from ..pages import SNAPSHOT_BYTES, Snapshot, snapshot, snapshot_of_results, snapshot_of_words
from ..sessions import BatchSession
from .delivery import PACER
from .shelf import Shelf

__all__ = ["CellPicture", "Subject", "batch_in_words", "check_bytes", "pictures_of"]

_log = logging.getLogger(__name__)

_LEAST: Final = 20_000
_MOST: Final = 10_000_000

_REST_S: Final = 1.5
"""How long after a change the picture follows, so that several changes make one picture."""

_EVERY_LIVE_S: Final = 10.0
_EVERY_S: Final = 3.0
"""The least time between two pictures, while a batch runs and else."""

_SOON_S: Final = 0.3

_AROUND: Final = 1_500  # bytes of what stands around the picture in its output, and of the widget's own output

# The first rule hides the picture while its widget is in the page, with the space that the output would take; the other
# one hides "model not found" above it. Other hosts than Jupyter's have other boxes; there the picture itself hides.
_STYLE: Final = (
    ":root:has(.bgw-live-{id}) .bgw-saved-{id},"
    ":root:has(.bgw-live-{id}) .jp-OutputArea-child:has(> .jp-OutputArea-output > .bgw-saved-{id}),"
    ".jp-OutputArea:has(> .jp-OutputArea-child > .jp-OutputArea-output > .bgw-saved-{id})"
    " > .jp-OutputArea-child:not(:has(> .jp-OutputArea-output > *)):has(> .jp-OutputArea-output.jupyter-widgets)"
    "{{display:none!important}}"
)
_MOVED: Final = Snapshot(
    "Its picture is in the cell that showed it last", "<div>Its picture is in the cell that showed it last</div>"
)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a picture shows.

    Attributes
    ----------
    look : callable
        Gives what the picture depends on, quickly: while that is equal, so is the picture.
    draw : callable
        Makes the picture.
    is_live : callable
        Whether it changes by itself, as while a batch runs.
    """

    look: Callable[[], Hashable]
    draw: Callable[[], Snapshot]
    is_live: Callable[[], bool] = lambda: False


def check_bytes(snapshot_bytes: int | None) -> int:
    """Give how large a saved picture may be; 0 for none.

    Raises
    ------
    ParameterError
    """
    if snapshot_bytes is None or snapshot_bytes is False:
        return 0
    whole = isinstance(snapshot_bytes, int) and not isinstance(snapshot_bytes, bool)
    if not whole or (snapshot_bytes != 0 and not _LEAST <= snapshot_bytes <= _MOST):
        raise ParameterError(
            f"snapshot_bytes: {show(snapshot_bytes)} is not allowed; give {_LEAST:,} to {_MOST:,}, such as "
            f"{SNAPSHOT_BYTES:,}, or 0 for no picture in the saved notebook",
            field="snapshot_bytes",
            value=snapshot_bytes,
        )
    return snapshot_bytes


def pictures_of(shelf: Shelf, snapshot_bytes: int | None) -> Subject | None:
    """Let the picture show the assets on a shelf, and how the batch goes that they belong to."""
    size = check_bytes(snapshot_bytes)
    room = size - _AROUND

    def look() -> Hashable:
        batch = shelf.batch
        return shelf.keeper and shelf.snapshot(), batch and (batch.id, batch.status, *batch.counts.values())

    def draw() -> Snapshot:
        batch = shelf.batch
        if batch:
            return snapshot(batch, room)
        return _nothing_yet(shelf.session) if shelf.session else snapshot_of_results(shelf.now()[2][:], room)

    def is_live() -> bool:
        batch = shelf.batch
        return batch is not None and not batch.status.is_finished

    return Subject(look, draw, is_live) if size else None


def batch_in_words(session: BatchSession, snapshot_bytes: int | None) -> Subject | None:
    """Let the picture be a few words on the session's active batch."""

    def look() -> Hashable:
        batch = session.active_batch
        return batch and (batch.id, batch.status, len(batch.assets), *batch.counts.values())

    def draw() -> Snapshot:
        batch = session.active_batch
        return snapshot_of_words(batch) if batch else _nothing_yet(session)

    def is_live() -> bool:
        batch = session.active_batch
        return batch is not None and not batch.status.is_finished

    return Subject(look, draw, is_live) if check_bytes(snapshot_bytes) else None


def _nothing_yet(session: BatchSession) -> Snapshot:
    return Snapshot.of_words(f"{session.generator.name}: no batch yet")


@dataclass(slots=True)
class _Place:
    """The cell that shows a widget, by the request that ran it; and what its output with the picture shows."""

    shell: Any
    parent: Mapping[str, Any]
    display_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    shown: Snapshot | None = None

    @property
    def cell_id(self) -> str | None:
        return (self.parent.get("metadata") or {}).get("cellId")

    @property
    def run(self) -> str:
        return str(self.parent["header"]["msg_id"])

    def publish(self, picture: Snapshot, bundle: Mapping[str, str]) -> None:
        """Show a picture there.

        This is no message of a comm, so it can't change where ipykernel sends clicks. The first one goes to the cell in
        the name of its run. The others find their output by its id; but a client that runs a notebook without a page
        hears only what comes in the name of the cell that runs now.
        """
        kernel = self.shell.kernel
        content = {"data": dict(bundle), "metadata": {}, "transient": {"display_id": self.display_id}}
        kind, parent = ("update_display_data", _parent(kernel)) if self.shown else ("display_data", self.parent)
        kernel.session.send(kernel.iopub_socket, kind, content, parent=parent, ident=b"display_data")
        self.shown = picture


class CellPicture:
    """The picture of one widget, in the cell that showed it last.

    Parameters
    ----------
    subject : Subject
    """

    # Where pictures are, by cell: what another run of a cell replaced is not drawn any more.
    _by_cell: ClassVar[dict[str, weakref.WeakSet[CellPicture]]] = {}

    def __init__(self, subject: Subject) -> None:
        self._id = uuid.uuid4().hex[:12]
        self._subject = subject
        self._place: _Place | None = None
        self._drawn: tuple[Hashable, Snapshot] | None = None
        self._was_live = False
        self._pictured_at = 0.0  # when more than words were published
        self._guard = threading.Lock()  # one picture at a time
        self._made_in = _find_place()

    @property
    def live_class(self) -> str:
        """The CSS class that the widget's view must have, so that the picture knows of it."""
        return f"bgw-live-{self._id}"

    def show_beside(self) -> bool:
        """Have the picture beside the widget, which the cell that runs now shows; False where there is no such cell."""
        place = _find_place()
        if place:
            self._move_to(place)
        return place is not None

    def show_beside_layout(self) -> None:
        """Have the picture beside a layout with the widget, which the cell that runs now shows."""
        place = _find_place()
        if place and (self._place is None or self._place.run != place.run):
            self._move_to(place)

    def heard(self) -> None:
        """Take note that a page shows the widget: in a layout of the cell that made it, if no other shows it."""
        place, self._made_in = self._made_in, None
        if place and self._place is None:
            self._move_to(place)

    def _move_to(self, place: _Place) -> None:
        before, self._place = self._place, place
        if before and before.shown:
            before.publish(_MOVED, self._framed(_MOVED))
        if place.cell_id is not None:
            here = self._by_cell.setdefault(place.cell_id, weakref.WeakSet())
            for picture in list(here):
                picture._leave(place)
            here.add(self)
        _PAINTER.ask(self, time.monotonic() + _SOON_S)

    def _leave(self, newer: _Place) -> None:
        """Forget a cell that runs again, since its outputs are gone."""
        place = self._place
        if place and place.cell_id == newer.cell_id and place.run != newer.run:
            self._place = None

    def follow(self) -> None:
        """Draw anew before long when something has changed; returns at once."""
        if self._place is None or (self._drawn and self._drawn[0] == self._subject.look()):
            return
        now, is_live = time.monotonic(), self._subject.is_live()
        if self._was_live and not is_live:
            due = now + _SOON_S
        else:
            due = max(now + _REST_S, self._pictured_at + (_EVERY_LIVE_S if is_live else _EVERY_S))
        _PAINTER.ask(self, due)

    def paint(self) -> None:
        """Draw it now, and publish it when it is another one than the cell shows."""
        with self._guard:
            place = self._place
            if place is None:
                return
            self._was_live = self._subject.is_live()
            key = self._subject.look()
            if self._drawn is None or self._drawn[0] != key:
                self._drawn = (key, self._subject.draw())
            picture = self._drawn[1]
            if picture != place.shown:
                bundle = self._framed(picture)
                wait = PACER.reserve(sum(map(len, bundle.values())))
                if wait and threading.current_thread() is _PAINTER.thread:
                    time.sleep(wait)
                if place is not self._place:
                    return
                place.publish(picture, bundle)
                if picture.png:
                    self._pictured_at = time.monotonic()
        self.follow()

    def _framed(self, picture: Snapshot) -> dict[str, str]:
        style = f"<style>{_STYLE.format(id=self._id)}</style>"
        return {**picture.bundle, "text/html": f'<div class="bgw-saved-{self._id}">{style}{picture.html}</div>'}

    def close(self) -> None:
        """Draw no more; the cell keeps the last picture."""
        self._place = None


class _Painter:
    """The one thread that draws pictures, each when it is due; it leaves when there is none."""

    def __init__(self) -> None:
        self.thread: threading.Thread | None = None
        self._due: dict[CellPicture, float] = {}
        self._condition = threading.Condition()
        self._shells: weakref.WeakSet[Any] = weakref.WeakSet()
        self._known: weakref.WeakSet[CellPicture] = weakref.WeakSet()

    def ask(self, picture: CellPicture, at: float) -> None:
        """Draw a picture at some time, or earlier if that was asked before."""
        with self._condition:
            self._known.add(picture)
            self._due[picture] = min(at, self._due.get(picture, at))
            if self.thread is None:
                thread = threading.Thread(target=self._run, name="batchgen-snapshot", daemon=True)
                try:
                    thread.start()
                except RuntimeError:  # too many threads; the widget shows all the same, and the next change asks again
                    _log.exception("the picture for the saved notebook could not be made")
                else:
                    self.thread = thread
            else:
                self._condition.notify()

    def _run(self) -> None:
        while True:
            with self._condition:
                if not self._due:
                    self.thread = None
                    return
                picture, at = min(self._due.items(), key=lambda entry: entry[1])
                wait = at - time.monotonic()
                if wait > 0:
                    self._condition.wait(wait)
                    continue
                del self._due[picture]
            _paint(picture)
            del picture

    def follow_cells(self, shell: Any) -> None:
        """Look at the end of each cell of a shell what is to be drawn."""
        if shell not in self._shells:
            self._shells.add(shell)
            shell.events.register("post_run_cell", lambda result: self._end_of_cell(shell, result.result))

    def _end_of_cell(self, shell: Any, value: Any) -> None:
        for picture in _pictures_in(getattr(value, "children", ())):
            picture.show_beside_layout()
        # Pages name the cell in their requests. Programs that run a notebook, such as papermill, don't, and hear only
        # what comes while a cell runs.
        if (_parent(shell.kernel).get("metadata") or {}).get("cellId") is None:
            with self._condition:
                pictures = list(self._known)
            for picture in pictures:
                _paint(picture)


def _paint(picture: CellPicture) -> None:
    try:
        picture.paint()
    except Exception:
        _log.exception("the picture for the saved notebook could not be made")


_PAINTER: Final = _Painter()


def _pictures_in(widgets: Iterable[Any]) -> Iterator[CellPicture]:
    """Give the pictures of widgets in a layout, however deep."""
    for widget in widgets:
        picture = getattr(widget, "_picture", None)
        if isinstance(picture, CellPicture):
            yield picture
        yield from _pictures_in(getattr(widget, "children", ()))


def _find_place() -> _Place | None:
    """Give the cell that runs now, if this thread runs one whose outputs go to a notebook."""
    ipython = sys.modules.get("IPython")
    shell: Any = ipython.get_ipython() if ipython else None
    kernel = getattr(shell, "kernel", None)
    # What captures outputs puts a publisher of its own in place, which has no parent.
    if kernel is None or not hasattr(shell.display_pub, "parent_header"):
        return None
    parent = _parent(kernel)
    if (parent.get("header") or {}).get("msg_type") != "execute_request":
        return None
    _PAINTER.follow_cells(shell)
    return _Place(shell, parent)


def _parent(kernel: Any) -> Mapping[str, Any]:
    """Give the request that the kernel works on, as far as this thread can tell."""
    try:
        return kernel.get_parent() or {}
    except LookupError:  # ipykernel 7.0, in a thread of ours
        return {}
