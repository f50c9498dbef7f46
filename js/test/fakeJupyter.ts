/**
 * Jupyter as the extension sees it, with kernels, connections, sessions and a server that tests hold.
 *
 * Signals and messages are JupyterLab's own; what is sent is kept by kernel, in the order in which it was sent.
 */

import type { Kernel, KernelMessage, ServiceManager, Session } from "@jupyterlab/services";
import { Signal, type Slot } from "@lumino/signaling";
import type { OpenKernels } from "../src/lab/watch/openKernels";
import type { FoundProjects, ProjectRef, SidebarSession, ViewOrder } from "../src/state/wire.gen";

type Data = Record<string, unknown>;
type Message = KernelMessage.IMessage;

/** A signal that knows how many listen. */
class Counted<T, U> extends Signal<T, U> {
  listeners = 0;

  override connect(slot: Slot<T, U>, thisArg?: unknown): boolean {
    const connected = super.connect(slot, thisArg);
    if (connected) this.listeners += 1;
    return connected;
  }

  override disconnect(slot: Slot<T, U>, thisArg?: unknown): boolean {
    const disconnected = super.disconnect(slot, thisArg);
    if (disconnected) this.listeners -= 1;
    return disconnected;
  }
}

/** What a page sent to a kernel. */
export interface Sent {
  channel: string;
  type: string;
  subshell: string | null;
  content: Data;
  over: FakeConnection;
}

/** What a kernel says on a comm. */
export interface Said {
  data: Data;
  buffers?: ArrayBuffer[];
}

export const PROJECT: ProjectRef = { key: "p1", name: "posters", folder: "~/posters" };

/** A session of a kernel, as the sidebar's comm tells of it. */
export function sessionOf(id: string, more: Partial<SidebarSession> = {}): SidebarSession {
  const queue = { paused: false, tasks: 0, batches: 0, revision: 0 };
  return { id, generator: "poster", project: PROJECT, batch: null, queue, progress: 0, widgets: [], ...more };
}

/** One kernel: a process that answers, and all the connections to it. */
export class FakeKernel {
  readonly name = "python3";
  readonly connections: FakeConnection[] = [];
  readonly sent: Sent[] = [];
  readonly subshells = new Set<string>();
  /** The comms that are open, with what each was opened with. */
  readonly comms = new Map<string, { target: string; data: Data }>();
  sessions: SidebarSession[] = [];
  supportsSubshells = true;
  /** Whether it closes every comm as it is opened. */
  refuses = false;
  /** A cell runs: the main shell answers nothing. */
  busy = false;
  /** What a comm for a view says first; null to close it. */
  view: (order: ViewOrder) => Said | null = () => ({ data: { kind: "traits", values: {}, buffers: [] } });
  /** What it answers to a request on a comm; undefined for nothing. */
  answer: (method: string, params: unknown) => Data | undefined = () => ({ ok: true, result: {} });
  process = "process-1";
  #processes = 1;
  #made = 0;
  #waiting: (() => void)[] = [];

  constructor(readonly id: string) {}

  get model(): Kernel.IModel {
    return { id: this.id, name: this.name };
  }

  /** The types of what was sent, with the target or kind of comm messages. */
  get story(): string[] {
    return this.sent.map(({ type, content }) => {
      const { target_name, data } = content as { target_name?: string; data?: { method?: string } };
      return [type, target_name ?? data?.method].filter(Boolean).join(" ");
    });
  }

  /** The ids of the open comms of a target. */
  commsOf(target: string): string[] {
    return [...this.comms].filter(([, comm]) => comm.target === target).map(([id]) => id);
  }

  /** Tell of its sessions on every comm of the sidebar. */
  show(sessions: SidebarSession[]): void {
    this.sessions = sessions;
    for (const id of this.commsOf("batchgen_widgets.sidebar")) {
      this.say(id, { data: { kind: "traits", values: { sessions }, buffers: [] } });
    }
  }

  say(comm: string, { data, buffers = [] }: Said): void {
    this.publish("comm_msg", { comm_id: comm, data }, buffers);
  }

  /** Close a comm, after saying why where there is a reason. */
  closeComm(comm: string, message?: string): void {
    if (message) this.say(comm, { data: { kind: "gone", message } });
    this.comms.delete(comm);
    this.publish("comm_close", { comm_id: comm, data: {} });
  }

