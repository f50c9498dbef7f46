"""`manifest.json`: what an exported project says of itself, as strict models.

``docs/manifest.schema.json`` is written from them by ``tools/generate_schema.py``, and a test fails when the two drift
apart. Values of parameters and metrics are JSON as it is; what JSON has no word for is an object:
``{"asset": id}`` and ``{"file": "inputs/...", ...}`` for media that were parameters, ``{"float": "nan"}`` for a number
that is not finite.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Annotated, Any, Final, Literal, NoReturn, TypeAlias, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, WithJsonSchema

from ..errors import ProjectError
from ..generators.inputs import read_reference
from ..texts import has_hidden, visible, whole_texts
from .archives import FORMAT
from .database import dump_json
from .limits import MOST_DEPTH, MOST_NOTE_LENGTH, MOST_REVIEWER_LENGTH, MOST_TASKS

__all__ = [
    "VERSION",
    "AssetEntry",
    "BatchEntry",
    "BatchHead",
    "ConfigEntry",
    "FileEntry",
    "Manifest",
    "ReviewEntry",
    "ReviewFile",
    "TaskEntry",
    "entry_text",
    "from_plain",
    "manifest_schema",
    "read_json",
    "read_manifest",
    "read_review",
    "references",
    "time_text",
    "to_plain",
    "when",
]

REVIEW_FORMAT: Final = "batchgen-review"
VERSION: Final = 1

_FLOATS: Final = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")


# Single values


def when(text: str) -> datetime:
    """Read a time as the manifest writes it."""
    return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC)


def time_text(moment: datetime | None) -> str | None:
    """Write a time in UTC, to the microsecond."""
    return None if moment is None else moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _check_time(text: str) -> str:
    if not _TIME.fullmatch(text):
        raise ValueError("give a time in UTC such as 2026-11-23T15:00:00Z")
    if when(text).year < 1971:
        raise ValueError("the time is before 1971")
    return text


def _check_values(values: dict[str, Any]) -> dict[str, Any]:
    check_depth(values)
    return values


def check_depth(value: Any, left: int = MOST_DEPTH) -> None:
    """Refuse a value that is nested deeper than anybody's parameters are."""
    if isinstance(value, dict | list):
        if not left:
            raise ValueError(f"nested more than {MOST_DEPTH} deep")
        for inner in value.values() if isinstance(value, dict) else value:
            check_depth(inner, left - 1)


def _check_reviewer(name: str) -> str:
    if name != name.strip() or not name:
        raise ValueError("a name has no spaces around it, and at least one letter")
    if has_hidden(name):
        raise ValueError("a name has no line breaks, and no characters that can't be seen")
    return name


Time: TypeAlias = Annotated[
    str,
    AfterValidator(_check_time),
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": f"^{_TIME.pattern}$"}),
]
Values: TypeAlias = Annotated[dict[str, Any], AfterValidator(_check_values)]
Reviewer: TypeAlias = Annotated[
    str, Field(min_length=1, max_length=MOST_REVIEWER_LENGTH), AfterValidator(_check_reviewer)
]
Mark: TypeAlias = Literal["favorite", "discarded"]
BatchId: TypeAlias = Annotated[str, Field(pattern=r"^[0-9]{8}-[0-9]{6}-[0-9a-f]{6}$")]
AssetId: TypeAlias = Annotated[str, Field(pattern=r"^[0-9]{8}-[0-9]{6}-[0-9a-f]{6}-[0-9]{1,9}(-[0-9]{1,9})?$")]
Sha256: TypeAlias = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Count: TypeAlias = Annotated[int, Field(ge=0, le=2**53)]
Size: TypeAlias = Annotated[int, Field(ge=1, le=2**53)]


