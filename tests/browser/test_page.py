"""The exported page, opened from disk as a reviewer gets it: no server, no kernel, no network."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Locator, Page, expect

import batchgen_widgets as bg
from tests.browser.gallery import Gallery
from tests.browser.hosts import AXE

HOSTILE = "</script><!--<script>alert(1)</script> <img src=x onerror=alert(1)> \u202egnp.exe\u2028 \ud800 &amp;"

pytestmark = pytest.mark.timeout(180)

WATCH = """
window.violations = [];
addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
  window.violations.push(`${violatedDirective} ${blockedURI}`));
"""


@bg.generator
def mixed(prompt: str = "a lake", seed: int = 0, kind: Literal["image", "clip", "sound"] = "image") -> Any:
    """Make an image, a clip or a sound."""
    import numpy as np
    from PIL import Image, ImageDraw

    if "storm" in prompt and kind == "sound":
        raise ValueError("the wind is too strong")
    if kind == "sound":
        wave = np.sin(np.arange(8000) / 8000 * 2 * np.pi * (200 + seed % 300)) * np.linspace(1, 0, 8000)
        return bg.Audio(wave.astype(np.float32), 8000)
    picture = Image.new("RGB", (320, 200), (seed % 256, 90, 140))
    ImageDraw.Draw(picture).ellipse((100, 40, 220, 160), fill=(230, 200, seed % 256))
    if kind == "clip":
        return bg.Video([np.roll(np.asarray(picture), 20 * step, axis=1) for step in range(8)], fps=8)
    return {"image": picture, "score": round(seed / 100, 2)}


@bg.generator
def dots(prompt: str = "dots", seed: int = 0) -> Any:
    """Make a small picture of one colour."""
    from PIL import Image

    return Image.new("RGB", (96, 96), (seed % 256, seed // 256 % 256, 120))


def run_batch(
    project: Path, generator: bg.Generator, base: dict[str, Any] | None = None, **variations: Any
) -> bg.Batch:
    with bg.BatchSession(generator, project=project, workers=2) as session:
        size = variations.pop("batch_size", 2)
        session.set_batch_config(
            {"batch_size": size, "variation_params": {"seed": 3, "vary_seeds": True, **variations}}
        )
        batch = session.start_batch(base or {})
        assert batch.wait(60)
        return batch


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("owner") / "project"


@pytest.fixture(scope="module")
def batch(project: Path) -> bg.Batch:
    """Prompts x kinds x seeds: 10 results of 12 tasks; two are starred, one is put aside."""
    made = run_batch(
        project,
        mixed,
        strategy="grid",
        seed_range=[0, 99],
        vary_prompts=True,
        prompt_variations=["A lake at dawn", "A storm at sea"],
        vary_parameters=True,
        parameter_ranges={"kind": ["image", "clip", "sound"]},
    )
    first, second, third, *_ = made.results
    made.keeper.set_marks([(first, "favorite"), (second, "favorite"), (third, "discarded")])
    return made


@pytest.fixture(scope="module")
def page_file(batch: bg.Batch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return batch.to_html(tmp_path_factory.mktemp("page") / "review.html", title="Second round")


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Opens pages, and fails the test when one asks for anything, breaks its policy or throws."""
    visits: list[Visit] = []

    def open_page(file: Path, **options: Any) -> Visit:
        made = Visit(browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options}), file)
        visits.append(made)
        return made

    yield open_page
    for made in visits:
        made.leave()


