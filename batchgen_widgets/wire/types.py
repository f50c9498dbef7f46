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
    type: Literal["int", "float", "bool", "str", "choice", "image", "video", "audio", "asset"]
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


class HeldBatch(TypedDict):
    """A batch that is on show because somebody asked for it; ``newer`` says whether another one runs meanwhile."""

    created_at: float
    generator: str
    newer: bool


class GallerySummary(TypedDict):
    """The list of assets on show.

    ``source`` is empty where there is none, ``title`` where there is nothing to tell it from; ``undoable`` says
    whether a change of marks can be taken back; ``offers`` names the tools that whoever answers here has; where
    ``read_only`` is true nobody takes marks.
    """

    source: str
    title: str
    total: int
    undoable: bool
    offers: list[str]
    held: NotRequired[HeldBatch]
    read_only: NotRequired[bool]


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


class InputItem(TypedDict):
    """One image, video or sound that the next batch is made from; it has no kind when it is gone."""

    id: str
    name: str
    kind: Literal["image", "video", "audio"] | None


class InputList(TypedDict):
    """What a parameter has, and the first 24 of that."""

    count: int
    items: list[InputItem]


class InputsSummary(TypedDict):
    """What the parameters for media have; ``takes`` says whether there is a gallery whose results can be used."""

    given: dict[str, InputList]
    takes: bool


class ConfigTraits(TypedDict):
    """Traits of the config panel. In ``settings`` media are only called by their names."""

    generator: GeneratorSpec | None
    settings: Settings | None
    plan: PlanPreview | None
    inputs: InputsSummary


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
ASSET_MARKS: tuple[str, ...] = ("none", "favorite", "discarded", "trashed")


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


class AssetReview(TypedDict):
    """What a reviewer says of an asset; a mark of null beside a note is no mark."""

    reviewer: str
    mark: Literal["favorite", "discarded"] | None
    note: str


