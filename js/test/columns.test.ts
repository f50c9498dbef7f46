import { signal } from "@preact/signals";
import { describe, expect, it, vi } from "vitest";
import { type Row, writeColumns } from "../dev/columns";
import { ColumnStore, cellOf } from "../src/state/columns";
import { OwnWord } from "../src/state/ownWord";

const row = (params: Row["params"]): Row => ({ params, metrics: {}, facts: {} });

describe("columns", () => {
  it("asks for nothing until it is needed, then for each row once", async () => {
    const rows = Array.from({ length: 4500 }, (_, i) => row({ seed: i }));
    const asked: [number, number][] = [];
    let total = 4500;
    const store = new ColumnStore({
      fetch: async (start, stop) => {
        asked.push([start, stop]);
        return writeColumns(rows, start, stop);
      },
      total: () => total,
    });
    await new Promise((resolve) => setTimeout(resolve));
    expect(asked).toEqual([]);
    store.need();
    await expect.poll(() => store.complete.value).toBe(true);
    rows.push(row({ seed: 7, extra: "new" }));
    total += 1;
    store.need();
    await expect.poll(() => store.loaded.value).toBe(4501);
    expect(asked).toEqual([
      [0, 2000],
      [2000, 4000],
      [4000, 4500],
      [4500, 4501],
    ]);
    const extra = store.column("extra");
    expect(extra && [0, 4499, 4500].map((at) => cellOf(extra, at))).toEqual([null, null, "new"]);
    store.close();
  });

  it("says why rows could not be had, and asks again when told to", async () => {
    const fetch = vi.fn(async () => writeColumns([row({ seed: 1 })], 0, 1));
    fetch.mockRejectedValueOnce(new Error("The kernel does not answer."));
    const store = new ColumnStore({ fetch, total: () => 1 });
    store.need();
    await expect.poll(() => store.problem.value).toBe("The kernel does not answer.");
    await expect
      .poll(() => {
        store.retry();
        return store.loaded.value;
      })
      .toBe(1);
    expect(store.problem.value).toBeNull();
    store.close();
  });
});

describe("one's own word", () => {
  const make = () => {
    const said = signal(0);
    return { said, word: new OwnWord(said, (a, b) => a === b) };
  };

  it("shows at once, and yields to the kernel's when that comes after its answer", async () => {
    const { said, word } = make();
    word.show(1);
    let answer = () => {};
    const told = word.tell(() => new Promise<void>((resolve) => (answer = resolve)));
    said.value = 5;
    expect(word.value.value).toBe(1);
    answer();
    await told;
    expect(word.value.value).toBe(1);
    said.value = 6;
    expect(word.value.value).toBe(6);
    word.close();
  });

  it("goes back to the kernel's word when that says no", async () => {
    const { said, word } = make();
    word.show(1);
    await expect(word.tell(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(word.value.value).toBe(0);
    said.value = 2;
    expect(word.value.value).toBe(2);
    word.close();
  });

  it("does not wait for ever for a kernel that says something else", async () => {
    vi.useFakeTimers();
    const { word } = make();
    word.show(1);
    await word.tell(async () => {});
    expect(word.value.value).toBe(1);
    await vi.advanceTimersByTimeAsync(2001);
    expect(word.value.value).toBe(0);
    word.close();
    vi.useRealTimers();
  });
});
