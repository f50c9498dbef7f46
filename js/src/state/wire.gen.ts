// Written by tools/generate_wire.py from batchgen_widgets/wire. Change that, then run the tool.

/** One allowed value of a choice parameter. */
export interface Choice {
  value: string | number | boolean | null;
  label: string;
}

/** One argument of the generator, as its form field needs it. */
export interface ParameterSpec {
  name: string;
  label: string;
  type: "int" | "float" | "bool" | "str" | "choice" | "image" | "video" | "audio" | "asset";
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

/** A batch that is on show because somebody asked for it; ``newer`` says whether another one runs meanwhile. */
export interface HeldBatch {
  created_at: number;
  generator: string;
  newer: boolean;
}

/** The list of assets on show.  ``source`` is empty where there is none, ``title`` where there is nothing to tell it from; ``undoable`` says whether a change of marks can be taken back; ``offers`` names the tools that whoever answers here has; where ``read_only`` is true nobody takes marks. */
export interface GallerySummary {
  source: string;
  title: string;
  total: number;
  undoable: boolean;
  offers: string[];
  held?: HeldBatch;
  read_only?: boolean;
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

/** One image, video or sound that the next batch is made from; it has no kind when it is gone. */
export interface InputItem {
  id: string;
  name: string;
  kind: "image" | "video" | "audio" | null;
}

/** What a parameter has, and the first 24 of that. */
export interface InputList {
  count: number;
  items: InputItem[];
}

/** What the parameters for media have; ``takes`` says whether there is a gallery whose results can be used. */
export interface InputsSummary {
  given: Record<string, InputList>;
  takes: boolean;
}

/** Traits of the config panel. In ``settings`` media are only called by their names. */
export interface ConfigTraits {
  generator: GeneratorSpec | null;
  settings: Settings | null;
  plan: PlanPreview | null;
  inputs: InputsSummary;
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

/** What a reviewer says of an asset; a mark of null beside a note is no mark. */
export interface AssetReview {
  reviewer: string;
  mark: "favorite" | "discarded" | null;
  note: string;
}

/** Everything about one asset but its bytes.  ``alt`` is its text for people who can't see it, ``task_seconds`` how long its task took, where that is known; ``missing`` says that its file is not there any more. */
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
  missing?: boolean;
  reviews?: AssetReview[];
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

/** One asset by its place in the list on show. */
export interface AssetPosition {
  source: string;
  position: number;
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

/** The batches ``start`` to ``stop - 1``, newest first, of those that meet all this; null and "" ask for nothing. */
export interface HistoryQuery {
  text: string;
  generator: string | null;
  status: "pending" | "running" | "paused" | "completed" | "failed" | "cancelled" | "interrupted" | null;
  favorites: boolean;
  start: number;
  stop: number;
}

/** A batch at a glance. ``thumbnails`` are ids of its first assets, at most 4; ``prompt`` has up to 400 letters. */
export interface HistoryRow {
  id: string;
  generator: string;
  status: "pending" | "running" | "paused" | "completed" | "failed" | "cancelled" | "interrupted";
  created_at: number;
  started_at: number | null;
  completed_at: number | null;
  duration: number | null;
  counts: TaskCounts;
  tasks: number;
  assets: number;
  favorites: number;
  discarded: number;
  bytes: number;
  varied: string[];
  summary: string;
  prompt: string;
  thumbnails: string[];
}

/** Batches, how many meet the query in all, every generator there is, and that of the session if there is one.  ``shown`` is the batch on show, empty where there is none. */
export interface HistoryPage {
  start: number;
  total: number;
  rows: HistoryRow[];
  generators: string[];
  own: string | null;
  shown: string;
}

/** The batch to show; null shows what the gallery shows by itself. */
export interface BatchChoice {
  batch: string | null;
}

/** Two batches to compare. */
export interface BatchPair {
  a: string;
  b: string;
}

/** One of two batches that are compared. */
export interface ComparedBatch {
  id: string;
  generator: string;
  status: "pending" | "running" | "paused" | "completed" | "failed" | "cancelled" | "interrupted";
  created_at: number;
  assets: number;
}

/** Something that can be said of both batches, in words; null where there is nothing to say. */
export interface ComparedFact {
  group: "generator" | "parameters" | "config" | "versions" | "outcome";
  name: string;
  a: string | null;
  b: string | null;
  differs: boolean;
}

/** A metric over the tasks of a batch. */
export interface Spread {
  count: number;
  mean: number;
  minimum: number;
  maximum: number;
}

/** A metric in both batches; null where one has it not. */
export interface ComparedMetric {
  name: string;
  a: Spread | null;
  b: Spread | null;
}

/** One result of a pair. */
export interface ComparedAsset {
  id: string;
  alt: string;
  kind: "image" | "video" | "audio";
  mark: "none" | "favorite" | "discarded";
}

/** Two results that were asked for alike, or one that has no partner; ``label`` says what they were asked for. */
export interface ResultPair {
  label: string;
  a: ComparedAsset | null;
  b: ComparedAsset | null;
}

/** How two batches differ. ``total`` counts the pairs that are left out, too; ``matched`` those of two results. */
export interface BatchComparison {
  a: ComparedBatch;
  b: ComparedBatch;
  facts: ComparedFact[];
  source_diff: string | null;
  metrics: ComparedMetric[];
  pairs: ResultPair[];
  matched: number;
  total: number;
}

/** Assets of the project by their ids, whichever batch they are of. */
export interface AssetIds {
  ids: string[];
}

/** The MIME type of one thumbnail; its picture is the buffer at the same place. */
export interface AssetThumbnail {
  id: string;
  type: string;
}

/** Thumbnails, one buffer each; what has none is left out. */
export interface AssetThumbnails {
  items: AssetThumbnail[];
}

/** A parameter that takes media. */
export interface InputRef {
  parameter: string;
}

/** Which results of the gallery a parameter shall have. */
export interface InputsTaken {
  parameter: string;
  which: "selected" | "favorites";
}

/** Which of its values a parameter shall have no more; null is all of them. */
export interface InputRemoval {
  parameter: string;
  index: number | null;
}

/** A piece of a file, in Base64, from a byte offset on; ``upload`` names the file among those on their way.  With its last piece the file becomes the value of the parameter, or with ``add`` one more. */
export interface InputUpload {
  parameter: string;
  upload: string;
  name: string;
  size: number;
  offset: number;
  data: string;
  add: boolean;
}

/** Where the next piece begins; null when the file is there. */
export interface UploadState {
  next: number | null;
}

/** A piece of a file whose recipe shall fill in the form, in Base64, from a byte offset on. */
export interface RecipePiece {
  upload: string;
  name: string;
  size: number;
  offset: number;
  data: string;
}

/** A parameter of a recipe that the generator does not take. */
export interface RecipeLeftOut {
  name: string;
  reason: string;
}

/** What was taken of a recipe, by name; of ``varied`` the values count once they vary no more. */
export interface RecipeTaken {
  made_by: "batchgen" | "automatic1111" | "comfyui" | "invokeai";
  generator: string | null;
  taken: string[];
  varied: string[];
  left_out: RecipeLeftOut[];
}

/** Where the next piece begins; null when there were enough, and then what came of it. */
export interface RecipeState {
  next: number | null;
  taken: RecipeTaken | null;
}

/** An asset is made again; ``seconds`` is about how long that takes, where it is known. */
export interface ReproductionStarted {
  run: string;
  seconds: number | null;
}

/** An asset that is made again. */
export interface ReproductionRef {
  run: string;
}

/** How what was made compares with what was there, in words and numbers, and what has changed since. */
export interface ReproductionResult {
  verdict: "identical" | "close" | "different";
  summary: string;
  distance: number | null;
  measure: string;
  limit: number;
  changes: string[];
}

/** Where it stands. At the end the first buffer is a picture of what was made, empty where there is none. */
export interface ReproductionState {
  done: boolean;
  progress: number;
  message: string | null;
  problem: string | null;
  result: ReproductionResult | null;
}

/** The asset whose lineage is asked for, by its id. */
export interface LineageRef {
  asset: string;
}

/** An asset of a lineage; what follows the name is null where the project no longer has it.  ``generation`` counts steps from the asset that was asked for: below 0 for what that was made from. */
export interface LineageNode {
  id: string;
  name: string;
  kind: "image" | "video" | "audio" | null;
  batch: string | null;
  generator: string | null;
  created_at: number | null;
  mark: "favorite" | "discarded" | null;
  trashed: boolean;
  generation: number;
}

/** A step to an asset from one that it was made from, and the parameters that had that as their value. */
export interface LineageEdge {
  parent: string;
  child: string;
  parameters: string[];
}

/** What an asset was made from, and what was made from it; ``left_out`` counts relatives that are too many. */
export interface Lineage {
  asset: string;
  nodes: LineageNode[];
  edges: LineageEdge[];
  left_out: number;
}

/** How many results of a kind there are, and how large their files are. */
export interface CleanupKind {
  kind: "image" | "video" | "audio";
  count: number;
  bytes: number;
}

/** What keeping only the favorites would move to the trash; ``in_use`` others stay, as inputs of tasks to come. */
export interface CleanupPreview {
  count: number;
  bytes: number;
  kinds: CleanupKind[];
  kept: number;
  in_use: number;
}

/** Rows of the trash, from ``start`` to before ``stop``. */
export interface TrashRange {
  start: number;
  stop: number;
}

/** One result in the trash. */
export interface TrashRow {
  id: string;
  name: string;
  kind: "image" | "video" | "audio";
  alt: string;
  batch: string;
  file_size: number;
  trashed_at: number;
  favorite: boolean;
}

/** A part of the trash, last thrown away first, and how much all of it is; strays are files of no result. */
export interface TrashRows {
  rows: TrashRow[];
  total: number;
  bytes: number;
  strays: number;
  stray_bytes: number;
}

/** Results in the trash by their ids; null is all of them. */
export interface TrashIds {
  ids: string[] | null;
}

/** How many results went to the trash or came back. */
export interface TrashCount {
  count: number;
}

/** How many bytes were deleted. */
export interface TrashFreed {
  bytes: number;
}

/** How results can be shared: ``folder`` is where relative paths begin, ``name`` a good name without its suffix.  A list of assets makes neither a page nor code. */
export interface SharePlan {
  folder: string;
  name: string;
  ways: ("zip" | "folder" | "page" | "code")[];
}

/** Write some results, or all where ``positions`` is null, to a path on the kernel's machine.  ``marks`` says whether a page shows one's own marks. */
export interface ShareOrder {
  source: string;
  positions: number[] | null;
  how: "zip" | "folder" | "page";
  path: string;
  overwrite: boolean;
  marks: boolean;
}

/** A file that is being written, by the name of its job. */
export interface ShareJob {
  job: string;
}

/** How far a job is: ``done`` of ``total`` steps, 0 while that is not known; then what was written, or why not.  ``exists`` says that there was something at that path. ``notes`` name what had to be left out. */
export interface ShareProgress {
  state: "running" | "done" | "failed" | "stopped";
  done: number;
  total: number;
  path: string;
  size: number;
  error: string | null;
  exists: boolean;
  notes: string[];
}

/** A part of a written file, from a byte offset on. */
export interface ShareChunk {
  job: string;
  offset: number;
}

/** Python that makes the same batch again. */
export interface ShareCode {
  code: string;
}

/** What reviewers say of one result, one entry for each reviewer, null where one says nothing. */
export interface ReviewRow {
  position: number;
  name: string;
  reviews: (AssetReview | null)[];
}

/** Every result of which a reviewer says something, and the names of the reviewers. */
export interface ReviewTable {
  reviewers: string[];
  rows: ReviewRow[];
}

/** The text of a review file, and its name. */
export interface ReviewText {
  source: string;
  name: string;
  text: string;
}

/** What came of a review: how many results are new, changed or as before, and those that are not here. */
export interface ReviewTaken {
  reviewer: string;
  batch: string;
  added: number;
  updated: number;
  unchanged: number;
  unknown: string[];
}

/** Which reviewers' marks become one's own: those of one, or stars that at least so many gave. */
export interface ReviewAdoption {
  source: string;
  reviewer: string | null;
  at_least: number;
}

/** How many of one's own marks changed. */
export interface ReviewAdopted {
  changed: number;
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

/** A project directory. ``key`` is the same wherever it is told of; ``folder`` is for people to read. */
export interface ProjectRef {
  key: string;
  name: string;
  folder: string;
}

/** A batch session of a kernel.  ``progress`` is how much of the active batch is done, 0 to 1. ``widgets`` are the comm ids of the widgets that show the session in cells, the newest last. */
export interface SidebarSession {
  id: string;
  generator: string;
  project: ProjectRef;
  batch: BatchSummary | null;
  queue: QueueSummary;
  progress: number;
  widgets: string[];
}

/** Every open session of a kernel, in the order in which they were opened. */
export interface SidebarTraits {
  sessions: SidebarSession[];
}

/** A session of the kernel. */
export interface SessionRef {
  session: string;
}

/** A batch of a session of the kernel. */
export interface SessionBatch {
  session: string;
  batch: string;
}

/** What a tab shows.  A session, with ``batch`` null for whatever is active there; or ``project``, by its key, with the batch to show, for one that some session of the kernel has open. ``history`` has no view of its own: it answers for lists of batches. */
export interface ViewOrder {
  view: "gallery" | "progress" | "lineage" | "history";
  session: string | null;
  project: string | null;
  batch: string | null;
}

/** What the kernel sends on these comms when traits change: values, and the names of those that are buffers. */
export interface TraitsMessage {
  kind: "traits";
  values: Record<string, unknown>;
  buffers: string[];
}

/** The last message on a comm whose session or project is no more. */
export interface GoneMessage {
  kind: "gone";
  message: string;
}

/** The running kernels of the server, by id, that have or had a batch session, and the projects these opened. */
export interface SessionKernels {
  kernels: Record<string, ProjectRef[]>;
}

/** A project under the server's root.  ``path`` leads from the root to it, with slashes; ``problem`` says why it can't be read, where that is so. */
export interface FoundProject {
  key: string;
  name: string;
  path: string;
  batches: number;
  changed_at: number;
  problem?: string;
}

/** The projects under the server's root, the last changed first; ``complete`` is false where the search was cut. */
export interface FoundProjects {
  projects: FoundProject[];
  complete: boolean;
}

/** What the server reads: a project, or an exported archive, by its path from the root. */
export interface Place {
  path: string;
}

/** The batch to show; null for everything in an archive. ``revision`` is of what the page has, empty for nothing. */
export interface GalleryOrder {
  batch: string | null;
  revision: string;
}

/** The list of assets on show, null while it is what the page has; kinds and marks are in two buffers beside it. */
export interface GalleryState {
  revision: string;
  gallery: GallerySummary | null;
}

export const TASK_STATUSES = ["queued", "running", "completed", "failed", "cancelled", "interrupted"] as const;
export const ASSET_KINDS = ["image", "video", "audio"] as const;
export const ASSET_MARKS = ["none", "favorite", "discarded", "trashed"] as const;
export const SIDEBAR_TARGET = "batchgen_widgets.sidebar" as const;
export const VIEW_TARGET = "batchgen_widgets.view" as const;

/** Every request by name: its parameters and its result. */
export interface Requests {
  "clock": { params: Empty; result: Clock };
  "part.get": { params: PartRef; result: PartText };
  "settings.update": { params: SettingsUpdate; result: Empty };
  "batch.start": { params: Empty; result: BatchStarted };
  "code.get": { params: Empty; result: ShareCode };
  "batch.cancel": { params: BatchRef; result: Empty };
  "batch.retry_failed": { params: BatchRef; result: Empty };
  "batch.stop": { params: BatchStop; result: Empty };
  "batch.resume": { params: BatchRef; result: Empty };
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
  "cleanup.preview": { params: SourceRef; result: CleanupPreview };
  "cleanup.keep_favorites": { params: SourceRef; result: TrashCount };
  "trash.put": { params: AssetPositions; result: TrashCount };
  "trash.get": { params: TrashRange; result: TrashRows };
  "trash.restore": { params: TrashIds; result: TrashCount };
  "trash.empty": { params: Empty; result: TrashFreed };
  "winners.get": { params: SourceRef; result: Winners };
  "winners.use": { params: SourceRef; result: Notes };
  "history.get": { params: HistoryQuery; result: HistoryPage };
  "history.show": { params: BatchChoice; result: Empty };
  "history.use": { params: BatchRef; result: Notes };
  "history.resume": { params: BatchRef; result: Empty };
  "history.compare": { params: BatchPair; result: BatchComparison };
  "assets.thumbnails_by_id": { params: AssetIds; result: AssetThumbnails };
  "lineage.get": { params: LineageRef; result: Lineage };
  "inputs.take": { params: InputsTaken; result: Empty };
  "inputs.remove": { params: InputRemoval; result: Empty };
  "inputs.upload": { params: InputUpload; result: UploadState };
  "inputs.thumbnails": { params: InputRef; result: Thumbnails };
  "recipe.upload": { params: RecipePiece; result: RecipeState };
  "asset.reproduce": { params: AssetPosition; result: ReproductionStarted };
  "asset.reproduced": { params: ReproductionRef; result: ReproductionState };
  "asset.reproduce_stop": { params: ReproductionRef; result: Empty };
  "share.plan": { params: SourceRef; result: SharePlan };
  "share.start": { params: ShareOrder; result: ShareJob };
  "share.progress": { params: ShareJob; result: ShareProgress };
  "share.stop": { params: ShareJob; result: Empty };
  "share.read": { params: ShareChunk; result: MediaChunk };
  "share.code": { params: SourceRef; result: ShareCode };
  "reviews.get": { params: SourceRef; result: ReviewTable };
  "reviews.import": { params: ReviewText; result: ReviewTaken };
  "reviews.adopt": { params: ReviewAdoption; result: ReviewAdopted };
}

/** Those on the comm of the sidebar. */
export interface SidebarRequests {
  "session.pause": { params: SessionRef; result: Empty };
  "session.resume": { params: SessionRef; result: Empty };
  "session.cancel_batch": { params: SessionBatch; result: Empty };
  "session.resume_batch": { params: SessionBatch; result: Empty };
  "session.retry_failed": { params: SessionBatch; result: Empty };
}

/** Those that the server answers. */
export interface ServerRequests {
  "gallery.open": { params: GalleryOrder; result: GalleryState };
  "assets.get": { params: AssetPositions; result: AssetRecords };
  "assets.thumbnails": { params: AssetPositions; result: Thumbnails };
  "assets.media": { params: MediaRange; result: MediaChunk };
  "assets.columns": { params: SourceRange; result: Columns };
  "cells.get": { params: SourceRange; result: Columns };
  "history.get": { params: HistoryQuery; result: HistoryPage };
  "history.compare": { params: BatchPair; result: BatchComparison };
  "assets.thumbnails_by_id": { params: AssetIds; result: AssetThumbnails };
  "lineage.get": { params: LineageRef; result: Lineage };
}