class Visit:
    """One reviewer's browser with a page in it."""

    def __init__(self, context: BrowserContext, file: Path) -> None:
        self.context = context
        self.requests: list[str] = []
        self.complaints: list[str] = []
        context.add_init_script(WATCH)
        context.on("request", lambda request: self.requests.append(request.url))
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        self.page: Page = context.new_page()
        self.file = file
        self.page.goto(file.as_uri())
        self.gallery = Gallery(self.page.locator(".bgw-root"))
        self.bar = self.page.get_by_role("region", name="Your review")
        expect(self.gallery.tiles.first.locator("img")).to_have_js_property("complete", True)

    def leave(self) -> None:
        violations = self.page.evaluate("window.violations")
        outside = [url for url in self.requests if not url.startswith(("data:", "blob:", self.file.as_uri()))]
        self.context.close()
        assert not outside, f"the page asked for {outside[:3]}"
        assert not violations, violations
        assert not self.complaints, self.complaints

    def button(self, name: str) -> Locator:
        return self.bar.get_by_role("button", name=name)

    def save(self, name: str | None = None) -> tuple[str, dict[str, Any]]:
        """Press Save review, give the name where it is asked for, and read the file that comes down."""
        with self.page.expect_download() as coming:
            self.button("Save review").click()
            if name:
                field = self.bar.get_by_label("Your name")
                expect(field).to_be_focused()
                field.fill(name)
                field.press("Enter")
        saved = coming.value
        return saved.suggested_filename, json.loads(Path(saved.path()).read_text("utf-8"))

    def open_review(self, review: Any) -> None:
        """Choose a saved review."""
        with self.page.expect_file_chooser() as coming:
            self.button("Open a review…").click()
        text = review if isinstance(review, str) else json.dumps(review)
        coming.value.set_files({"name": "review.json", "mimeType": "application/json", "buffer": text.encode()})

    def violations(self) -> list[str]:
        """What axe-core finds against WCAG 2.2 A and AA."""
        self.page.evaluate(AXE.read_text("utf-8"))
        rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
        found = self.page.evaluate("tags => axe.run({runOnly: {type: 'tag', values: tags}})", rules)
        return [
            f"{violation['id']}: {node['html'][:160]} {node['failureSummary']}"
            for violation in found["violations"]
            for node in violation["nodes"]
        ]


OpenPage = Callable[..., Visit]


def test_a_reviewer_stars_discards_and_sends_a_file_back(
    visit: OpenPage, page_file: Path, batch: bg.Batch, project: Path, tmp_path: Path
) -> None:
    there = visit(page_file)
    page, gallery = there.page, there.gallery
    expect(page).to_have_title("Second round")
    expect(page.get_by_role("heading", name="Second round", level=1)).to_be_visible()
    gallery.expect_marks(All=10, Favorites=2, Discarded=1, Unselected=7)
    expect(there.button("Save review")).to_be_disabled()

    # By keys, by buttons, and back.
    gallery.focus(3)
    gallery.press("f", "ArrowRight", "x", "ArrowRight", "f", "u")
    gallery.expect_marks(Favorites=3, Discarded=2, Unselected=5)
    gallery.tile(0).hover()
    gallery.tile(0).get_by_role("button", name="Favorite").click()
    gallery.expect_marks(Favorites=2, Unselected=6)
    expect(there.bar).to_contain_text("3 results reviewed, not saved yet")

    # One after the other.
    gallery.focus(6)
    gallery.press("r")
    expect(gallery.dialog.get_by_role("heading", name="Review")).to_be_visible()
    gallery.press("f", "x", "u", "f", "Escape")
    expect(gallery.dialog).to_be_hidden()
    gallery.expect_marks(Favorites=4, Discarded=2, Unselected=4)

    # A note, of which the keys of the dialog know nothing.
    gallery.tile(9).click()
    note = gallery.dialog.get_by_label("Your note")
    note.fill("fix ")
    note.press_sequentially("ux")
    gallery.press("Escape")
    expect(gallery.dialog).to_be_hidden()
    gallery.expect_marks(Favorites=4, Discarded=2, Unselected=4)

    name, review = there.save("Ada Łovelace")
    assert name == f"review-ada-łovelace-{batch.id}.json"
    ids = [asset.id for asset in batch.results]
    assert review.pop("made_at").endswith("Z")
    assert review == {
        "format": "batchgen-review",
        "version": 1,
        "reviewer": "Ada Łovelace",
        "batch": batch.id,
        "title": "Second round",
        # Only what was touched; the star of number 1 and the discarding of number 2 are the owner's.
        "marks": [
            {"asset": ids[0], "mark": None, "note": ""},
            {"asset": ids[3], "mark": "favorite", "note": ""},
            {"asset": ids[4], "mark": "discarded", "note": ""},
            {"asset": ids[6], "mark": "favorite", "note": ""},
            {"asset": ids[7], "mark": "favorite", "note": ""},
            {"asset": ids[9], "mark": None, "note": "fix ux"},
        ],
    }
    expect(there.bar).to_contain_text("Reviewing as Ada Łovelace")
    expect(there.bar).to_contain_text("6 results reviewed, saved")
    file = tmp_path / name
    file.write_text(json.dumps({**review, "made_at": "2026-11-23T15:00:00Z"}), "utf-8")
    bg.Project(project).import_review(file)
    given = bg.Project(project).reviews(batch).of(ids[4])["Ada Łovelace"]
    assert given.mark == "discarded"


