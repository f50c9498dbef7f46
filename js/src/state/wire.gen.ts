// Written by tools/generate_wire.py from batchgen_widgets/wire/types.py. Change that, then run the tool.

/** One allowed value of a choice parameter. */
export interface Choice {
  value: string | number | boolean | null;
  label: string;
}

/** One argument of the generator, as its form field needs it. */
export interface ParameterSpec {
  name: string;
  label: string;
  type: "int" | "float" | "bool" | "str" | "choice";
  default: string | number | boolean | null;
  required: boolean;
  minimum: number | null;
  maximum: number | null;
  step: number | null;
  choices: Choice[] | null;
  optional: boolean;
  role: "prompt" | "seed" | null;
  description: string | null;
}

/** The generator whose form is shown. */
export interface GeneratorSpec {
  name: string;
  kind: "image" | "video" | "audio" | null;
  description: string | null;
  parameters: ParameterSpec[];
}

/** Every value between two bounds. */
export interface ContinuousRange {
  low: number;
  high: number;
}

/** How the tasks differ; the JSON form of ``VariationParams``. */
export interface VariationSettings {
  vary_seeds: boolean;
  seed_range: number[];
  vary_prompts: boolean;
  prompt_variations: string[];
  vary_parameters: boolean;
  parameter_ranges: Record<string, ContinuousRange | (string | number | boolean | null)[]>;
  strategy: "random" | "grid" | "zip" | "latin_hypercube" | "sobol" | "one_at_a_time";
  seed_policy: "shared" | "per_task";
  seed: number | null;
}

/** The JSON form of ``BatchConfig``. */
export interface ConfigSettings {
  enabled: boolean;
  batch_size: number;
  variation_params: VariationSettings;
}

/** What the config panel edits: the base parameters and the batch config. */
export interface Settings {
  base: Record<string, string | number | boolean | null>;
  config: ConfigSettings;
}

/** One field that keeps the plan from running, and what to do about it. */
export interface FieldProblem {
  field: string;
  message: string;
}

/** What would run, or why it can't. */
export interface PlanPreview {
  ok: boolean;
  count: number;
  summary: string;
  columns: string[];
  rows: (Record<string, string | number | boolean | null>)[];
  seconds: number | null;
  bytes: number | null;
  errors: FieldProblem[];
}

/** How many tasks of the batch stand where. */
export interface TaskCounts {
  queued: number;
  running: number;
  completed: number;
  failed: number;
  cancelled: number;
  interrupted: number;
}

/** Tasks that failed for the same cause: what it is, how many they are, and the index of the first. */
export interface FailureGroup {
  error: string;
  count: number;
  first: number;
}

/** Where tasks run. ``hard_cancel`` says whether one that does not listen can be stopped. */
export interface ExecutorInfo {
  name: string;
  hard_cancel: boolean;
}

/** The batch on show. Times are epoch seconds of the kernel's clock.  ``failures`` has at most 5 groups, the largest first. */
export interface BatchSummary {
  id: string;
  generator: string;
  status: "pending" | "running" | "paused" | "completed" | "failed" | "cancelled" | "interrupted";
  total: number;
  counts: TaskCounts;
  created_at: number;
  started_at: number | null;
  completed_at: number | null;
  eta_s: number | null;
  rate_per_min: number | null;
  failures: FailureGroup[];
  executor: ExecutorInfo;
}

/** The tasks that have not started, of all batches of the session.  ``revision`` grows whenever the order or the content of the queue changes. */
export interface QueueSummary {
  paused: boolean;
  tasks: number;
  batches: number;
  revision: number;
}

/** One task that runs now. ``preview`` is a version that grows with each live preview; 0 is none. */
export interface RunningTask {
  index: number;
  progress: number | null;
  message: string | null;
  preview: number;
  started_at: number;
}

/** The list of assets on show.  ``source`` is empty where there is none, ``title`` where there is nothing to tell it from; ``undoable`` says whether a change of marks can be taken back; ``offers`` names the tools that whoever answers here has. */
export interface GallerySummary {
  source: string;
  title: string;
  total: number;
  undoable: boolean;
  offers: string[];
}

/** A field has one of these values; null is to have none. */
export interface ValuesCondition {
  values: (string | number | boolean | null)[];
}

/** A field has a number between two ends, which belong to it; null leaves an end open. */
export interface RangeCondition {
  low: number | null;
  high: number | null;
}

/** What the gallery shows and in which order; the JSON form of ``Query``. */
export interface QuerySettings {
  text: string;
  mark: "favorite" | "unmarked" | "discarded" | null;
  where: Record<string, ValuesCondition | RangeCondition>;
  sort: string | null;
  descending: boolean;
}

/** Traits of the config panel. */
export interface ConfigTraits {
  generator: GeneratorSpec | null;
  settings: Settings | null;
  plan: PlanPreview | null;
}

