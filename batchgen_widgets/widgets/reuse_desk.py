"""What was chosen becomes what comes next: the requests of a gallery that stands beside a config panel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import ParameterError
from ..generators import Parameter
from ..sessions import BatchSession
from .base import Answer, Reply
from .shelf import Shelf

__all__ = ["ReuseDesk"]


def _is_there(parameter: Parameter, value: Any) -> bool:
    """Say whether what something was made from can be used again: it may be gone, or in the trash."""
    try:
        parameter.validate(value)
    except ParameterError:
        return False
    return True


class ReuseDesk:
    """Takes the settings of a session from the assets on a shelf."""

    is_live = False

    def __init__(self, session: BatchSession, shelf: Shelf) -> None:
        self._session = session
        self._shelf = shelf

    def state(self) -> dict[str, Any]:
        """Give no traits: the settings are the config desk's."""
        return {}

    def answers(self) -> dict[str, Answer]:
        """Give the quick requests."""
        return {"assets.use": self._use}

    def slow_answers(self) -> dict[str, Answer]:
        """Give the slow requests: narrowing looks at every favorite."""
        return {"winners.use": self._narrow}

    def _use(self, params: Mapping[str, Any]) -> Reply:
        session = self._session
        asset = self._shelf.pick_one(params["source"], int(params["position"]))
        restored = session.project.batch(asset.batch_id).restored
        taken = {}
        for name, value in asset.params.items():
            parameter = session.generator.parameters.get(name)
            # The generator may have lost the parameter, and of an opaque value the project only kept a text.
            if parameter is None or (restored and parameter.type == "any"):
                continue
            if parameter.is_media and not _is_there(parameter, value):
                continue
            if not (params["but_seed"] and parameter.role == "seed"):
                taken[name] = value
        before = dict(session.base_parameters)
        session.set_base_parameters(taken)
        after, to_json = session.base_parameters, session.generator.parameters
        changed = [
            name
            for name in taken
            if name not in before or to_json[name].to_json(before[name]) != to_json[name].to_json(after[name])
        ]
        return {"changed": changed}, []

    def _narrow(self, params: Mapping[str, Any]) -> Reply:
        assets = list(self._shelf.assets_of(params["source"]))
        favorites = [asset for asset in assets if asset.favorite and asset.trashed_at is None]
        proposal = self._session.config_from(favorites)
        self._session.set_base_parameters(proposal.base_parameters)
        self._session.set_batch_config(proposal.config)
        return {"notes": list(proposal.notes)}, []