def test_marks_survive_a_reload_and_leaving_warns(visit: OpenPage, page_file: Path) -> None:
    there = visit(page_file)
    page, gallery = there.page, there.gallery
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", answer)
    gallery.focus(5)
    gallery.press("f")
    gallery.expect_marks(Favorites=3)
    expect(there.bar).to_contain_text("1 result reviewed, not saved yet")
    page.reload()
    gallery.expect_marks(Favorites=3, Discarded=1)
    assert asked == ["beforeunload"]
    expect(there.bar).to_contain_text("1 result reviewed, not saved yet")
    there.save("Ada")
    page.reload()
    expect(there.bar).to_contain_text("Reviewing as Ada")
    expect(there.bar).to_contain_text("1 result reviewed, saved")
    assert asked == ["beforeunload"]


def test_going_on_in_another_browser(visit: OpenPage, page_file: Path) -> None:
    one = visit(page_file)
    one.gallery.focus(5)
    one.gallery.press("f", "ArrowRight", "x")
    _, review = one.save("Ada")
    other = visit(page_file)
    other.gallery.expect_marks(Favorites=2)
    other.open_review(review)
    other.gallery.expect_marks(Favorites=3, Discarded=2)
    expect(other.bar).to_contain_text("Reviewing as Ada")
    other.gallery.focus(0)
    other.gallery.press("u")
    other.gallery.expect_marks(Favorites=2, Discarded=1)

    for wrong, words in (
        ("no json", "This is no saved review"),
        ({**review, "batch": "another"}, "This review is of another batch, another."),
        ({**review, "marks": [{"asset": 1}]}, "This review is damaged"),
        ({**review, "version": 2}, "saved by a newer page"),
    ):
        other.open_review(wrong)
        expect(other.bar.get_by_role("alert")).to_contain_text(words)
    other.gallery.expect_marks(Favorites=2, Discarded=1)


def test_a_blind_page_shows_nobodys_marks(visit: OpenPage, batch: bg.Batch, tmp_path: Path) -> None:
    there = visit(batch.to_html(tmp_path / "blind.html", marks=False))
    there.gallery.expect_marks(All=10, Favorites=0, Discarded=0)
    there.gallery.focus(1)
    there.gallery.press("f")
    there.gallery.expect_marks(Favorites=1)


def test_finding_and_sorting(visit: OpenPage, page_file: Path) -> None:
    there = visit(page_file)
    gallery = there.gallery
    gallery.region.get_by_role("radio", name=re.compile("^Favorites")).click()
    gallery.expect_order(0, 1)
    expect(gallery.tiles).to_have_count(2)
    gallery.region.get_by_role("radio", name=re.compile("^All")).click()
    gallery.search.fill("storm")
    expect(gallery.tiles).to_have_count(4)
    gallery.search.fill("")
    gallery.button("Filters").click()
    filters = gallery.region.get_by_role("region", name="Filters")
    filters.get_by_role("checkbox", name=re.compile("^clip ")).check()
    expect(gallery.tiles).to_have_count(4)
    gallery.region.get_by_role("button", name=re.compile("clip")).first.click()
    expect(gallery.tiles).to_have_count(10)
    gallery.region.get_by_label("Sort by").select_option("score")
    first = gallery.tiles.first.get_attribute("class") or ""
    assert "bgw-is-image" in first


