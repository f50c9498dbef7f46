"""How a file was made, as the file itself says it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeAlias

from ..texts import visible

__all__ = ["MadeBy", "Recipe"]

MadeBy: TypeAlias = Literal["batchgen", "automatic1111", "comfyui", "invokeai"]

_FORMAT: Final = "batchgen-recipe"
_VERSION: Final = 1
_SHOWN: Final = 60


@dataclass(frozen=True, slots=True, repr=False)
class Recipe:
    """How a file was made.

    Attributes
    ----------
    params : mapping
        The parameters by name, as far as JSON holds their values. Those of other programs have the usual names: prompt,
        negative_prompt, seed, steps, cfg_scale, sampler, scheduler, width, height, model, denoise.
    made_by : {"batchgen", "automatic1111", "comfyui", "invokeai"}
        Whose way of writing recipes it is; other programs write like AUTOMATIC1111, too.
    generator : str or None
        Name of the generator.
    source_sha256 : str or None
        Of its source, as `Generator.source_sha256`.
    template : str or None
        The prompt that the batch began with; `prompt` is what became of it for this task.
    batch_id, task_id, asset_id : str or None
    task_index, position : int or None
        Place of the task in its batch, and of the file among those that the task made, from 0.
    versions : mapping of str to str
        Of Python, this package, and the libraries that were loaded.
    device : str or None
        What it was computed on, such as ``"cuda: NVIDIA H100"`` or ``"cpu: x86_64 Linux"``.
    created_at : datetime or None
        In UTC.
    raw : mapping
        All that the file said and that is nowhere above: for our own files the whole of it.
    """

    params: Mapping[str, Any]
    made_by: MadeBy = "batchgen"
    generator: str | None = None
    source_sha256: str | None = None
    template: str | None = None
    batch_id: str | None = None
    task_id: str | None = None
    task_index: int | None = None
    position: int | None = None
    asset_id: str | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    device: str | None = None
    created_at: datetime | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)

    @property
    def prompt(self) -> str | None:
        """The prompt that was used, whatever it was made from."""
        prompt = self.params.get("prompt")
        return prompt if isinstance(prompt, str) else None

    @property
    def seed(self) -> int | None:
        """The seed, where there is one."""
        seed = self.params.get("seed")
        return seed if isinstance(seed, int) and not isinstance(seed, bool) else None

    def to_json(self) -> str:
        """Write it as JSON in ASCII, which every container takes, whatever Unicode the prompt has."""
        data = {
            "format": _FORMAT,
            "version": _VERSION,
            "generator": self.generator,
            "source_sha256": self.source_sha256,
            "params": dict(self.params),
            # Most batches have one prompt, which may be long: it is not written twice.
            "template": None if self.template == self.prompt else self.template,
            "batch_id": self.batch_id,
            "task_id": self.task_id,
            "task_index": self.task_index,
            "position": self.position,
            "asset_id": self.asset_id,
            "versions": dict(self.versions),
            "device": self.device,
            "created_at": self.created_at and self.created_at.isoformat(),
        }
        written = {name: value for name, value in data.items() if value is not None}
        return json.dumps(written, ensure_ascii=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        """Read what `to_json` wrote; what a newer version added is in `raw`.

        Raises
        ------
        ValueError
            When it is no recipe, or a damaged one.
        """
        try:
            data = json.loads(text)
        except RecursionError as error:
            raise ValueError("it is nested too deeply") from error
        if not isinstance(data, dict) or data.get("format") != _FORMAT or not isinstance(data.get("params"), dict):
            raise ValueError("it has no parameters, or another format")
        params, versions = data["params"], data.get("versions")
        template = _text(data.get("template"))
        return cls(
            params=params,
            generator=_text(data.get("generator")),
            source_sha256=_text(data.get("source_sha256")),
            template=_text(params.get("prompt")) if template is None else template,
            batch_id=_text(data.get("batch_id")),
            task_id=_text(data.get("task_id")),
            task_index=_whole(data.get("task_index")),
            position=_whole(data.get("position")),
            asset_id=_text(data.get("asset_id")),
            versions={str(k): str(v) for k, v in versions.items()} if isinstance(versions, dict) else {},
            device=_text(data.get("device")),
            created_at=_time(data.get("created_at")),
            raw=data,
        )

    def __repr__(self) -> str:
        shown = []
        for name, value in self.params.items():
            text = repr(value)
            shown.append(f"{name}={text if len(text) <= _SHOWN else text[:_SHOWN] + '…'}")
        maker = visible(self.generator or self.made_by, limit=_SHOWN)
        return f"<Recipe of {maker}: {visible(', '.join(shown)) or 'no parameters'}>"


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _time(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found and (found if found.tzinfo else found.replace(tzinfo=UTC))
