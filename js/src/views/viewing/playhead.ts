/** One playhead for one player or for several that run together. */

import { computed, effect, signal } from "@preact/signals";
import { nextFrame } from "./frames";

interface Player {
  readonly element: HTMLMediaElement;
  /** From the record, until the element knows. */
  readonly expected: number;
}

/** So far apart are two players put together again. */
const DRIFT_S = 0.08;
export const SPEEDS = [0.25, 0.5, 1, 1.5, 2] as const;

export class Playhead {
  readonly time = signal(0);
  readonly playing = signal(false);
  readonly loop = signal(true);
  readonly speed = signal(1);
  readonly muted = signal(false);
  /** Which of several is heard. */
  readonly heard = signal<number | null>(null);
  readonly #players = signal<ReadonlyMap<number, Player>>(new Map());
  /** Grows when an element learns its length. */
  readonly #version = signal(0);
  readonly #stops: (() => void)[] = [];
  #frame = 0;
  /** Steps that were asked for, one after the other. */
  #steps: Promise<void> = Promise.resolve();

  /** Of the longest. */
  readonly duration = computed(() => {
    this.#version.value;
    return Math.max(0, ...[...this.#players.value.values()].map(lengthOf));
  });
  readonly count = computed(() => this.#players.value.size);
  readonly hasVideo = computed(() => [...this.#players.value.values()].some(({ element }) => isVideo(element)));

  constructor() {
    this.#stops.push(
      effect(() => {
        const players = this.#players.value;
        const heard = this.heard.value !== null && players.has(this.heard.value) ? this.heard.value : null;
        const [first] = players.keys();
        for (const [key, { element }] of players) {
          element.muted = this.muted.value || key !== (heard ?? first);
          element.playbackRate = this.speed.value;
          // One player alone loops without a gap; several start anew together.
          element.loop = this.loop.value && players.size === 1;
        }
      }),
    );
  }

  /** Take a player along until the returned function is called. */
  add(key: number, element: HTMLMediaElement, expected: number): () => void {
    const known = () => {
      this.#version.value += 1;
      element.playbackRate = this.speed.peek();
      this.#bring({ element, expected });
    };
    const ended = () => {
      if (this.playing.peek()) this.#tick();
    };
    element.addEventListener("loadedmetadata", known);
    element.addEventListener("ended", ended);
    this.#players.value = new Map(this.#players.peek()).set(key, { element, expected });
    if (element.readyState >= HTMLMediaElement.HAVE_METADATA) known();
    return () => {
      element.removeEventListener("loadedmetadata", known);
      element.removeEventListener("ended", ended);
      element.pause();
      const left = new Map(this.#players.peek());
      if (left.get(key)?.element === element) left.delete(key);
      this.#players.value = left;
      if (!left.size) this.pause();
    };
  }

  play(): void {
    if (this.#atEnd()) this.seek(0);
    this.playing.value = true;
    for (const player of this.#all()) this.#bring(player);
    this.#follow();
  }

  pause(): void {
    this.playing.value = false;
    cancelAnimationFrame(this.#frame);
    for (const { element } of this.#all()) element.pause();
  }

  toggle(): void {
    if (this.playing.peek()) this.pause();
    else this.play();
  }

  seek(time: number): void {
    this.time.value = Math.min(this.duration.peek(), Math.max(0, time));
    for (const player of this.#all()) this.#bring(player, true);
  }

  /** To the next frame of the first video, or back. */
  step(by: 1 | -1): Promise<void> {
    this.pause();
    this.#steps = this.#steps.then(async () => {
      const video = this.#all().find(({ element }) => isVideo(element))?.element;
      if (!(video instanceof HTMLVideoElement) || !video.readyState || this.playing.peek()) return;
      this.seek(await nextFrame(video, by));
    });
    return this.#steps;
  }

  close(): void {
    this.pause();
    for (const stop of this.#stops) stop();
  }

  #all(): Player[] {
    return [...this.#players.peek().values()];
  }

  #atEnd(): boolean {
    const duration = this.duration.peek();
    return duration > 0 && this.time.peek() >= duration - 0.02;
  }

  /** A player to the common time, and into the common motion; one that is shorter waits at its end. */
  #bring(player: Player, exactly = false): void {
    const { element } = player;
    if (element.readyState < HTMLMediaElement.HAVE_METADATA) return;
    const length = lengthOf(player);
    const time = Math.min(this.time.peek(), length);
    if (exactly || Math.abs(element.currentTime - time) > DRIFT_S) element.currentTime = time;
    const runs = this.playing.peek() && this.time.peek() < length - 0.01;
    if (!runs) element.pause();
    else if (element.paused) {
      element.play().catch((error: unknown) => {
        // A pause that came in between is no failure; a page that must not play is one.
        if (error instanceof DOMException && error.name === "NotAllowedError") this.pause();
      });
    }
  }

  #follow(): void {
    cancelAnimationFrame(this.#frame);
    if (!this.playing.peek()) return;
    this.#frame = requestAnimationFrame(() => {
      this.#tick();
      this.#follow();
    });
  }

  /** The longest one has the time; the others follow it. */
  #tick(): void {
    const players = this.#all();
    const longest = players.reduce<Player | null>(
      (best, player) => (!best || lengthOf(player) > lengthOf(best) ? player : best),
      null,
    );
    if (!longest || longest.element.readyState < HTMLMediaElement.HAVE_METADATA) return;
    this.time.value = Math.min(longest.element.currentTime, this.duration.peek());
    if (longest.element.ended || this.#atEnd()) {
      if (longest.element.loop) return;
      if (!this.loop.peek()) {
        this.time.value = this.duration.peek();
        this.pause();
        return;
      }
      this.seek(0);
    }
    for (const player of players) if (player !== longest) this.#bring(player);
    if (longest.element.paused) this.#bring(longest);
  }
}

function isVideo(element: HTMLMediaElement): boolean {
  return element instanceof HTMLVideoElement;
}

function lengthOf({ element, expected }: Player): number {
  return Number.isFinite(element.duration) && element.duration > 0 ? element.duration : expected;
}

/** The keys that all views with players share; true where the key was one of them. */
export function playByKey(playhead: Playhead, key: string): boolean {
  if (!playhead.count.peek()) return false;
  if (key === " ") playhead.toggle();
  else if (key === "l") playhead.loop.value = !playhead.loop.peek();
  else if (key === "m") playhead.muted.value = !playhead.muted.peek();
  else if (key === "," && playhead.hasVideo.peek()) void playhead.step(-1);
  else if (key === "." && playhead.hasVideo.peek()) void playhead.step(1);
  else return false;
  return true;
}