/** Traits of the progress display. ``task_status`` has one byte per task, in the order of ``TASK_STATUSES``. */
export interface ProgressTraits {
  batch: BatchSummary | null;
  queue: QueueSummary;
  task_status: DataView;
  running: RunningTask[];
}

/** Traits of the gallery: one byte per asset, in the orders of ``ASSET_KINDS`` and ``ASSET_MARKS``.  ``asset_selected`` is 1 where an asset is selected, else 0. */
export interface GalleryTraits {
  gallery: GallerySummary;
  asset_kinds: DataView;
  asset_marks: DataView;
  asset_selected: DataView;
  query: QuerySettings;
}

/** One row of the task table.  ``varied`` names the parameters that differ between tasks; ``assets`` are places in the gallery. */
export interface TaskRow {
  index: number;
  id: string;
  status: "queued" | "running" | "completed" | "failed" | "cancelled" | "interrupted";
  progress: number | null;
  message: string | null;
  params: Record<string, string | number | boolean | null>;
  varied: string[];
  error: string | null;
  traceback: string | null;
  log: string | null;
  attempt: number;
  started_at: number | null;
  completed_at: number | null;
  assets: number[];
}

/** One task that has not started. ``position`` is its place in the queue, ``index`` the one in its batch. */
export interface QueueRow {
  batch: string;
  index: number;
  position: number;
  params: Record<string, string | number | boolean | null>;
  varied: string[];
  generator: string;
}

/** An asset that another one was made from; ``position`` is its place in this list, if it has one. */
export interface AssetParent {
  id: string;
  name: string;
  position: number | null;
}

/** Everything about one asset but its bytes.  ``alt`` is its text for people who can't see it, ``task_seconds`` how long its task took, where that is known. */
export interface AssetRecord {
  position: number;
  id: string;
  name: string;
  kind: "image" | "video" | "audio";
  width: number | null;
  height: number | null;
  duration: number | null;
  file_size: number;
  created_at: number;
  params: Record<string, string | number | boolean | null>;
  metrics: Record<string, string | number | boolean | null>;
  task_index: number;
  alt: string;
  path: string;
  task_seconds: number | null;
  parents: AssetParent[];
}

/** No parameters, or a reply that only says that it worked. */
export type Empty = Record<string, never>;

/** A change of the settings: some base parameters, or the whole config. */
export interface SettingsUpdate {
  base?: Record<string, string | number | boolean | null>;
  config?: ConfigSettings;
}

/** The batch that was made. */
export interface BatchStarted {
  batch: string;
  count: number;
}

/** A batch. */
export interface BatchRef {
  batch: string;
}

/** How to stop a batch: after what runs, or what runs too. What has not started stays in the queue, paused. */
export interface BatchStop {
  batch: string;
  how: "after_running" | "now";
}

/** A task of a batch. */
export interface TaskRef {
  batch: string;
  index: number;
}

/** The tasks ``start`` to ``stop - 1`` of a batch. */
export interface TaskRange {
  batch: string;
  start: number;
  stop: number;
}

/** Rows of the task table. */
export interface TaskRows {
  rows: TaskRow[];
}

/** Other values for some parameters of a queued task; what is left out stays as it is. */
export interface TaskEdit {
  batch: string;
  index: number;
  params: Record<string, string | number | boolean | null>;
}

/** The places ``start`` to ``stop - 1`` of the queue. */
export interface QueueRange {
  start: number;
  stop: number;
}

/** A part of the queue, and how long all of it is. */
export interface QueueRows {
  total: number;
  rows: QueueRow[];
}

/** A queued task, and the place that it has afterwards. */
export interface QueueMove {
  batch: string;
  index: number;
  to: number;
}

/** A live preview, its picture in the first buffer; version 0 has none. */
export interface Preview {
  version: number;
  type: string;
}

/** Assets by their place in the list on show. */
export interface AssetPositions {
  source: string;
  positions: number[];
}

/** Records of assets. */
export interface AssetRecords {
  records: AssetRecord[];
}

/** The MIME type of one thumbnail; its picture is the buffer at the same place. */
export interface ThumbnailItem {
  position: number;
  type: string;
}

/** Thumbnails, one buffer each. */
export interface Thumbnails {
  items: ThumbnailItem[];
}

/** The media of an asset from a byte offset on: what a browser shows best, or the file as it is on disk. */
export interface MediaRange {
  source: string;
  position: number;
  offset: number;
  original?: boolean;
}

/** One chunk, in the first buffer; ``next`` is where to go on, or null at the end. */
export interface MediaChunk {
  size: number;
  type: string;
  offset: number;
  next: number | null;
}

/** A mark for some assets; null takes their mark away. */
export interface MarkChange {
  source: string;
  positions: number[];
  mark: "favorite" | "discarded" | null;
}

