/** The exported page: what it reads of itself, what it answers as a kernel would, and what becomes of a review. */

import { afterEach, beforeEach, describe, expect, inject, test, vi } from "vitest";
import { type About, PageData } from "../src/page/data";
import { PageLink } from "../src/page/link";
import { ReviewBar } from "../src/page/ReviewBar";
import { Review } from "../src/page/review";
import { fileName, readFile } from "../src/page/reviewFile";
import { describeContents } from "../src/page/words";
import { GalleryModel } from "../src/state/gallery";
import { mediaOf } from "../src/state/media";
import type { AssetRecord, Column } from "../src/state/wire.gen";
import { find, frames, recordOf, show } from "./mountBatch";

const base64 = (bytes: readonly number[]) => btoa(String.fromCharCode(...bytes));

const NAMES = ["a0", "a1", "a2", "a3"];
const ABOUT: About = {
  page: "page-1",
  title: "Round two",
  made_at: 1000,
  max_bytes: 50_000_000,
  shows_marks: true,
  total: 4,
  ids: NAMES,
  kinds: base64([0, 0, 1, 2]),
  marks: base64([1, 0, 2, 0]),
  batch: "b1",
  generator: "poster",
  created_at: 900,
  counts: { completed: 4 },
  base: {},
  varied: [],
  version: "0.1.0",
  code: null,
};

function node(name: string, text: string, type = ""): string {
  return `<script type="text/plain" id="bgw-${name}" data-type="${type}">${text}</script>\n`;
}

const numbers = (values: readonly number[]) => base64([...new Uint8Array(Float64Array.from(values).buffer)]);
const COLUMN: Column = { name: "seed", group: "parameter", type: "number", values: null };

function record(position: number): AssetRecord {
  const made = recordOf(position);
  const params = { ...made.params, sampler: position < 3 ? "euler" : "ddim" };
  return { ...made, params, id: NAMES[position] ?? "", file_size: 3 };
}

const NODES = [
  node("about", JSON.stringify(ABOUT)),
  node("records-0", JSON.stringify(NAMES.map((_, position) => record(position)))),
  node(
    "columns-0",
    JSON.stringify({
      reply: { columns: [COLUMN], start: 0, stop: 4, total: 4 },
      buffers: [numbers([5, 6, 7, 8])],
    }),
  ),
  ...NAMES.map((_, position) => node(`thumbnail-${position}`, base64([position]), "image/webp")),
  node("medium-0", base64([1, 2, 3]), "image/png"),
  node("medium-1", base64([1, 2]), "image/webp"),
].join("");

function whole(nodes = NODES): PageData {
  return new PageData(new DOMParser().parseFromString(`<body>${nodes}</body>`, "text/html"));
}

function linked(about = ABOUT): { link: PageLink; review: Review } {
  const review = new Review(about);
  return { link: new PageLink(whole(), review), review };
}

beforeEach(() => localStorage.clear());
afterEach(() => vi.restoreAllMocks());

describe("the file", () => {
  test("is read as it comes, and no node before it is whole", async () => {
    const frame = document.createElement("iframe");
    document.body.append(frame);
    const page = frame.contentDocument as Document;
    page.open();
    page.write(`<body>${node("about", JSON.stringify(ABOUT))}`);
    const data = new PageData(page);
    expect(data.about.title).toBe("Round two");
    const late = vi.fn();
    const coming = data.bytes("medium-0").then((found) => {
      late();
      return found;
    });
    page.write('<script type="text/plain" id="bgw-medium-0" data-type="image/png">AQ');
    await frames();
    expect(page.getElementById("bgw-medium-0")?.textContent).toBe("AQ");
    expect(late).not.toHaveBeenCalled();
    page.write("ID</script>\n");
    const found = await coming;
    expect([found?.type, found?.bytes.byteLength]).toEqual(["image/png", 3]);
    const none = data.value("contents");
    page.write("</body>");
    page.close();
    expect(await none).toBeNull();
    frame.remove();
  });

  test("that ends too early says so", () => {
    expect(() => whole("")).toThrow("not whole");
  });
});

