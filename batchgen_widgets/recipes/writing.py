"""What is known of how something is made, when it is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

from ..generators import Generator, Parameter
from ..media import Encoding
from .recipe import Recipe
from .surroundings import device, versions

__all__ = ["describe_origin", "make_recipe", "template_of"]

_LONGEST_SOURCE: Final = 64_000


def describe_origin(generator: Generator, entropy: int, encoding: Encoding) -> dict[str, Any]:
    """Say what makes a batch, as `Batch.origin` keeps it.

    The generator's source and where it is, what decided the draw, versions and device as far as they are known before
    anything runs, and the formats of files.
    """
    source = generator.source
    kept = source.text if source.text and len(source.text) <= _LONGEST_SOURCE else None
    return {
        "source_sha256": source.sha256,
        "source": kept,
        "module": source.module,
        "qualname": source.qualname,
        "entropy": entropy,
        "versions": dict(versions()),
        "device": device(),
        "encoding": asdict(encoding),
    }


def template_of(base: Mapping[str, Any]) -> str | None:
    """Give the prompt among the base parameters of a batch."""
    prompt = base.get("prompt")
    return prompt if isinstance(prompt, str) else None


def make_recipe(
    params: Mapping[str, Any],
    parameters: Mapping[str, Parameter],
    *,
    generator: str,
    source_sha256: str | None,
    template: str | None,
    batch_id: str,
    task_index: int,
) -> Recipe:
    """Say how the files of a task are made, in the process that makes them.

    Parameters
    ----------
    params : mapping
        Of the task, valid.
    parameters : mapping of str to Parameter
        Of the generator.
    generator, source_sha256, template, batch_id, task_index
        As in `Recipe`.
    """
    return Recipe(
        params={
            name: parameters[name].to_json(value) if name in parameters else value for name, value in params.items()
        },
        generator=generator,
        source_sha256=source_sha256,
        template=template,
        batch_id=batch_id,
        task_id=f"{batch_id}/{task_index}",
        task_index=task_index,
        versions=versions(),
        device=device(),
        created_at=datetime.now(UTC),
    )