def test_media_open_and_play(visit: OpenPage, page_file: Path, batch: bg.Batch) -> None:
    there = visit(page_file)
    page, gallery = there.page, there.gallery
    at = {asset.kind: position for position, asset in enumerate(batch.results)}

    gallery.tile(at["image"]).click()
    expect(gallery.dialog.locator("img.bgw-stage-image")).to_have_js_property("naturalWidth", 320)
    expect(gallery.dialog.get_by_text("Parameters")).to_be_visible()
    with page.expect_download() as coming:
        gallery.dialog.get_by_role("button", name="Download").click()
    assert coming.value.suggested_filename.endswith((".webp", ".png"))
    gallery.press("Escape")

    for kind, tag in (("video", "video"), ("audio", "audio")):
        gallery.tile(at[kind]).click()
        player = gallery.dialog.locator(tag)
        gallery.dialog.get_by_role("button", name="Play").click()
        page.wait_for_function("player => player.currentTime > 0.1", arg=player.element_handle())
        gallery.press("Escape")
        expect(gallery.dialog).to_be_hidden()


def test_sweep_and_compare(visit: OpenPage, page_file: Path) -> None:
    there = visit(page_file)
    gallery = there.gallery
    gallery.show_sweep()
    failed = gallery.region.get_by_role("gridcell", name=re.compile("failed: ValueError: the wind is too strong"))
    expect(failed.first).to_be_attached()
    gallery.region.get_by_role("radio", name="Grid").click()
    gallery.select(0, 1)
    gallery.press("c")
    expect(gallery.dialog.get_by_role("heading", name="Compare 2")).to_be_visible()
    expect(gallery.dialog.locator("img.bgw-stage-image")).to_have_count(2)
    gallery.press("d")
    expect(gallery.dialog.get_by_role("status")).to_contain_text(re.compile(r"pixels|identical", re.IGNORECASE))
    gallery.press("Escape")


def test_what_is_not_in_the_page_says_so(visit: OpenPage, project: Path, tmp_path: Path) -> None:
    batch = run_batch(project, mixed, {"kind": "clip"}, batch_size=2)
    with batch.results[1].path.open("ab") as file:
        file.write(bytes(1_000_000))
    there = visit(batch.to_html(tmp_path / "small.html", max_bytes=1_000_000))
    gallery = there.gallery
    expect(there.page.get_by_role("contentinfo")).to_contain_text(
        "1 did not fit into 1.0 MB and shows as a small picture."
    )
    gallery.tile(1).click()
    expect(gallery.dialog.get_by_text("Full size not in this page")).to_be_visible()
    expect(gallery.dialog.get_by_role("button", name="Play")).to_have_count(0)
    expect(gallery.dialog.get_by_role("alert")).to_have_count(0)
    gallery.press("ArrowLeft")
    expect(gallery.dialog.get_by_role("button", name="Play")).to_be_visible()
    gallery.press("Escape")
    expect(gallery.tile(0)).to_be_focused()
    gallery.press("r")
    expect(gallery.dialog).to_be_visible()
    gallery.press("s")
    expect(gallery.dialog.get_by_text("Full size not in this page")).to_be_visible()


def test_the_policy_stops_whatever_would_call_out(browser: Browser, page_file: Path) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script(WATCH)
    sent: list[str] = []
    context.on("requestfinished", lambda request: sent.append(request.url))
    page.goto(page_file.as_uri())
    expect(page.get_by_role("grid")).to_be_visible()
    page.evaluate(
        """async () => {
            const away = "http://127.0.0.1:9/";
            const tries = [
                () => fetch(away),
                () => navigator.sendBeacon(away, "x"),
                () => new WebSocket("ws://127.0.0.1:9/"),
                () => { new Image().src = away; },
                () => { document.body.append(Object.assign(document.createElement("iframe"), { src: away })); },
                () => { const link = document.createElement("link");
                        document.head.append(Object.assign(link, { rel: "stylesheet", href: away })); },
                () => { document.body.style.background = `url(${away})`; },
                () => { document.body.insertAdjacentHTML("beforeend", "<img src=x onerror=alert(1)>"); },
                () => { document.body.append(Object.assign(document.createElement("style"), { textContent: "p{}" })); },
                () => { const form = Object.assign(document.createElement("form"), { action: away });
                        document.body.append(form); form.submit(); },
                () => import("data:text/javascript,window.ran=1"),
            ];
            for (const one of tries) try { await one(); } catch {}
        }"""
    )
    page.wait_for_function("() => new Set(window.violations.map(one => one.split(' ')[0])).size >= 7")
    found = {one.split(" ")[0] for one in page.evaluate("window.violations")}
    assert {"connect-src", "img-src", "frame-src", "style-src-elem", "form-action", "script-src-elem"} <= found
    assert "require-trusted-types-for" in found
    assert page.evaluate("window.ran") is None
    assert not [url for url in sent if url.startswith("http")]
    context.close()