describe("the link", () => {
  test("shows the owner's marks with the reviewer's on top", () => {
    const { link, review } = linked();
    const marks = () => [...new Uint8Array(link.trait("asset_marks").value.buffer)];
    expect(marks()).toEqual([1, 0, 2, 0]);
    review.mark([1, 2], 1);
    expect(marks()).toEqual([1, 1, 1, 0]);
    expect(link.trait("gallery").value).toMatchObject({ total: 4, undoable: true, offers: [] });
    expect(link.trait("generator").value).toBeNull();
  });

  test("answers for a gallery: records, columns, marks, selection and query", async () => {
    const { link } = linked();
    const model = new GalleryModel(link, "list");
    model.records.want([2]);
    await expect.poll(() => model.records.get(2)?.id).toBe("a2");
    // Captions know at once what differs.
    expect(model.varies).toBe(true);
    model.thumbnails.want([3]);
    await expect.poll(() => model.thumbnails.get(3)).toBe(`data:image/webp;base64,${base64([3])}`);
    model.query.change({ sort: "seed", descending: true });
    await expect.poll(() => model.shown.value).toEqual([3, 2, 1, 0]);
    await model.marks.toggle(3, "favorite");
    await model.marks.undo();
    expect(model.marks.of(3)).toBe("none");
    await model.marks.clear();
    expect(model.marks.counts.value[0]).toBe(4);
    await model.marks.undo();
    expect(model.marks.of(0)).toBe("favorite");
    model.selection.set([1, 2]);
    model.selection.toggle(1);
    await expect.poll(() => new Uint8Array(link.trait("asset_selected").value.buffer)[2]).toBe(1);
    expect(link.trait("asset_selected").value.getUint8(1)).toBe(0);
    model.close();
  });

  test("gives files, copies of files, or a calm word", async () => {
    const { link } = linked();
    const model = new GalleryModel(link, "list");
    const files = mediaOf(model);
    const leave = [0, 1, 2].map((position) => files.hold(position));
    await expect.poll(() => files.state(0).value).toMatchObject({ phase: "ready", size: 3, type: "image/png" });
    await expect.poll(() => files.state(1).value).toMatchObject({ phase: "ready", size: 2 });
    await expect.poll(() => files.state(2).value).toEqual({ phase: "absent", message: "Full size not in this page" });
    // The file itself is here; of the other only a copy, which is what a download gives.
    leave.push(files.hold(0, true), files.hold(1, true));
    await expect.poll(() => files.state(0, true).value.phase).toBe("ready");
    await expect.poll(() => files.state(1, true).value.phase).toBe("absent");
    expect((await files.original(1)).type).toBe("image/webp");
    await expect(files.original(2)).rejects.toThrow("not in this page");
    for (const done of leave) done();
    model.close();
  });

  test("says no to what needs a notebook", async () => {
    const { link } = linked();
    await expect(link.request("batch.start", {})).rejects.toThrow("notebook");
  });
});

