"""The words that cross between the kernel and the browser.

Every synced trait and every request is typed here, once. ``tools/generate_wire.py`` writes the same types as
TypeScript into ``js/src/state/wire.gen.ts``, and a test fails when the two drift apart.

Traits are written by the kernel and only read by the browser; the browser changes state by requests. Large or per-item
data (task rows, asset records, thumbnails, media) are never traits: the browser asks for what is on screen.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

Scalar = str | int | float | bool | None


class Choice(TypedDict):
    """One allowed value of a choice parameter."""

    value: Scalar
    label: str


class ParameterSpec(TypedDict):
    """One argument of the generator, as its form field needs it."""

    name: str
    label: str
    type: Literal["int", "float", "bool", "str", "choice"]
    default: Scalar
    required: bool
    minimum: float | None
    maximum: float | None
    step: float | None
    choices: list[Choice] | None
    optional: bool
    role: Literal["prompt", "seed"] | None
    description: str | None


class GeneratorSpec(TypedDict):
    """The generator whose form is shown."""

    name: str
    kind: Literal["image", "video", "audio"] | None
    description: str | None
    parameters: list[ParameterSpec]


class ContinuousRange(TypedDict):
    """Every value between two bounds."""

    low: float
    high: float


Strategy = Literal["random", "grid", "zip", "latin_hypercube", "sobol", "one_at_a_time"]


class VariationSettings(TypedDict):
    """How the tasks differ; the JSON form of ``VariationParams``."""

    vary_seeds: bool
    seed_range: list[int]
    vary_prompts: bool
    prompt_variations: list[str]
    vary_parameters: bool
    parameter_ranges: dict[str, ContinuousRange | list[Scalar]]
    strategy: Strategy
    seed_policy: Literal["shared", "per_task"]
    seed: int | None


class ConfigSettings(TypedDict):
    """The JSON form of ``BatchConfig``."""

    enabled: bool
    batch_size: int
    variation_params: VariationSettings


class Settings(TypedDict):
    """What the config panel edits: the base parameters and the batch config."""

    base: dict[str, Scalar]
    config: ConfigSettings


class FieldProblem(TypedDict):
    """One field that keeps the plan from running, and what to do about it."""

    field: str
    message: str


class PlanPreview(TypedDict):
    """What would run, or why it can't."""

    ok: bool
    count: int
    summary: str
    columns: list[str]
    rows: list[dict[str, Scalar]]
    seconds: float | None
    bytes: int | None
    errors: list[FieldProblem]


BatchStatusName = Literal["pending", "running", "paused", "completed", "failed", "cancelled", "interrupted"]
TaskStatusName = Literal["queued", "running", "completed", "failed", "cancelled", "interrupted"]


class TaskCounts(TypedDict):
    """How many tasks of the batch stand where."""

    queued: int
    running: int
    completed: int
    failed: int
    cancelled: int
    interrupted: int


class FailureGroup(TypedDict):
    """Tasks that failed for the same cause: what it is, how many they are, and the index of the first."""

    error: str
    count: int
    first: int


class ExecutorInfo(TypedDict):
    """Where tasks run. ``hard_cancel`` says whether one that does not listen can be stopped."""

    name: str
    hard_cancel: bool


class BatchSummary(TypedDict):
    """The batch on show. Times are epoch seconds of the kernel's clock.

    ``failures`` has at most 5 groups, the largest first.
    """

    id: str
    generator: str
    status: BatchStatusName
    total: int
    counts: TaskCounts
    created_at: float
    started_at: float | None
    completed_at: float | None
    eta_s: float | None
    rate_per_min: float | None
    failures: list[FailureGroup]
    executor: ExecutorInfo


class QueueSummary(TypedDict):
    """The tasks that have not started, of all batches of the session.

    ``revision`` grows whenever the order or the content of the queue changes.
    """

    paused: bool
    tasks: int
    batches: int
    revision: int


class RunningTask(TypedDict):
    """One task that runs now. ``preview`` is a version that grows with each live preview; 0 is none."""

    index: int
    progress: float | None
    message: str | None
    preview: int
    started_at: float


class GallerySummary(TypedDict):
    """The list of assets on show.

    ``source`` is empty where there is none, ``title`` where there is nothing to tell it from; ``undoable`` says
    whether a change of marks can be taken back; ``offers`` names the tools that whoever answers here has.
    """

    source: str
    title: str
    total: int
    undoable: bool
    offers: list[str]


class ValuesCondition(TypedDict):
    """A field has one of these values; null is to have none."""

    values: list[Scalar]


class RangeCondition(TypedDict):
    """A field has a number between two ends, which belong to it; null leaves an end open."""

    low: float | None
    high: float | None


