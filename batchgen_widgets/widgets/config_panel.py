"""The config panel: the generated form, the variations, and the plan of what would run."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import traitlets

from ..batches import Plan
from ..errors import BatchgenError, ConfigError
from ..generators.inputs import media_label
from ..pages import SNAPSHOT_BYTES
from ..sessions import BatchSession
from ..texts import whole_texts
from .base import Answer, BatchgenWidget, Live, Reply
from .code_desk import CodeDesk
from .frontend import module
from .inputs_desk import InputsDesk
from .pump import Pump
from .recall_desk import RecallDesk
from .snapshot import batch_in_words

__all__ = ["BatchConfigPanel", "ConfigDesk", "ConfigView"]

_ROWS = 5
_LONGEST_CELL = 1_000


class ConfigView(traitlets.HasTraits):
    """Traits of the config panel."""

    session: BatchSession

    generator = traitlets.Dict(allow_none=True, read_only=True).tag(sync=True)
    settings = traitlets.Dict(allow_none=True, read_only=True).tag(sync=True)
    plan = traitlets.Dict(allow_none=True, read_only=True).tag(sync=True)
    inputs = traitlets.Dict(read_only=True).tag(sync=True)

    config = Live(
        lambda view: view.session.config,
        lambda view, config: view.session.set_batch_config(config),
        help="The batch config of the session; set it with a BatchConfig or its fields.",
    )
    base_parameters = Live(
        lambda view: dict(view.session.base_parameters),
        lambda view, parameters: view.session.set_base_parameters(parameters),
        help="What the tasks of the next batch share; set some of them with a mapping.",
    )


class ConfigDesk:
    """Shows a session's settings and takes changes of them."""

    is_live = False

    def __init__(self, session: BatchSession) -> None:
        self._session = session
        self._planner = _Planner(session, self._preview)
        self._read()

    def _read(self) -> None:
        generator = self._read_from = self._session.generator
        parameters = generator.parameters.values()
        self._shown = {parameter.name: parameter for parameter in parameters if parameter.type != "any"}
        self._generator = {
            "name": generator.name,
            "kind": generator.kind,
            "description": generator.description or None,
            "parameters": [parameter.spec() for parameter in self._shown.values()],
        }

    def state(self) -> dict[str, Any]:
        """Give what each synced trait should be now."""
        session = self._session
        if session.generator is not self._read_from:
            self._read()
        config, base = session.config, session.base_parameters
        return {
            "generator": self._generator,
            "settings": {"base": self._wire(base), "config": config.model_dump(mode="json")},
            "plan": self._planner.preview((session.settings_version, self._measured())),
        }

    def _measured(self) -> object:
        """Give what the plan's estimates rest on: they are worth another look when a batch has ended."""
        batch = self._session.active_batch
        return batch and (batch.id, batch.status.is_finished)

    def answers(self) -> dict[str, Answer]:
        """Give the quick requests."""
        return {"settings.update": self._update}

    def slow_answers(self) -> dict[str, Answer]:
        """Give the slow requests: planning and queueing a large batch takes a while."""
        return {"batch.start": self._start}

    def _wire(self, params: Mapping[str, Any]) -> dict[str, Any]:
        # Media have a field of their own, `InputsDesk` fills it; elsewhere they are called by their names.
        return {
            name: media_label(value) or self._shown[name].to_json(value)
            for name, value in params.items()
            if name in self._shown
        }

    def _update(self, params: Mapping[str, Any]) -> Reply:
        if "base" in params:
            self._session.set_base_parameters(params["base"])
        if "config" in params:
            self._session.set_batch_config(params["config"])
        return {}, []

    def _start(self, _params: Mapping[str, Any]) -> Reply:
        batch = self._session.start_batch()
        return {"batch": batch.id, "count": len(batch.tasks)}, []

    def _preview(self) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "ok": False,
            "count": 0,
            "summary": "",
            "columns": [],
            "rows": [],
            "seconds": None,
            "bytes": None,
        }
        try:
            plan: Plan = self._session.plan()
        except ConfigError as error:
            problems = [{"field": problem.field, "message": problem.message} for problem in error.errors]
            return {**shown, "errors": problems}
        except BatchgenError as error:
            return {**shown, "errors": [{"field": "", "message": str(error)}]}
        columns = [name for name in plan.varied if name in self._shown]
        rows = [self._wire({name: plan[index][name] for name in columns}) for index in range(min(_ROWS, plan.count))]
        rows = whole_texts(rows, _LONGEST_CELL)
        return {
            "ok": True,
            "count": plan.count,
            "summary": plan.summary,
            "columns": columns,
            "rows": rows,
            "seconds": plan.estimate_seconds,
            "bytes": plan.estimate_bytes,
            "errors": [],
        }


class _Planner:
    """Plans beside the pump, since a plan of 100,000 tasks takes longer than a view may stand still."""

    def __init__(self, session: BatchSession, make: Any) -> None:
        self._session = session
        self._make = make
        self._lock = threading.Lock()
        self._asked: object = None
        self._shown: dict[str, Any] | None = None
        self._busy = False

    def preview(self, key: object) -> dict[str, Any] | None:
        """Give the newest finished preview, and begin another when the settings have changed since."""
        with self._lock:
            if self._asked is None:
                self._asked = key
                self._shown = self._make()
            elif key != self._asked:
                self._asked = key
                if not self._busy:
                    self._busy = True
                    threading.Thread(target=self._work, name="batchgen-planner", daemon=True).start()
            return self._shown

    def _work(self) -> None:
        while True:
            with self._lock:
                asked = self._asked
            shown = self._make()
            with self._lock:
                self._shown = shown
                if asked == self._asked:
                    self._busy = False
                    break
        Pump.of(self._session.project.ledger).wake()


class BatchConfigPanel(ConfigView, BatchgenWidget):
    """The form of a generator, its variations, the plan, and *Generate*.

    Parameters
    ----------
    session : BatchSession
        What it configures.
    snapshot_bytes : int, default 300_000
        0 leaves out of the notebook's file what the cell shows without its kernel: a few words on the batch.
    layout, tooltip, tabbable : optional
        As with any widget.

    Attributes
    ----------
    config : BatchConfig
        As in the session; can be set, observed and linked.
    base_parameters : dict
        As in the session; can be set, observed and linked.
    """

    _esm = module("config")
    options = ("snapshot_bytes",)

    def __init__(self, session: BatchSession, *, snapshot_bytes: int | None = SNAPSHOT_BYTES, **layout: Any) -> None:
        self.session = check_session(type(self), session)
        saved = batch_in_words(session, snapshot_bytes)
        desks = [ConfigDesk(session), CodeDesk(session), InputsDesk(session), RecallDesk(session)]
        super().__init__(session.project.ledger, desks, saved=saved, **layout)


def check_session(cls: type, session: object) -> BatchSession:
    """Give the session, or say what was wrong with it."""
    if not isinstance(session, BatchSession):
        raise TypeError(
            f"{cls.__name__}() needs a BatchSession, not {type(session).__name__}; "
            "make one with bg.BatchSession(generator)"
        )
    return session