describe("a review", () => {
  test("holds what was touched, in a file", () => {
    const review = new Review(ABOUT);
    review.rename("  Ada ");
    review.mark([3], 1);
    review.mark([0, 1], 0);
    review.undo();
    review.note("a2", "too dark");
    const { name, text } = review.save();
    expect(name).toBe("review-ada-b1.json");
    expect(JSON.parse(text)).toMatchObject({
      format: "batchgen-review",
      version: 1,
      reviewer: "Ada",
      batch: "b1",
      title: "Round two",
      marks: [
        { asset: "a2", mark: null, note: "too dark" },
        { asset: "a3", mark: "favorite", note: "" },
      ],
    });
    expect(review.unsaved.value).toBe(false);
    review.close();
  });

  test("takes back in the next file what the last one said", () => {
    const review = new Review(ABOUT);
    review.mark([3], 1);
    review.save();
    review.undo();
    expect(review.unsaved.value).toBe(true);
    expect(JSON.parse(review.save().text).marks).toEqual([{ asset: "a3", mark: null, note: "" }]);
    review.close();
  });

  test("is kept by the browser, saved or not", () => {
    const first = new Review(ABOUT);
    first.rename("Ada");
    first.mark([3], 2);
    first.note("a1", "soft");
    first.close();
    const second = new Review(ABOUT);
    expect([...second.codes.value]).toEqual([1, 0, 2, 2]);
    expect([second.name.value, second.noteOn("a1"), second.unsaved.value]).toEqual(["Ada", "soft", true]);
    second.save();
    second.close();
    const third = new Review(ABOUT);
    expect([third.count.value, third.unsaved.value]).toEqual([2, false]);
    third.close();
    // Another page, and whatever else may stand there.
    const other = new Review({ ...ABOUT, page: "page-2" });
    expect([other.count.value, other.name.value]).toEqual([0, "Ada"]);
    other.close();
    localStorage.setItem("batchgen review page-1", '{"rows":[[9,1,""],["x"],[0,77,""],null,[1,2,"ok"]]}');
    const wild = new Review(ABOUT);
    expect([...wild.codes.value]).toEqual([1, 2, 2, 0]);
    wild.close();
  });

  test("works where the browser keeps nothing, and says so", () => {
    vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
      throw new DOMException("denied");
    });
    vi.spyOn(Storage.prototype, "getItem").mockImplementation(() => {
      throw new DOMException("denied");
    });
    const { link, review } = linked();
    review.mark([3], 1);
    const root = show(() => <ReviewBar review={review} />, link);
    expect(root.textContent).toContain("This browser keeps nothing between visits");
    expect(find(root, "input").matches(":focus")).toBe(false);
  });

  test("goes on from a file, as one step", () => {
    const one = new Review(ABOUT);
    one.rename("Ada");
    one.mark([3], 1);
    one.mark([0], 0);
    one.note("a1", "soft");
    const { text } = one.save();
    one.close();
    localStorage.clear();
    const other = new Review({ ...ABOUT, page: "page-2", ids: [...NAMES.slice(0, 3), "new"] });
    expect(other.open(text)).toBe("Opened a review of 2 results. 1 more is not on this page.");
    expect([...other.codes.value]).toEqual([0, 0, 2, 0]);
    expect([other.name.value, other.noteOn("a1")]).toEqual(["Ada", "soft"]);
    other.undo();
    expect([...other.codes.value]).toEqual([1, 0, 2, 0]);
    other.close();
  });

  test.each([
    ["{", "no saved review"],
    ["[1]", "no saved review"],
    ['{"format":"batchgen-review","version":9}', "newer page"],
    ['{"format":"batchgen-review","version":1,"batch":"<img>"}', "another batch, <img>"],
    ['{"format":"batchgen-review","version":1,"batch":"b1","reviewer":"A","marks":{}}', "damaged"],
    ['{"format":"batchgen-review","version":1,"batch":"b1","reviewer":1,"marks":[]}', "damaged"],
    [
      '{"format":"batchgen-review","version":1,"batch":"b1","reviewer":"A","marks":[{"asset":"a","mark":"best"}]}',
      "damaged",
    ],
  ])("refuses %s", (text, words) => {
    expect(() => readFile(text, "b1")).toThrow(words);
  });

  test("has a file name that any system takes", () => {
    expect(fileName("José Ñandú", "20261123-1")).toBe("review-jose-nandu-20261123-1.json");
    expect(fileName("../..\\:*?\u202e", "b/1")).toBe("review-reviewer-b-1.json");
    expect(fileName("李", "b1")).toBe("review-李-b1.json");
  });
});

test("the bundles can stand in an HTML file, and need no more than its policy allows", () => {
  const { "page.js": script = "", "page.css": style = "" } = inject("bundles");
  expect(script.length).toBeGreaterThan(50_000);
  expect(script.match(/<\/script|<!--|\beval\(|new Function|insertAdjacentHTML|createElement\("style"/gi)).toBeNull();
  // One sheet has the rules of all parts that the page has.
  for (const rule of [".bgw-filters", ".bgw-sweep", ".bgw-review", ".bgw-page"]) expect(style).toContain(rule);
  expect(style.match(/<\/style|@import|url\((?!data:)/gi)).toBeNull();
});

test("the footer says what is in the page", () => {
  const all = { image: 2, video: 1, audio: 1, unread: 0, thumbnail_size: 256, image_size: 1024 };
  expect(describeContents(ABOUT, all)).toBe("All results are in this page, images at up to 1,024 pixels.");
  expect(describeContents(ABOUT, { ...all, video: 0 })).toBe(
    "3 of 4 results at full size, images at up to 1,024 pixels. 1 did not fit into 50 MB and shows as a small picture.",
  );
  expect(describeContents(ABOUT, { ...all, image: 1, unread: 1 })).toBe(
    "3 of 4 results at full size, images at up to 1,024 pixels. 1 file could not be read.",
  );
});