class QuerySettings(TypedDict):
    """What the gallery shows and in which order; the JSON form of ``Query``."""

    text: str
    mark: Literal["favorite", "unmarked", "discarded"] | None
    where: dict[str, ValuesCondition | RangeCondition]
    sort: str | None
    descending: bool


class ConfigTraits(TypedDict):
    """Traits of the config panel."""

    generator: GeneratorSpec | None
    settings: Settings | None
    plan: PlanPreview | None


class ProgressTraits(TypedDict):
    """Traits of the progress display. ``task_status`` has one byte per task, in the order of ``TASK_STATUSES``."""

    batch: BatchSummary | None
    queue: QueueSummary
    task_status: bytes
    running: list[RunningTask]


class GalleryTraits(TypedDict):
    """Traits of the gallery: one byte per asset, in the orders of ``ASSET_KINDS`` and ``ASSET_MARKS``.

    ``asset_selected`` is 1 where an asset is selected, else 0.
    """

    gallery: GallerySummary
    asset_kinds: bytes
    asset_marks: bytes
    asset_selected: bytes
    query: QuerySettings


TASK_STATUSES: tuple[str, ...] = ("queued", "running", "completed", "failed", "cancelled", "interrupted")
ASSET_KINDS: tuple[str, ...] = ("image", "video", "audio")
ASSET_MARKS: tuple[str, ...] = ("none", "favorite", "discarded")


class TaskRow(TypedDict):
    """One row of the task table.

    ``varied`` names the parameters that differ between tasks; ``assets`` are places in the gallery.
    """

    index: int
    id: str
    status: TaskStatusName
    progress: float | None
    message: str | None
    params: dict[str, Scalar]
    varied: list[str]
    error: str | None
    traceback: str | None
    log: str | None
    attempt: int
    started_at: float | None
    completed_at: float | None
    assets: list[int]


class QueueRow(TypedDict):
    """One task that has not started. ``position`` is its place in the queue, ``index`` the one in its batch."""

    batch: str
    index: int
    position: int
    params: dict[str, Scalar]
    varied: list[str]
    generator: str


class AssetParent(TypedDict):
    """An asset that another one was made from; ``position`` is its place in this list, if it has one."""

    id: str
    name: str
    position: int | None


class AssetRecord(TypedDict):
    """Everything about one asset but its bytes.

    ``alt`` is its text for people who can't see it, ``task_seconds`` how long its task took, where that is known.
    """

    position: int
    id: str
    name: str
    kind: Literal["image", "video", "audio"]
    width: int | None
    height: int | None
    duration: float | None
    file_size: int
    created_at: float
    params: dict[str, Scalar]
    metrics: dict[str, Scalar]
    task_index: int
    alt: str
    path: str
    task_seconds: float | None
    parents: list[AssetParent]


class Empty(TypedDict):
    """No parameters, or a reply that only says that it worked."""


class SettingsUpdate(TypedDict):
    """A change of the settings: some base parameters, or the whole config."""

    base: NotRequired[dict[str, Scalar]]
    config: NotRequired[ConfigSettings]


class BatchStarted(TypedDict):
    """The batch that was made."""

    batch: str
    count: int


class BatchRef(TypedDict):
    """A batch."""

    batch: str


class BatchStop(TypedDict):
    """How to stop a batch: after what runs, or what runs too. What has not started stays in the queue, paused."""

    batch: str
    how: Literal["after_running", "now"]


class TaskRef(TypedDict):
    """A task of a batch."""

    batch: str
    index: int


class TaskRange(TypedDict):
    """The tasks ``start`` to ``stop - 1`` of a batch."""

    batch: str
    start: int
    stop: int


class TaskRows(TypedDict):
    """Rows of the task table."""

    rows: list[TaskRow]


class TaskEdit(TypedDict):
    """Other values for some parameters of a queued task; what is left out stays as it is."""

    batch: str
    index: int
    params: dict[str, Scalar]


class QueueRange(TypedDict):
    """The places ``start`` to ``stop - 1`` of the queue."""

    start: int
    stop: int


class QueueRows(TypedDict):
    """A part of the queue, and how long all of it is."""

    total: int
    rows: list[QueueRow]


class QueueMove(TypedDict):
    """A queued task, and the place that it has afterwards."""

    batch: str
    index: int
    to: int


class Preview(TypedDict):
    """A live preview, its picture in the first buffer; version 0 has none."""

    version: int
    type: str


class AssetPositions(TypedDict):
    """Assets by their place in the list on show."""

    source: str
    positions: list[int]


class AssetRecords(TypedDict):
    """Records of assets."""

    records: list[AssetRecord]


class ThumbnailItem(TypedDict):
    """The MIME type of one thumbnail; its picture is the buffer at the same place."""

    position: int
    type: str


class Thumbnails(TypedDict):
    """Thumbnails, one buffer each."""

    items: list[ThumbnailItem]