  /** Publish to every connection. */
  publish(type: string, content: Data, buffers: ArrayBuffer[] = []): void {
    for (const connection of [...this.connections]) connection.receive("iopub", type, content, buffers);
  }

  /** The cell that was running has ended. */
  free(): void {
    this.busy = false;
    for (const go of this.#waiting.splice(0)) go();
  }

  /** Restart the process. Only the connection over which that was asked for hears of it at once. */
  restart(asked?: FakeConnection): void {
    asked?.setStatus("restarting");
    this.#processes += 1;
    this.process = `process-${this.#processes}`;
    this.sessions = [];
    this.comms.clear();
    this.subshells.clear();
    asked?.setStatus("idle");
  }

  die(): void {
    for (const connection of [...this.connections]) connection.setStatus("dead");
  }

  take(message: Message, over: FakeConnection): Promise<Data> {
    const { channel, content } = message;
    const header = message.header as KernelMessage.IHeader & { subshell_id?: string | null };
    const subshell = header.subshell_id ?? null;
    this.sent.push({ channel, type: header.msg_type, subshell, content: content as Data, over });
    return this.#whenFree(channel === "shell" && subshell === null, () =>
      this.#handle(header.msg_type, content as Data),
    );
  }

  /** Say what it is on its main shell, as every connection asks it to. */
  introduce(): Promise<unknown> {
    return this.#whenFree(true, () => {});
  }

  #whenFree<T>(onMainShell: boolean, act: () => T): Promise<{ content: T }> {
    return new Promise((resolve) => {
      const go = () => queueMicrotask(() => resolve({ content: act() }));
      if (this.busy && onMainShell) this.#waiting.push(go);
      else go();
    });
  }

  #handle(type: string, content: Data): Data {
    const { comm_id: id, data } = content as { comm_id: string; data: Data };
    switch (type) {
      case "kernel_info_request":
        return { supported_features: this.supportsSubshells ? ["kernel subshells"] : [] };
      case "create_subshell_request": {
        this.#made += 1;
        this.subshells.add(`subshell-${this.#made}`);
        return { subshell_id: `subshell-${this.#made}` };
      }
      case "delete_subshell_request":
        this.subshells.delete(content["subshell_id"] as string);
        return {};
      case "comm_open": {
        const target = content["target_name"] as string;
        this.comms.set(id, { target, data });
        const first: Said | null = this.refuses
          ? null
          : target === "batchgen_widgets.sidebar"
            ? { data: { kind: "traits", values: { sessions: this.sessions }, buffers: [] } }
            : this.view(data as unknown as ViewOrder);
        if (first) this.say(id, first);
        else this.closeComm(id);
        return {};
      }
      case "comm_close":
        this.comms.delete(id);
        return {};
      case "comm_msg": {
        const { id: request, method, params } = data as { id: string; method: string; params: unknown };
        const answer = this.comms.has(id) ? this.answer(method, params) : undefined;
        if (answer) this.say(id, { data: { kind: "reply", id: request, ...answer } });
        return {};
      }
      default:
        return {};
    }
  }
}

/** One connection to a kernel. Messages come in at once, so tests see the order that the kernel gave them. */
export class FakeConnection {
  readonly anyMessage = new Counted<this, Kernel.IAnyMessageArgs>(this);
  readonly iopubMessage = new Counted<this, KernelMessage.IIOPubMessage>(this);
  readonly statusChanged = new Counted<this, Kernel.Status>(this);
  readonly connectionStatusChanged = new Counted<this, Kernel.ConnectionStatus>(this);
  readonly disposed = new Counted<this, void>(this);
  readonly username = "";
  readonly clientId: string;
  status: Kernel.Status = "idle";
  connectionStatus: Kernel.ConnectionStatus = "connected";
  isDisposed = false;
  readonly info: Promise<unknown>;
  supportsSubshells = false;

  constructor(
    readonly kernel: FakeKernel,
    readonly handleComms: boolean,
  ) {
    this.clientId = `client-${kernel.connections.length}`;
    kernel.connections.push(this);
    this.info = kernel.introduce().then(() => {
      this.supportsSubshells = kernel.supportsSubshells;
    });
  }

  get id(): string {
    return this.kernel.id;
  }

