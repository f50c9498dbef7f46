/**
 * A bounded cache of what a window over a long list shows.
 *
 * The view says what it wants, most urgent first; each call replaces the last, so that a fast scroll asks for where it stops and not for
 * all it passed. What is missing is fetched in at most one request per frame.
 */

import { type ReadonlySignal, signal } from "@preact/signals";
import { perFrame } from "./perFrame";

interface WindowCacheOptions<T> {
  /** Values by key, or how to make one when it is first looked at; a key that is left out has none. */
  fetch: (keys: number[]) => Promise<Map<number, T | (() => T)>>;
  capacity: number;
  /** The most keys in one request. */
  chunk: number;
  /** Frees what a value holds. */
  drop?: (value: T) => void;
}

const REQUESTS_AT_ONCE = 2;

function isMaker<T>(held: T | (() => T) | null | undefined): held is () => T {
  return typeof held === "function";
}

/** Values are no functions. */
export class WindowCache<T> {
  readonly #options: WindowCacheOptions<T>;
  readonly #version = signal(0);
  readonly #problem = signal<string | null>(null);
  /** Least recently wanted first; null where the kernel has none. */
  readonly #held = new Map<number, T | (() => T) | null>();
  readonly #asked = new Set<number>();
  readonly #failed = new Set<number>();
  readonly #stale = new Set<number>();
  readonly #frame = perFrame(() => this.#fetch());
  #wanted: readonly number[] = [];
  #open = 0;
  #closed = false;

  constructor(options: WindowCacheOptions<T>) {
    this.#options = options;
  }

  /** Why the last request failed, in words; null when it did not. */
  get problem(): ReadonlySignal<string | null> {
    return this.#problem;
  }

  /** The value of a key: null when there is none, undefined when it is not known yet. Reading it subscribes to arrivals. */
  get(key: number): T | null | undefined {
    this.#version.value;
    const held = this.#held.get(key);
    if (!isMaker(held)) return held;
    const made = held();
    this.#held.set(key, made);
    return made;
  }

  /** Grows with each arrival. */
  get version(): ReadonlySignal<number> {
    return this.#version;
  }

  /** How many values are held. */
  get size(): number {
    return this.#held.size;
  }

  want(keys: readonly number[]): void {
    this.#wanted = keys;
    // From the least to the most urgent, so that the most urgent is forgotten last.
    for (let i = keys.length - 1; i >= 0; i -= 1) {
      const key = keys[i] as number;
      const value = this.#held.get(key);
      if (value !== undefined) {
        this.#held.delete(key);
        this.#held.set(key, value);
      }
    }
    // The first sight does not wait for a frame.
    if (this.#held.size || this.#asked.size) this.#frame.ask();
    else this.#fetch();
  }

  /** Ask again for what may have changed, as long as it is wanted; what is held stays until then. */
  renew(keys: readonly number[]): void {
    for (const key of keys) if (this.#held.has(key)) this.#stale.add(key);
    this.#frame.ask();
  }

  /** Ask again for what could not be had. */
  retry(): void {
    this.#failed.clear();
    this.#problem.value = null;
    this.#frame.ask();
  }

  close(): void {
    this.#closed = true;
    this.#frame.cancel();
    for (const value of this.#held.values()) this.#drop(value);
    this.#held.clear();
  }

  #fetch(): void {
    if (this.#closed || this.#open >= REQUESTS_AT_ONCE) return;
    const missing = this.#wanted.filter(
      (key) => (this.#stale.has(key) || !this.#held.has(key)) && !this.#asked.has(key) && !this.#failed.has(key),
    );
    const keys = missing.slice(0, this.#options.chunk);
    if (!keys.length) return;
    for (const key of keys) {
      this.#asked.add(key);
      this.#stale.delete(key);
    }
    this.#open += 1;
    this.#options
      .fetch(keys)
      .then(
        (found) => this.#arrive(keys, found),
        (error: unknown) => {
          for (const key of keys) this.#failed.add(key);
          if (!this.#closed) this.#problem.value = error instanceof Error ? error.message : String(error);
        },
      )
      .finally(() => {
        for (const key of keys) this.#asked.delete(key);
        this.#open -= 1;
        if (!this.#closed) this.#frame.ask();
      });
  }

  #arrive(keys: number[], found: Map<number, T | (() => T)>): void {
    if (this.#closed) {
      for (const value of found.values()) this.#drop(value);
      return;
    }
    for (const key of keys) {
      this.#drop(this.#held.get(key) ?? null);
      this.#held.set(key, found.get(key) ?? null);
    }
    const keep = Math.max(this.#options.capacity, this.#wanted.length);
    const wanted = new Set(this.#wanted);
    for (const [key, value] of this.#held) {
      if (this.#held.size <= keep) break;
      if (wanted.has(key)) continue;
      this.#held.delete(key);
      this.#drop(value);
    }
    this.#problem.value = null;
    this.#version.value += 1;
  }

  #drop(value: T | (() => T) | null): void {
    if (value !== null && !isMaker(value)) this.#options.drop?.(value);
  }
}