class MediaRange(TypedDict):
    """The media of an asset from a byte offset on: what a browser shows best, or the file as it is on disk."""

    source: str
    position: int
    offset: int
    original: NotRequired[bool]


class MediaChunk(TypedDict):
    """One chunk, in the first buffer; ``next`` is where to go on, or null at the end."""

    size: int
    type: str
    offset: int
    next: int | None


class MarkChange(TypedDict):
    """A mark for some assets; null takes their mark away."""

    source: str
    positions: list[int]
    mark: Literal["favorite", "discarded"] | None


class SourceRef(TypedDict):
    """A list of assets on show."""

    source: str


class SourceRange(TypedDict):
    """The places ``start`` to ``stop - 1`` of what a list of assets, or the batch behind it, has."""

    source: str
    start: int
    stop: int


class Column(TypedDict):
    """One column, its cells in the buffer at the same place.

    Numbers and booleans are little-endian Float64, NaN where there is none. Texts are little-endian Uint32, places in
    ``values``, 0xFFFFFFFF where there is none; ``values`` is null for all but texts.

    The type is that of these rows. Parts of a column that have different types make a column of texts together, numbers
    and booleans written as JavaScript does; a part without any value, which says it is of numbers, takes any type.
    """

    name: str
    group: Literal["parameter", "metric", "field"]
    type: Literal["number", "text", "bool"]
    values: list[str] | None


class Columns(TypedDict):
    """Columns of a part of the rows, and how many rows there are in all."""

    columns: list[Column]
    start: int
    stop: int
    total: int


class QueryChange(TypedDict):
    """Another query for the list of assets on show."""

    source: str
    query: QuerySettings


class SelectionChange(TypedDict):
    """What becomes the selection, joins it, or leaves it."""

    source: str
    positions: list[int]
    how: Literal["set", "add", "remove"]


class SettingsSource(TypedDict):
    """The asset whose parameters become the base parameters; with ``but_seed`` the seed stays as it is."""

    source: str
    position: int
    but_seed: bool


class SettingsTaken(TypedDict):
    """The names of the base parameters that have other values now."""

    changed: list[str]


class WinningValue(TypedDict):
    """A value of a parameter, or a part of its range: how many assets have it, and how many of those are favorites."""

    label: str
    value: Scalar | ContinuousRange
    favorites: int
    total: int


class WinningParameter(TypedDict):
    """The values of one varied parameter: as they are, or as parts of a range."""

    name: str
    label: str
    kind: Literal["values", "range"]
    values: list[WinningValue]


class Winners(TypedDict):
    """What the favorites have in common; ``notes`` says what narrowing the settings around them would do."""

    favorites: int
    total: int
    parameters: list[WinningParameter]
    notes: list[str]


class Notes(TypedDict):
    """What was done, one sentence each."""

    notes: list[str]


class Clock(TypedDict):
    """The kernel's clock, in epoch seconds."""

    now: float


class PartRef(TypedDict):
    """A part of the front end, and the hash of the text that the page was built with."""

    name: str
    hash: str


class PartText(TypedDict):
    """That part, its text in the first buffer."""

    hash: str


REQUESTS: dict[str, tuple[type[Any], type[Any]]] = {
    "clock": (Empty, Clock),
    "part.get": (PartRef, PartText),
    "settings.update": (SettingsUpdate, Empty),
    "batch.start": (Empty, BatchStarted),
    "batch.cancel": (BatchRef, Empty),
    "batch.retry_failed": (BatchRef, Empty),
    "batch.stop": (BatchStop, Empty),
    "task.cancel": (TaskRef, Empty),
    "task.retry": (TaskRef, Empty),
    "task.edit": (TaskEdit, Empty),
    "queue.pause": (Empty, Empty),
    "queue.resume": (Empty, Empty),
    "queue.get": (QueueRange, QueueRows),
    "queue.move": (QueueMove, Empty),
    "queue.front": (BatchRef, Empty),
    "queue.remove": (TaskRef, Empty),
    "queue.clear": (Empty, Empty),
    "tasks.get": (TaskRange, TaskRows),
    "tasks.preview": (TaskRef, Preview),
    "assets.get": (AssetPositions, AssetRecords),
    "assets.thumbnails": (AssetPositions, Thumbnails),
    "assets.media": (MediaRange, MediaChunk),
    "assets.mark": (MarkChange, Empty),
    "assets.clear_marks": (SourceRef, Empty),
    "assets.undo": (SourceRef, Empty),
    "assets.columns": (SourceRange, Columns),
    "assets.select": (SelectionChange, Empty),
    "assets.use": (SettingsSource, SettingsTaken),
    "query.set": (QueryChange, Empty),
    "cells.get": (SourceRange, Columns),
    "winners.get": (SourceRef, Winners),
    "winners.use": (SourceRef, Notes),
}
"""Every request by name: the type of its parameters, and of its result."""