  /** How many parts of the extension listen to it. */
  get listeners(): number {
    const { anyMessage, iopubMessage, statusChanged, connectionStatusChanged, disposed } = this;
    return [anyMessage, iopubMessage, statusChanged, connectionStatusChanged, disposed].reduce(
      (sum, { listeners }) => sum + listeners,
      0,
    );
  }

  asConnection(): Kernel.IKernelConnection {
    return this as unknown as Kernel.IKernelConnection;
  }

  sendShellMessage(message: Message): { done: Promise<unknown> } {
    return this.#send(message);
  }

  sendControlMessage(message: Message): { done: Promise<unknown> } {
    return this.#send(message);
  }

  receive(channel: string, type: string, content: Data, buffers: ArrayBuffer[] = []): void {
    if (this.connectionStatus !== "connected") return;
    const header = { msg_id: "", msg_type: type, session: this.kernel.process, username: "", date: "", version: "5.3" };
    const msg = { channel, header, parent_header: {}, metadata: {}, content, buffers } as unknown as Message;
    this.anyMessage.emit({ msg, direction: "recv" });
    this.iopubMessage.emit(msg as KernelMessage.IIOPubMessage);
  }

  setStatus(status: Kernel.Status): void {
    if (this.isDisposed || this.status === status) return;
    this.status = status;
    this.statusChanged.emit(status);
    if (status === "dead") this.dispose();
  }

  /** Lose the connection, or have it back. */
  setConnected(connected: boolean): void {
    this.connectionStatus = connected ? "connected" : "connecting";
    this.connectionStatusChanged.emit(this.connectionStatus);
  }

  /** The connection has been tried often enough. */
  giveUp(): void {
    this.connectionStatus = "disconnected";
    this.connectionStatusChanged.emit("disconnected");
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.isDisposed = true;
    this.kernel.connections.splice(this.kernel.connections.indexOf(this), 1);
    this.disposed.emit();
    this.connectionStatus = "disconnected";
    this.connectionStatusChanged.emit("disconnected");
    Signal.clearData(this);
  }

  #send(message: Message): { done: Promise<unknown> } {
    if (this.status === "dead") throw new Error("Kernel is dead");
    this.anyMessage.emit({ msg: message, direction: "send" });
    return { done: this.kernel.take(message, this) };
  }
}

/** What the server's endpoints answer; a number is the status of a refusal. */
export interface Endpoints {
  kernels: () => Record<string, ProjectRef[]> | number;
  projects: () => FoundProjects | number;
  request: (asked: { path: string; method: string; params: unknown }) => Framed | number;
}

export interface Framed {
  header: Data;
  buffers?: ArrayBuffer[];
}

/** An answer with bytes apart, as the server sends it. */
export function frame({ header, buffers = [] }: Framed): ArrayBuffer {
  const sizes = buffers.map(({ byteLength }) => byteLength);
  const text = new TextEncoder().encode(JSON.stringify({ sizes, ...header }));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, text.byteLength, true);
  return new Uint8Array([length, text, ...buffers.map((one) => new Uint8Array(one))].flatMap((one) => [...one])).buffer;
}

/** The services of a page, with their kernels. */
export class FakeJupyter {
  readonly kernels: FakeKernel[] = [];
  readonly notebooks = new Map<string, FakeConnection>();
  /** What was asked of the server extension, in order. */
  readonly asked: { what: string; body: Data | null }[] = [];
  /** How many questions were sent; `asked` has each once its body was read. */
  questions = 0;
  /** How many questions are on their way, at most and now. */
  mostAtOnce = 0;
  #atOnce = 0;
  /** Whether connections that the extension makes are there at once. */
  connectsAtOnce = true;
  /** How long answers of the server take. */
  delay: () => Promise<void> = () => Promise.resolve();
  readonly endpoints: Endpoints = {
    kernels: () => Object.fromEntries(this.kernels.flatMap(({ id, sessions }) => (sessions.length ? [[id, []]] : []))),
    projects: () => ({ projects: [], complete: true }),
    request: () => 404,
  };
  sessions: Session.IModel[] = [];
  readonly #kernelsChanged = new Counted<this, Kernel.IModel[]>(this);
  readonly #sessionsChanged = new Counted<this, Session.IModel[]>(this);
  readonly #notebooksChanged = new Counted<this, void>(this);

  readonly openKernels: OpenKernels = {
    connection: (id) => this.notebooks.get(id)?.asConnection() ?? null,
    changed: this.#notebooksChanged,
  };