class _Entry(BaseModel):
    """Takes exactly what it names, of exactly these types."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


# The manifest


class ReviewEntry(_Entry):
    """What one reviewer said of an asset; a mark of null takes an earlier one back."""

    reviewer: Reviewer
    mark: Mark | None = None
    note: Annotated[str, Field(max_length=MOST_NOTE_LENGTH)] = ""
    made_at: Time


class AssetEntry(_Entry):
    """One image, video or audio clip; its parameters are those of its task."""

    id: AssetId = Field(description="The id of the batch, a hyphen, and what tells it from its neighbours")
    task: Count = Field(description="Index of the task that made it")
    position: Count = Field(description="Place among the assets of its task")
    name: str | None = Field(default=None, description="Its key in the dict that the generator returned")
    kind: Literal["image", "video", "audio"]
    file: str = Field(description="Path in the archive")
    sha256: Sha256
    size: Size = Field(description="In bytes")
    width: Size | None = Field(default=None, description="In pixels")
    height: Size | None = Field(default=None, description="In pixels")
    duration: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = Field(default=None, description="In seconds")
    created_at: Time
    metrics: Values = {}
    parents: list[AssetId] = Field(default=[], description="The assets that it was made from")
    mark: Mark | None = None
    reviews: list[ReviewEntry] = []


class TaskEntry(_Entry):
    """One call of the generator; its index is its place in the list."""

    params: Values
    status: Literal["queued", "completed", "failed", "cancelled", "interrupted"]
    attempt: Count = 0
    error: str | None = None
    traceback: str | None = None
    log: str | None = None
    metrics: Values = {}
    started_at: Time | None = None
    completed_at: Time | None = None


class Range(_Entry):
    """Every value between two bounds."""

    low: float
    high: float


class VariationEntry(_Entry):
    """How the tasks differ; the JSON form of `VariationParams`."""

    vary_seeds: bool
    seed_range: Annotated[list[int], Field(min_length=2, max_length=2)]
    vary_prompts: bool
    prompt_variations: list[str]
    vary_parameters: bool
    parameter_ranges: dict[str, Range | list[str | int | float | bool | None]]
    strategy: Literal["random", "grid", "zip", "latin_hypercube", "sobol", "one_at_a_time"]
    seed_policy: Literal["shared", "per_task"]
    seed: int | None


class ConfigEntry(_Entry):
    """What was asked for; the JSON form of `BatchConfig`."""

    enabled: bool
    batch_size: int
    variation_params: VariationEntry


class BatchHead(_Entry):
    """A batch without its tasks and assets, of which there may be many."""

    id: BatchId
    generator: Annotated[str, Field(max_length=1000)]
    config: ConfigEntry
    base_parameters: Values
    varied: list[str] = Field(description="The parameters that differ between tasks")
    status: Literal["completed", "failed", "cancelled", "interrupted"] = Field(
        description="A batch that ran when it was exported is interrupted"
    )
    created_at: Time
    started_at: Time | None = None
    completed_at: Time | None = None
    origin: Values = Field(default={}, description="What made it: source, versions of libraries, device")


class BatchEntry(BatchHead):
    """One run of a config."""

    tasks: Annotated[list[TaskEntry], Field(max_length=MOST_TASKS)]
    assets: list[AssetEntry] = Field(description="In the order in which they were finished")


class FileEntry(_Entry):
    """A file that was the parameter of a task, below `inputs/` and named by its content."""

    file: Annotated[str, Field(pattern=r"^inputs/[0-9a-f]{64}\.[0-9a-z]{1,8}$")]
    size: Size = Field(description="In bytes")


class Manifest(_Entry):
    """What an exported project holds."""

    format: Literal["batchgen-project"]
    version: Literal[1]
    made_with: str = Field(description="Name and version of the program that wrote it")
    inputs: list[FileEntry] = []
    batches: list[BatchEntry]


class MarkEntry(_Entry):
    """What a reviewer said of one asset."""

    asset: AssetId
    mark: Mark | None
    note: Annotated[str, Field(max_length=MOST_NOTE_LENGTH)] = ""


class ReviewFile(_Entry):
    """What a reviewer saved from an exported page: only what they touched."""

    format: Literal["batchgen-review"]
    version: Literal[1]
    reviewer: Annotated[str, Field(max_length=1000)]
    batch: BatchId
    title: str = ""
    made_at: Time
    marks: Annotated[list[MarkEntry], Field(max_length=250_000)]


def manifest_schema() -> str:
    """Give the JSON Schema of the manifest, as a text."""
    schema = Manifest.model_json_schema()
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "manifest.json of a project exported by batchgen_widgets",
    }
    return json.dumps(head | {name: part for name, part in schema.items() if name != "title"}, indent=2) + "\n"


# Values of parameters and metrics


def to_plain(values: str) -> dict[str, Any]:
    """Give parameters or metrics, as the database writes them, as JSON that any program reads."""
    plain: dict[str, Any] = _mapped(json.loads(values), _tag)
    return plain


def from_plain(values: dict[str, Any], rename: Callable[[str], str] = str) -> dict[str, Any]:
    """Read what `to_plain` wrote; `rename` gives the ids that assets have here."""

    def untag(value: Any) -> Any:
        if not isinstance(value, dict) or len(value) != 1:
            return value
        ((key, inner),) = value.items()
        if key == "float" and isinstance(inner, str) and inner in _FLOATS:
            return _FLOATS[inner]
        return {"asset": rename(inner)} if key == "asset" and isinstance(inner, str) else value

    found: dict[str, Any] = _mapped(values, untag)
    return found


def references(value: Any, kind: Literal["asset", "file"]) -> Iterator[str]:
    """Find the assets or the input files that parameters refer to."""
    found = read_reference(value)
    if found is not None:
        if found[0] == kind:
            yield found[1][kind]
        return
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from references(inner, kind)


def _mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    value = change(value)
    if isinstance(value, dict):
        return {name: _mapped(inner, change) for name, inner in value.items()}
    return [_mapped(inner, change) for inner in value] if isinstance(value, list) else value


def _tag(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": next(name for name in _FLOATS if name == str(value))}
    return value


def entry_text(entry: BaseModel) -> str:
    """Write an entry as one line of JSON, without what is as it always is."""
    return dump_json(entry.model_dump(exclude_defaults=True))


# Reading


def read_json(data: bytes, where: str) -> Any:
    """Read JSON, and nothing that only some programs take for JSON.

    Raises
    ------
    ProjectError
        When it is no UTF-8, no JSON, has NaN, a name twice in one object, a number that no computer holds, or is nested
        without end.
    """

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(found)
        if len(made) < len(found):
            name = next(name for i, (name, _) in enumerate(found) if name in dict(found[:i]))
            raise ValueError(f"{visible(name[:80])!r} stands twice in one object")
        return made

    def refuse(word: str) -> NoReturn:
        raise ValueError(f"{word} is no JSON")

    def number(text: str) -> float:
        value = float(text)
        if not math.isfinite(value):
            raise ValueError(f"the number {text[:40]} is too large")
        return value

    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=pairs, parse_constant=refuse, parse_float=number)
    except RecursionError:
        raise ProjectError(f"{where}: not valid (nested too deep)") from None
    except (ValueError, MemoryError) as error:
        raise ProjectError(f"{where}: not valid ({error})") from None


_Model = TypeVar("_Model", bound=BaseModel)


def read_manifest(data: bytes, where: str) -> Manifest:
    """Read and check a manifest; raises `ProjectError`."""
    return _checked(Manifest, FORMAT, read_json(data, where), where, "an exported project")


def read_review(data: Any, where: str) -> ReviewFile:
    """Check a review that was read from JSON; raises `ProjectError`."""
    return _checked(ReviewFile, REVIEW_FORMAT, whole_texts(data), where, "a review")


def _checked(model: type[_Model], name: str, data: Any, where: str, what: str) -> _Model:
    found = data.get("format") if isinstance(data, dict) else None
    if found != name:
        raise ProjectError(f'{where}: not {what}; its "format" has to be "{name}"')
    version = data.get("version")
    # Not by the model alone: to it True is 1.
    if type(version) is not int or version < 1:
        raise ProjectError(f'{where}: not valid (its "version" has to be a whole number from 1)')
    if version > VERSION:
        raise ProjectError(
            f"{where}: written by a newer version of batchgen_widgets (format {version}, this one knows up to "
            f"{VERSION}); upgrade with pip install -U batchgen-widgets"
        )
    try:
        return model.model_validate(data)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}"[:80] for part in problem["loc"])
        more = f", and {error.error_count() - 1} more" if error.error_count() > 1 else ""
        reason = f"{place.lstrip('.')}: {problem['msg']}{more}" if place else problem["msg"]
        raise ProjectError(f"{where}: not valid ({visible(reason)})") from None
    except RecursionError:
        raise ProjectError(f"{where}: not valid (nested too deep)") from None


def file_name(path: str) -> str:
    """Give the last part of a path in an archive."""
    return PurePosixPath(path).name