/** A list of assets on show. */
export interface SourceRef {
  source: string;
}

/** The places ``start`` to ``stop - 1`` of what a list of assets, or the batch behind it, has. */
export interface SourceRange {
  source: string;
  start: number;
  stop: number;
}

/** One column, its cells in the buffer at the same place.  Numbers and booleans are little-endian Float64, NaN where there is none. Texts are little-endian Uint32, places in ``values``, 0xFFFFFFFF where there is none; ``values`` is null for all but texts.  The type is that of these rows. Parts of a column that have different types make a column of texts together, numbers and booleans written as JavaScript does; a part without any value, which says it is of numbers, takes any type. */
export interface Column {
  name: string;
  group: "parameter" | "metric" | "field";
  type: "number" | "text" | "bool";
  values: string[] | null;
}

/** Columns of a part of the rows, and how many rows there are in all. */
export interface Columns {
  columns: Column[];
  start: number;
  stop: number;
  total: number;
}

/** Another query for the list of assets on show. */
export interface QueryChange {
  source: string;
  query: QuerySettings;
}

/** What becomes the selection, joins it, or leaves it. */
export interface SelectionChange {
  source: string;
  positions: number[];
  how: "set" | "add" | "remove";
}

/** The asset whose parameters become the base parameters; with ``but_seed`` the seed stays as it is. */
export interface SettingsSource {
  source: string;
  position: number;
  but_seed: boolean;
}

/** The names of the base parameters that have other values now. */
export interface SettingsTaken {
  changed: string[];
}

/** A value of a parameter, or a part of its range: how many assets have it, and how many of those are favorites. */
export interface WinningValue {
  label: string;
  value: string | number | boolean | null | ContinuousRange;
  favorites: number;
  total: number;
}

/** The values of one varied parameter: as they are, or as parts of a range. */
export interface WinningParameter {
  name: string;
  label: string;
  kind: "values" | "range";
  values: WinningValue[];
}

/** What the favorites have in common; ``notes`` says what narrowing the settings around them would do. */
export interface Winners {
  favorites: number;
  total: number;
  parameters: WinningParameter[];
  notes: string[];
}

/** What was done, one sentence each. */
export interface Notes {
  notes: string[];
}

/** The kernel's clock, in epoch seconds. */
export interface Clock {
  now: number;
}

/** A part of the front end, and the hash of the text that the page was built with. */
export interface PartRef {
  name: string;
  hash: string;
}

/** That part, its text in the first buffer. */
export interface PartText {
  hash: string;
}

export const TASK_STATUSES = ["queued", "running", "completed", "failed", "cancelled", "interrupted"] as const;
export const ASSET_KINDS = ["image", "video", "audio"] as const;
export const ASSET_MARKS = ["none", "favorite", "discarded"] as const;

/** Every request by name: its parameters and its result. */
export interface Requests {
  "clock": { params: Empty; result: Clock };
  "part.get": { params: PartRef; result: PartText };
  "settings.update": { params: SettingsUpdate; result: Empty };
  "batch.start": { params: Empty; result: BatchStarted };
  "batch.cancel": { params: BatchRef; result: Empty };
  "batch.retry_failed": { params: BatchRef; result: Empty };
  "batch.stop": { params: BatchStop; result: Empty };
  "task.cancel": { params: TaskRef; result: Empty };
  "task.retry": { params: TaskRef; result: Empty };
  "task.edit": { params: TaskEdit; result: Empty };
  "queue.pause": { params: Empty; result: Empty };
  "queue.resume": { params: Empty; result: Empty };
  "queue.get": { params: QueueRange; result: QueueRows };
  "queue.move": { params: QueueMove; result: Empty };
  "queue.front": { params: BatchRef; result: Empty };
  "queue.remove": { params: TaskRef; result: Empty };
  "queue.clear": { params: Empty; result: Empty };
  "tasks.get": { params: TaskRange; result: TaskRows };
  "tasks.preview": { params: TaskRef; result: Preview };
  "assets.get": { params: AssetPositions; result: AssetRecords };
  "assets.thumbnails": { params: AssetPositions; result: Thumbnails };
  "assets.media": { params: MediaRange; result: MediaChunk };
  "assets.mark": { params: MarkChange; result: Empty };
  "assets.clear_marks": { params: SourceRef; result: Empty };
  "assets.undo": { params: SourceRef; result: Empty };
  "assets.columns": { params: SourceRange; result: Columns };
  "assets.select": { params: SelectionChange; result: Empty };
  "assets.use": { params: SettingsSource; result: SettingsTaken };
  "query.set": { params: QueryChange; result: Empty };
  "cells.get": { params: SourceRange; result: Columns };
  "winners.get": { params: SourceRef; result: Winners };
  "winners.use": { params: SourceRef; result: Notes };
}