  readonly services = {
    serverSettings: {
      baseUrl: `${location.origin}/`,
      init: {},
      token: "",
      Request,
      Headers,
      fetch: (request: Request) => this.#fetch(request),
    },
    kernels: {
      ready: Promise.resolve(),
      running: () => this.kernels.map(({ model }) => model).values(),
      runningChanged: this.#kernelsChanged,
      refreshRunning: () => Promise.resolve(),
      connectTo: ({ model, handleComms = true }: Kernel.IKernelConnection.IOptions) => {
        const connection = new FakeConnection(this.kernel(model.id), handleComms);
        if (!this.connectsAtOnce) connection.connectionStatus = "connecting";
        return connection.asConnection();
      },
    },
    sessions: { running: () => this.sessions.values(), runningChanged: this.#sessionsChanged },
    kernelspecs: { specs: { kernelspecs: { python3: { display_name: "Python 3" } } } },
  } as unknown as ServiceManager.IManager;

  constructor() {
    Object.defineProperty(this.services.kernels, "runningCount", { get: () => this.kernels.length });
  }

  /** How many parts of the extension listen to anything of Jupyter's. */
  get listeners(): number {
    const connections = this.kernels.flatMap((kernel) => kernel.connections);
    const signals = [this.#kernelsChanged, this.#sessionsChanged, this.#notebooksChanged];
    return [...connections, ...signals].reduce((sum, { listeners }) => sum + listeners, 0);
  }

  kernel(id: string): FakeKernel {
    const found = this.kernels.find((kernel) => kernel.id === id);
    if (!found) throw new Error(`no kernel ${id}`);
    return found;
  }

  /** Start a kernel. */
  start(id: string, sessions: SidebarSession[] = []): FakeKernel {
    const kernel = new FakeKernel(id);
    kernel.sessions = sessions;
    this.kernels.push(kernel);
    this.#kernelsChanged.emit([]);
    return kernel;
  }

  /** Shut a kernel down. */
  stop(kernel: FakeKernel): void {
    this.kernels.splice(this.kernels.indexOf(kernel), 1);
    kernel.die();
    this.#kernelsChanged.emit([]);
  }

  /** Open a notebook or a console on a kernel. Consoles have no connection that is shared. */
  open(kernel: FakeKernel, path: string, type = "notebook"): FakeConnection | null {
    const name = type === "notebook" ? (path.split("/").pop() ?? path) : path;
    this.sessions = [...this.sessions, { id: `s-${path}`, path, name, type, kernel: kernel.model }];
    this.#sessionsChanged.emit(this.sessions);
    if (type !== "notebook") return null;
    const connection = new FakeConnection(kernel, true);
    this.notebooks.set(kernel.id, connection);
    this.#notebooksChanged.emit();
    return connection;
  }

  rename(path: string, to: string): void {
    const rename = (session: Session.IModel) => ({ ...session, path: to, name: to.split("/").pop() ?? to });
    this.sessions = this.sessions.map((session) => (session.path === path ? rename(session) : session));
    this.#sessionsChanged.emit(this.sessions);
  }

  /** Close the notebooks of a kernel; it goes on running. */
  close(kernel: FakeKernel): void {
    const connection = this.notebooks.get(kernel.id);
    this.notebooks.delete(kernel.id);
    connection?.dispose();
    this.sessions = this.sessions.filter((session) => session.kernel?.id !== kernel.id);
    this.#sessionsChanged.emit(this.sessions);
    this.#notebooksChanged.emit();
  }

  async #fetch(request: Request): Promise<Response> {
    this.questions += 1;
    const what = new URL(request.url).pathname.replace("/batchgen/api/", "") as keyof Endpoints;
    const body = request.method === "POST" ? ((await request.json()) as Data) : null;
    this.asked.push({ what, body });
    this.#atOnce += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#atOnce);
    await this.delay();
    this.#atOnce -= 1;
    if (what === "request") {
      const answer = this.endpoints.request(body as never);
      if (typeof answer === "number") return new Response("{}", { status: answer });
      return new Response(frame(answer), { headers: { "Content-Type": "application/octet-stream" } });
    }
    const answer = what === "kernels" ? this.endpoints.kernels() : this.endpoints.projects();
    if (typeof answer === "number") return new Response("{}", { status: answer });
    return Response.json(what === "kernels" ? { kernels: answer } : answer);
  }
}