def test_hostile_texts_are_texts(visit: OpenPage, project: Path, tmp_path: Path) -> None:
    batch = run_batch(project, mixed, {"prompt": HOSTILE + "x" * 1_000_000})
    there = visit(batch.to_html(tmp_path / "page.html", title=HOSTILE))
    page, gallery = there.page, there.gallery
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("<img src=x onerror=alert(1)>")
    assert "\u202e" not in page.title()
    expect(page.locator("img:not([class])")).to_have_count(0)
    page.get_by_text("About this batch").click()
    expect(page.locator("details")).to_contain_text("</script><!--<script>")
    gallery.tile(0).click()
    expect(gallery.dialog.locator(".bgw-fact-value").filter(has_text="<img src=x onerror")).to_be_visible()
    gallery.press("f", "Escape")
    name, review = there.save(HOSTILE[:60] + " ../\\:*?")
    assert re.fullmatch(r"review-[\w-]+\.json", name)
    assert review["title"] == HOSTILE
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_violation_in_any_state(visit: OpenPage, page_file: Path, width: int, scheme: str) -> None:
    # Halfway through an animation colours have another contrast.
    options = {"color_scheme": scheme, "reduced_motion": "reduce"}
    there = visit(page_file, viewport={"width": width, "height": 800}, **options)
    page, gallery = there.page, there.gallery
    gallery.wait_for_pictures()
    assert there.violations() == [], "opened"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_text("About this batch").click()
    gallery.focus(4)
    gallery.press("f")
    there.button("Save review").click()
    expect(there.bar.get_by_label("Your name")).to_be_focused()
    assert there.violations() == [], "asked for a name"
    there.open_review("nonsense")
    expect(there.bar.get_by_role("alert")).to_be_visible()
    assert there.violations() == [], "about, with a problem"
    gallery.button("Filters").click()
    expect(gallery.region.get_by_role("region", name="Filters")).to_be_visible()
    assert there.violations() == [], "filters"
    gallery.tile(4).click()
    expect(gallery.dialog.get_by_label("Your note")).to_be_visible()
    assert there.violations() == [], "details"
    gallery.press("Escape", "r")
    expect(gallery.dialog.get_by_role("heading", name="Review")).to_be_visible()
    assert there.violations() == [], "review"


def test_a_thousand_images_open_and_scroll(visit: OpenPage, project: Path, tmp_path: Path) -> None:
    batch = run_batch(project, dots, batch_size=1000, seed_range=[0, 65_000])
    file = batch.to_html(tmp_path / "thousand.html")
    there = visit(file)
    page, gallery = there.page, there.gallery
    gallery.expect_marks(All=1000)
    assert page.evaluate("document.querySelectorAll('.bgw-tile').length") < 120
    page.wait_for_load_state("load")
    painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    assert painted < 5000, f"first paint after {painted} ms"
    gallery.focus(0)
    gallery.press("End")
    expect(gallery.tile(999).locator("img")).to_have_js_property("complete", True)
    gallery.press("f")
    gallery.expect_marks(Favorites=1)
    gallery.search.fill(batch.results[500].path.name)
    expect(gallery.tiles).to_have_count(1)
    expect(gallery.tile(500).locator("img")).to_have_js_property("naturalWidth", 96)