class AssetRecord(TypedDict):
    """Everything about one asset but its bytes.

    ``alt`` is its text for people who can't see it, ``task_seconds`` how long its task took, where that is known;
    ``missing`` says that its file is not there any more.
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
    missing: NotRequired[bool]
    reviews: NotRequired[list[AssetReview]]


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


class AssetPosition(TypedDict):
    """One asset by its place in the list on show."""

    source: str
    position: int


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


class HistoryQuery(TypedDict):
    """The batches ``start`` to ``stop - 1``, newest first, of those that meet all this; null and "" ask for nothing."""

    text: str
    generator: str | None
    status: BatchStatusName | None
    favorites: bool
    start: int
    stop: int


class HistoryRow(TypedDict):
    """A batch at a glance. ``thumbnails`` are ids of its first assets, at most 4; ``prompt`` has up to 400 letters."""

    id: str
    generator: str
    status: BatchStatusName
    created_at: float
    started_at: float | None
    completed_at: float | None
    duration: float | None
    counts: TaskCounts
    tasks: int
    assets: int
    favorites: int
    discarded: int
    bytes: int
    varied: list[str]
    summary: str
    prompt: str
    thumbnails: list[str]


class HistoryPage(TypedDict):
    """Batches, how many meet the query in all, every generator there is, and that of the session if there is one.

    ``shown`` is the batch on show, empty where there is none.
    """

    start: int
    total: int
    rows: list[HistoryRow]
    generators: list[str]
    own: str | None
    shown: str


class BatchChoice(TypedDict):
    """The batch to show; null shows what the gallery shows by itself."""

    batch: str | None


class BatchPair(TypedDict):
    """Two batches to compare."""

    a: str
    b: str


class ComparedBatch(TypedDict):
    """One of two batches that are compared."""

    id: str
    generator: str
    status: BatchStatusName
    created_at: float
    assets: int


class ComparedFact(TypedDict):
    """Something that can be said of both batches, in words; null where there is nothing to say."""

    group: Literal["generator", "parameters", "config", "versions", "outcome"]
    name: str
    a: str | None
    b: str | None
    differs: bool


class Spread(TypedDict):
    """A metric over the tasks of a batch."""

    count: int
    mean: float
    minimum: float
    maximum: float


class ComparedMetric(TypedDict):
    """A metric in both batches; null where one has it not."""

    name: str
    a: Spread | None
    b: Spread | None


class ComparedAsset(TypedDict):
    """One result of a pair."""

    id: str
    alt: str
    kind: Literal["image", "video", "audio"]
    mark: Literal["none", "favorite", "discarded"]


class ResultPair(TypedDict):
    """Two results that were asked for alike, or one that has no partner; ``label`` says what they were asked for."""

    label: str
    a: ComparedAsset | None
    b: ComparedAsset | None


class BatchComparison(TypedDict):
    """How two batches differ. ``total`` counts the pairs that are left out, too; ``matched`` those of two results."""

    a: ComparedBatch
    b: ComparedBatch
    facts: list[ComparedFact]
    source_diff: str | None
    metrics: list[ComparedMetric]
    pairs: list[ResultPair]
    matched: int
    total: int


class AssetIds(TypedDict):
    """Assets of the project by their ids, whichever batch they are of."""

    ids: list[str]


class AssetThumbnail(TypedDict):
    """The MIME type of one thumbnail; its picture is the buffer at the same place."""

    id: str
    type: str


class AssetThumbnails(TypedDict):
    """Thumbnails, one buffer each; what has none is left out."""

    items: list[AssetThumbnail]


class InputRef(TypedDict):
    """A parameter that takes media."""

    parameter: str


class InputsTaken(TypedDict):
    """Which results of the gallery a parameter shall have."""

    parameter: str
    which: Literal["selected", "favorites"]


class InputRemoval(TypedDict):
    """Which of its values a parameter shall have no more; null is all of them."""

    parameter: str
    index: int | None


class InputUpload(TypedDict):
    """A piece of a file, in Base64, from a byte offset on; ``upload`` names the file among those on their way.

    With its last piece the file becomes the value of the parameter, or with ``add`` one more.
    """

    parameter: str
    upload: str
    name: str
    size: int
    offset: int
    data: str
    add: bool


class UploadState(TypedDict):
    """Where the next piece begins; null when the file is there."""

    next: int | None


class RecipePiece(TypedDict):
    """A piece of a file whose recipe shall fill in the form, in Base64, from a byte offset on."""

    upload: str
    name: str
    size: int
    offset: int
    data: str


class RecipeLeftOut(TypedDict):
    """A parameter of a recipe that the generator does not take."""

    name: str
    reason: str


class RecipeTaken(TypedDict):
    """What was taken of a recipe, by name; of ``varied`` the values count once they vary no more."""

    made_by: Literal["batchgen", "automatic1111", "comfyui", "invokeai"]
    generator: str | None
    taken: list[str]
    varied: list[str]
    left_out: list[RecipeLeftOut]


class RecipeState(TypedDict):
    """Where the next piece begins; null when there were enough, and then what came of it."""

    next: int | None
    taken: RecipeTaken | None


class ReproductionStarted(TypedDict):
    """An asset is made again; ``seconds`` is about how long that takes, where it is known."""

    run: str
    seconds: float | None


class ReproductionRef(TypedDict):
    """An asset that is made again."""

    run: str


class ReproductionResult(TypedDict):
    """How what was made compares with what was there, in words and numbers, and what has changed since."""

    verdict: Literal["identical", "close", "different"]
    summary: str
    distance: float | None
    measure: str
    limit: float
    changes: list[str]


class ReproductionState(TypedDict):
    """Where it stands. At the end the first buffer is a picture of what was made, empty where there is none."""

    done: bool
    progress: float
    message: str | None
    problem: str | None
    result: ReproductionResult | None


class LineageRef(TypedDict):
    """The asset whose lineage is asked for, by its id."""

    asset: str


class LineageNode(TypedDict):
    """An asset of a lineage; what follows the name is null where the project no longer has it.

    ``generation`` counts steps from the asset that was asked for: below 0 for what that was made from.
    """

    id: str
    name: str
    kind: Literal["image", "video", "audio"] | None
    batch: str | None
    generator: str | None
    created_at: float | None
    mark: Literal["favorite", "discarded"] | None
    trashed: bool
    generation: int


class LineageEdge(TypedDict):
    """A step to an asset from one that it was made from, and the parameters that had that as their value."""

    parent: str
    child: str
    parameters: list[str]


class Lineage(TypedDict):
    """What an asset was made from, and what was made from it; ``left_out`` counts relatives that are too many."""

    asset: str
    nodes: list[LineageNode]
    edges: list[LineageEdge]
    left_out: int


class CleanupKind(TypedDict):
    """How many results of a kind there are, and how large their files are."""

    kind: Literal["image", "video", "audio"]
    count: int
    bytes: int


class CleanupPreview(TypedDict):
    """What keeping only the favorites would move to the trash; ``in_use`` others stay, as inputs of tasks to come."""

    count: int
    bytes: int
    kinds: list[CleanupKind]
    kept: int
    in_use: int


class TrashRange(TypedDict):
    """Rows of the trash, from ``start`` to before ``stop``."""

    start: int
    stop: int


class TrashRow(TypedDict):
    """One result in the trash."""

    id: str
    name: str
    kind: Literal["image", "video", "audio"]
    alt: str
    batch: str
    file_size: int
    trashed_at: float
    favorite: bool


class TrashRows(TypedDict):
    """A part of the trash, last thrown away first, and how much all of it is; strays are files of no result."""

    rows: list[TrashRow]
    total: int
    bytes: int
    strays: int
    stray_bytes: int


class TrashIds(TypedDict):
    """Results in the trash by their ids; null is all of them."""

    ids: list[str] | None


class TrashCount(TypedDict):
    """How many results went to the trash or came back."""

    count: int


class TrashFreed(TypedDict):
    """How many bytes were deleted."""

    bytes: int


class SharePlan(TypedDict):
    """How results can be shared: ``folder`` is where relative paths begin, ``name`` a good name without its suffix.

    A list of assets makes neither a page nor code.
    """

    folder: str
    name: str
    ways: list[Literal["zip", "folder", "page", "code"]]


class ShareOrder(TypedDict):
    """Write some results, or all where ``positions`` is null, to a path on the kernel's machine.

    ``marks`` says whether a page shows one's own marks.
    """

    source: str
    positions: list[int] | None
    how: Literal["zip", "folder", "page"]
    path: str
    overwrite: bool
    marks: bool


class ShareJob(TypedDict):
    """A file that is being written, by the name of its job."""

    job: str


class ShareProgress(TypedDict):
    """How far a job is: ``done`` of ``total`` steps, 0 while that is not known; then what was written, or why not.

    ``exists`` says that there was something at that path. ``notes`` name what had to be left out.
    """

    state: Literal["running", "done", "failed", "stopped"]
    done: int
    total: int
    path: str
    size: int
    error: str | None
    exists: bool
    notes: list[str]


class ShareChunk(TypedDict):
    """A part of a written file, from a byte offset on."""

    job: str
    offset: int


class ShareCode(TypedDict):
    """Python that makes the same batch again."""

    code: str


class ReviewRow(TypedDict):
    """What reviewers say of one result, one entry for each reviewer, null where one says nothing."""

    position: int
    name: str
    reviews: list[AssetReview | None]


class ReviewTable(TypedDict):
    """Every result of which a reviewer says something, and the names of the reviewers."""

    reviewers: list[str]
    rows: list[ReviewRow]


class ReviewText(TypedDict):
    """The text of a review file, and its name."""

    source: str
    name: str
    text: str


class ReviewTaken(TypedDict):
    """What came of a review: how many results are new, changed or as before, and those that are not here."""

    reviewer: str
    batch: str
    added: int
    updated: int
    unchanged: int
    unknown: list[str]


class ReviewAdoption(TypedDict):
    """Which reviewers' marks become one's own: those of one, or stars that at least so many gave."""

    source: str
    reviewer: str | None
    at_least: int


class ReviewAdopted(TypedDict):
    """How many of one's own marks changed."""

    changed: int


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
    "code.get": (Empty, ShareCode),
    "batch.cancel": (BatchRef, Empty),
    "batch.retry_failed": (BatchRef, Empty),
    "batch.stop": (BatchStop, Empty),
    "batch.resume": (BatchRef, Empty),
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
    "cleanup.preview": (SourceRef, CleanupPreview),
    "cleanup.keep_favorites": (SourceRef, TrashCount),
    "trash.put": (AssetPositions, TrashCount),
    "trash.get": (TrashRange, TrashRows),
    "trash.restore": (TrashIds, TrashCount),
    "trash.empty": (Empty, TrashFreed),
    "winners.get": (SourceRef, Winners),
    "winners.use": (SourceRef, Notes),
    "history.get": (HistoryQuery, HistoryPage),
    "history.show": (BatchChoice, Empty),
    "history.use": (BatchRef, Notes),
    "history.resume": (BatchRef, Empty),
    "history.compare": (BatchPair, BatchComparison),
    "assets.thumbnails_by_id": (AssetIds, AssetThumbnails),
    "lineage.get": (LineageRef, Lineage),
    "inputs.take": (InputsTaken, Empty),
    "inputs.remove": (InputRemoval, Empty),
    "inputs.upload": (InputUpload, UploadState),
    "inputs.thumbnails": (InputRef, Thumbnails),
    "recipe.upload": (RecipePiece, RecipeState),
    "asset.reproduce": (AssetPosition, ReproductionStarted),
    "asset.reproduced": (ReproductionRef, ReproductionState),
    "asset.reproduce_stop": (ReproductionRef, Empty),
    "share.plan": (SourceRef, SharePlan),
    "share.start": (ShareOrder, ShareJob),
    "share.progress": (ShareJob, ShareProgress),
    "share.stop": (ShareJob, Empty),
    "share.read": (ShareChunk, MediaChunk),
    "share.code": (SourceRef, ShareCode),
    "reviews.get": (SourceRef, ReviewTable),
    "reviews.import": (ReviewText, ReviewTaken),
    "reviews.adopt": (ReviewAdoption, ReviewAdopted),
}
"""Every request by name: the type of its parameters, and of its result."""
