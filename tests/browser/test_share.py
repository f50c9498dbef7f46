"""Results leave by the share dialog, go through a reviewer's browser, and come back as marks."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.gallery import POSTERS, RESULTS, Gallery
from tests.browser.hosts import SLOW_MS, Notebook
from tests.browser.keeping import choose_file, open_tool, value_of

pytestmark = pytest.mark.timeout(120)


def write(share: Locator, what: str, how: str, folder: Path) -> Path:
    """Choose what to write and as what, write it, and give the file."""
    share.get_by_role("radio", name=re.compile(f"^{how}")).check()
    share.get_by_role("radio", name=re.compile(f"^{what}")).check()
    path = folder / share.get_by_label("Path on the machine of the kernel").input_value()
    share.get_by_role("button", name="Write").click()
    expect(share.get_by_role("status")).to_contain_text(f"Written: {path.name}", timeout=SLOW_MS)
    return path


def review_page(browser: Browser, file: Path, save_as: Path) -> None:
    """Be Ada, who got the page by mail: star number 3, put number 1 aside with a note, save the review."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(file.as_uri())
    there = Gallery(page.locator(".bgw-root"))
    there.expect_marks(All=RESULTS, Favorites=2)
    there.focus(3)
    there.press("f")
    there.focus(1)
    there.press("x", " ")
    there.dialog.get_by_label("Your note").fill("Too dark")
    there.press("Escape")
    there.expect_marks(Favorites=3, Discarded=1)
    with page.expect_download() as coming:
        page.get_by_role("button", name="Save review").click()
        page.get_by_label("Your name").fill("Ada")
        page.keyboard.press("Enter")
    coming.value.save_as(save_as)
    context.close()


def others_review(review: Path, reviewer: str, marks: dict[int, str]) -> Path:
    """Make a review by somebody else out of one."""
    found: dict[str, Any] = json.loads(review.read_text("utf-8"))
    found["reviewer"] = reviewer
    found["marks"] = [
        {"asset": f"{found['batch']}-{position:04}", "mark": mark, "note": ""} for position, mark in marks.items()
    ]
    path = review.with_name(f"{reviewer}.json")
    path.write_text(json.dumps(found), "utf-8")
    return path


def test_results_go_out_and_reviews_come_back(lab: Notebook, browser: Browser, tmp_path: Path) -> None:
    lab.page.set_viewport_size({"width": 1400, "height": 1000})
    lab.open(
        None,
        POSTERS + "studio = bg.BatchStudio(session)\nstudio",
        "{asset.task_index: asset.mark for asset in batch.results if asset.mark}",
        "{asset.task_index: {name: (said.mark, said.note) for name, said in reviews.of(asset).items()}"
        " for reviews in [session.project.reviews(batch)] for asset in batch.results if reviews.of(asset)}",
    )
    folder = lab.path.parent
    lab.run(0)
    gallery = Gallery(lab.widget())
    expect(gallery.region.get_by_text(f"{RESULTS} results")).to_be_visible(timeout=SLOW_MS)
    gallery.focus(0)
    gallery.press("f", "ArrowRight", "ArrowRight", "f")
    gallery.expect_marks(Favorites=2)

    # The favorites as an archive, for other projects.
    share = open_tool(gallery, "Share")
    expect(share.get_by_text(f"Begins at {folder}")).to_be_visible()
    archive = write(share, "Favorites", "Zip archive", folder)
    with zipfile.ZipFile(archive) as opened:
        files = [name for name in opened.namelist() if name.endswith(".png")]
        [batch] = json.loads(opened.read("manifest.json"))["batches"]
    assert [asset["task"] for asset in batch["assets"]] == [0, 2]
    assert [asset["mark"] for asset in batch["assets"]] == ["favorite", "favorite"]
    assert [asset["file"] for asset in batch["assets"]] == files
    with lab.page.expect_download() as coming:
        share.get_by_role("button", name="Download").click()
    assert Path(coming.value.path()).read_bytes() == archive.read_bytes()

    # A name that is taken is asked about.
    (folder / "taken.zip").write_text("mine", "utf-8")
    share.get_by_label("Path on the machine of the kernel").fill("taken.zip")
    share.get_by_role("button", name="Write").click()
    expect(share.get_by_role("alert")).to_contain_text("taken.zip is there already")
    assert (folder / "taken.zip").read_text("utf-8") == "mine"
    share.get_by_role("button", name="Replace it").click()
    expect(share.get_by_role("status")).to_contain_text("Written: taken.zip", timeout=SLOW_MS)
    assert zipfile.is_zipfile(folder / "taken.zip")

    # A page for somebody without Jupyter.
    page_file = write(share, "All results", "Page", folder)
    gallery.press("Escape")
    expect(share).to_be_hidden()
    review = tmp_path / "review.json"
    review_page(browser, page_file, review)

    # Her marks come back, beside those of somebody else.
    reviews = open_tool(gallery, "Reviews")
    expect(reviews.get_by_text("No reviews yet")).to_be_visible()
    import_reviews = reviews.get_by_role("button", name="Import reviews…")
    grace = others_review(review, "Grace", {3: "discarded", 5: "favorite"})
    choose_file(import_reviews, review, grace)
    expect(reviews.get_by_role("status")).to_have_text("Ada: 2 new. Grace: 2 new.")
    table = reviews.get_by_role("table")
    expect(table.get_by_role("columnheader")).to_have_text(["Result", "You", "Ada", "Grace", "Stars"])
    expect(table.get_by_role("row")).to_have_count(4)
    expect(table.get_by_role("row").filter(has_text="0001_")).to_contain_text("Too dark")
    reviews.get_by_role("radio", name="Disputed 1").click()
    expect(table.get_by_role("row")).to_have_count(2)
    expect(table.get_by_role("row").last).to_have_accessible_name(re.compile("0003_.*Favorite.*Discarded"))
    gallery.press("Escape")
    expect(reviews).to_be_hidden()
    assert value_of(lab, 2) == {
        1: {"Ada": ("discarded", "Too dark")},
        3: {"Ada": ("favorite", ""), "Grace": ("discarded", "")},
        5: {"Grace": ("favorite", "")},
    }
    assert value_of(lab, 1) == {0: "favorite", 2: "favorite"}

    # And become one's own, after a look at what would change.
    open_tool(gallery, "Reviews")
    take_over = reviews.get_by_label("Take over")
    take_over.select_option("Marks of Grace")
    reviews.get_by_role("button", name="Change 2 marks of mine").click()
    expect(reviews.get_by_role("status")).to_have_text("2 marks of yours changed.")
    expect(reviews.get_by_role("button", name="Nothing to change")).to_be_visible()
    reviews.get_by_role("button", name="Undo").click()
    expect(reviews.get_by_role("status")).to_have_text("Undone.")
    take_over.select_option("Starred by at least 1")
    reviews.get_by_role("button", name="Change 2 marks of mine").click()
    expect(reviews.get_by_role("status")).to_have_text("2 marks of yours changed.")
    gallery.press("Escape")
    gallery.expect_marks(Favorites=4, Discarded=0)
    assert value_of(lab, 1) == dict.fromkeys([0, 2, 3, 5], "favorite")

    # The note is with the result, too.
    gallery.tile(1).click()
    expect(gallery.dialog.get_by_role("listitem").filter(has_text="Ada discarded it: Too dark")).to_be_visible()
