"""What is kept, in the hands of a person: recipes in files, results as inputs, the trash, and earlier batches."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin
from playwright.sync_api import expect

import batchgen_widgets as bg
from tests.browser.gallery import POSTERS, RESULTS, Gallery
from tests.browser.hosts import SLOW_MS, Notebook, tab_to
from tests.browser.keeping import (
    POSTER_STUDIO,
    UPSCALE_STUDIO,
    choose_file,
    drop_file,
    open_tool,
    opened,
    past_batches,
    value_of,
)

pytestmark = pytest.mark.timeout(120)


def plain_picture(path: Path) -> Path:
    Image.new("RGB", (64, 48), "teal").save(path)
    return path


def foreign_picture(path: Path) -> Path:
    """Write a picture as AUTOMATIC1111 does."""
    notes = PngImagePlugin.PngInfo()
    words = "A castle, oil\nNegative prompt: people\nSteps: 34, Sampler: Euler a, CFG scale: 7.5, Seed: 42, Size: 64x64"
    notes.add_text("parameters", words)
    Image.new("RGB", (64, 64)).save(path, pnginfo=notes)
    return path


def test_a_file_fills_in_the_form_and_the_form_becomes_code(notebook: Notebook, tmp_path: Path) -> None:
    page = notebook.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    cells = (
        POSTER_STUDIO + "mine = session\nstudio",
        "dict(session.base_parameters)",
        "",
        "[[dict(task.params) for task in one.history[-1].tasks] for one in (mine, session)]",
    )
    opened(notebook, "begin", *cells)
    studio = notebook.widget()
    fill_in = studio.get_by_role("button", name="Fill in from a file…")
    prompt = studio.get_by_label("Prompt", exact=True)

    # A file of ours.
    own = next((notebook.path.parent / "project" / "assets").rglob("*a-boat*.png"))
    choose_file(fill_in, own)
    said = studio.get_by_role("group", name=f"Recipe of {own.name}")
    expect(said).to_contain_text(f"4 settings filled in from {own.name}, made by poster.")
    expect(prompt).to_have_value("A boat")
    boat = {"prompt": "A boat", "seed": bg.recall(own).seed, "steps": 12, "sampler": "euler"}
    assert value_of(notebook, 1) == boat

    # Another program's, dropped where no field is.
    drop_file(studio.get_by_role("heading", name="poster"), foreign_picture(tmp_path / "castle.png"))
    said = studio.get_by_role("group", name="Recipe of castle.png")
    expect(said).to_contain_text("3 settings filled in from castle.png, made by AUTOMATIC1111; 5 left out.")
    left_out = said.get_by_role("list", name="Left out").get_by_role("listitem")
    expect(left_out.filter(has_text="sampler: 'Euler a' is not allowed; choose one of")).to_be_visible()
    expect(prompt).to_have_value("A castle, oil")
    castle = {**boat, "prompt": "A castle, oil", "seed": 42, "steps": 34}
    assert value_of(notebook, 1) == castle

    # One that says nothing, dropped on a field.
    drop_file(prompt, plain_picture(tmp_path / "plain.png"))
    problem = studio.get_by_role("alert")
    expect(problem).to_contain_text("plain.png says nothing about how it was made")
    assert value_of(notebook, 1) == castle
    problem.get_by_role("button", name="Dismiss").click()
    expect(problem).to_have_count(0)
    expect(fill_in).to_be_focused()

    # What Generate runs, as code for a cell.
    studio.get_by_role("button", name="Copy as code").click()
    expect(studio.get_by_text("Copied. Paste it into a cell or a script.")).to_be_visible()
    studio.get_by_role("button", name="Generate").click()
    expect(studio.get_by_role("gridcell")).to_have_count(4, timeout=SLOW_MS)
    notebook.cell(2).locator(".jp-InputArea-editor .cm-content").click()
    page.keyboard.press("ControlOrMeta+v")
    expect(notebook.cell(2)).to_contain_text("from makers import poster")
    notebook.run(2)
    by_button, by_code = value_of(notebook, 3)
    assert by_button == by_code
    assert {params["prompt"] for params in by_code} == {"A castle, oil"}
    assert len({params["seed"] for params in by_code}) == len(by_code) == 4


def test_results_become_inputs(lab: Notebook, tmp_path: Path) -> None:
    lab.page.set_viewport_size({"width": 1400, "height": 1000})
    cells = (
        UPSCALE_STUDIO,
        "[[list(asset.parents) for asset in batch.results] for batch in session.history[-2:]], "
        "[asset.id for asset in session.project.batches()[0].results]",
    )
    gallery = opened(lab, "begin", *cells)
    page, studio = lab.page, lab.widget()
    field = studio.get_by_role("group", name="Image")
    items = field.get_by_role("listitem")
    generate = studio.get_by_role("button", name="Generate")

    # A file.
    choose_file(field.get_by_role("button", name="Choose a file…"), plain_picture(tmp_path / "meadow.png"))
    expect(items).to_have_text(["meadow.png"])
    expect(items.locator("img")).to_have_js_property("complete", True)
    generate.click()
    expect(gallery.tiles).to_have_count(1, timeout=SLOW_MS)
    [inputs] = (lab.path.parent / "project" / "inputs").iterdir()
    assert inputs.read_bytes() == (tmp_path / "meadow.png").read_bytes()

    # Results of an earlier batch, by another generator.
    dialog = open_tool(gallery, "History")
    past_batches(dialog).filter(has_text="A boat").click()
    dialog.get_by_role("button", name="Show in gallery").click()
    expect(dialog).to_be_hidden()
    expect(gallery.region.get_by_text("Showing the batch started")).to_be_visible()
    expect(gallery.tiles).to_have_count(2)
    gallery.select(0, 1)
    field.get_by_role("button", name="Use selected results").click()
    expect(items).to_have_count(2)
    expect(field).to_contain_text("2 images: everything below happens with each of them.")
    expect(studio.get_by_text("2 tasks").first).to_be_visible()
    generate.click()
    gallery.region.get_by_role("button", name=re.compile("^(Back to the current batch|Show it)$")).click()
    expect(gallery.region.get_by_text("Showing the batch started")).to_have_count(0)
    expect(gallery.tiles).to_have_count(2, timeout=SLOW_MS)
    parents, boats = value_of(lab, 1)
    assert parents == [[[]], [[boats[0]], [boats[1]]]]

    # Made again from the same input; and where it came from.
    gallery.tile(0).click()
    # The other dialog opens within this one.
    details = gallery.dialog.first
    details.get_by_role("button", name="Make again").click()
    expect(details.get_by_text("The same · identical")).to_be_visible(timeout=SLOW_MS)
    expect(details.get_by_text("made from 1", exact=True)).to_be_visible()
    details.get_by_role("button", name="Lineage").click()
    lineage = gallery.region.get_by_role("dialog", name="Lineage")
    expect(lineage.get_by_role("status")).to_have_text("1 ancestor, 0 descendants")
    child = lineage.get_by_role("button", name=re.compile("made from .* as image$"))
    parent = lineage.get_by_role("button", name=re.compile("a-boat.* poster$"))
    tab_to(page, child)
    gallery.press("ArrowLeft")
    expect(parent).to_be_focused()
    gallery.press("Enter")
    expect(lineage.get_by_role("status")).to_have_text("0 ancestors, 1 descendant")
    expect(parent).to_be_focused()
    lineage.get_by_role("button", name="Back to the result before").click()
    expect(lineage.get_by_role("status")).to_have_text("1 ancestor, 0 descendants")
    gallery.press("Escape")
    expect(lineage).to_be_hidden()
    expect(details.get_by_role("button", name="Lineage")).to_be_focused()
    details.get_by_role("button", name="Lineage").click()
    parent.click()
    lineage.get_by_role("button", name="Show its batch").click()
    expect(gallery.dialog).to_have_count(0)
    expect(gallery.region.get_by_text("Showing the batch started")).to_be_visible()


def test_the_trash(lab: Notebook) -> None:
    lab.open(
        None,
        POSTERS + "studio = bg.BatchStudio(session)\nstudio",
        "[len(batch.results), sum(asset.path.exists() for asset in batch.assets), session.project.trash_size]",
        "sum(asset.path.stat().st_size for asset in batch.results if not asset.favorite)",
    )
    lab.run(0)
    gallery = Gallery(lab.widget())
    expect(gallery.region.get_by_text(f"{RESULTS} results")).to_be_visible(timeout=SLOW_MS)

    # By key: what is selected, and back; then the one that has the focus.
    gallery.select(2, 3, 4)
    gallery.press("Delete")
    gallery.expect_marks(All=RESULTS - 3)
    gallery.expect_selected()
    expect(gallery.tile(3)).to_have_count(0)
    left, files, size = value_of(lab, 1)
    assert (left, files) == (RESULTS - 3, RESULTS)
    assert size > 0
    gallery.focus(0)
    gallery.press("u")
    gallery.expect_marks(All=RESULTS)
    assert value_of(lab, 1) == [RESULTS, RESULTS, 0]
    gallery.focus(0)
    gallery.press("f", "ArrowRight", "ArrowRight", "f", "ArrowRight", "Delete")
    gallery.expect_marks(All=RESULTS - 1, Favorites=2)

    # Only the favorites; it says how much that is, and asks.
    size = value_of(lab, 2)
    dialog = open_tool(gallery, "Clean up")
    expect(dialog).to_contain_text(
        f"2 favorites of this batch stay. {RESULTS - 3} other images, {round(size / 1000)} kB, would go to the trash."
    )
    keep = dialog.get_by_role("button", name="Keep only favorites")
    keep.click()
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    gallery.press("Escape")
    expect(keep).to_be_focused()
    keep.click()
    dialog.get_by_role("button", name="Move to trash").click()
    expect(dialog.get_by_role("status")).to_have_text(f"{RESULTS - 3} results moved to the trash.")
    thrown = dialog.get_by_role("list", name="Results in the trash").get_by_role("listitem")
    expect(thrown).to_have_count(RESULTS - 2)
    expect(dialog).to_contain_text("There is nothing but favorites in this batch.")

    # One comes back by its own button, two by choice.
    for count, row in enumerate((0, 4, 8)):
        if count == 0:
            thrown.nth(row).get_by_role("button", name="Restore").click()
            expect(thrown).to_have_count(RESULTS - 3)
        else:
            thrown.nth(row).get_by_role("checkbox").check()
    dialog.get_by_role("button", name="Restore 2 chosen").click()
    expect(dialog.get_by_role("status")).to_have_text("2 results restored.")
    expect(thrown).to_have_count(RESULTS - 5)

    # And the rest is gone.
    dialog.get_by_role("button", name="Delete for good…").click()
    expect(dialog).to_contain_text("This can’t be undone.")
    dialog.get_by_role("button", name="Delete for good", exact=True).click()
    expect(dialog.get_by_role("status")).to_contain_text("freed.")
    expect(thrown).to_have_count(0)
    gallery.press("Escape")
    expect(dialog).to_be_hidden()
    gallery.expect_marks(All=5, Favorites=2)
    assert value_of(lab, 1) == [5, 5, 0]
    gallery.focus(0)
    gallery.press("u")
    gallery.expect_marks(All=5, Favorites=1)
    assert len(list((lab.path.parent / "project" / "assets").rglob("*.png"))) == 5


def test_earlier_batches(lab: Notebook) -> None:
    lab.page.set_viewport_size({"width": 1400, "height": 1000})
    cells = (
        POSTER_STUDIO,
        "session.base_parameters['prompt'], session.config.batch_size, session.base_parameters['sampler']",
        "[(batch.status.value, len(batch.results)) for batch in session.history]",
    )
    gallery = opened(lab, "begin_and_die", *cells)
    studio = lab.widget()
    expect(gallery.tiles).to_have_count(1, timeout=SLOW_MS)
    assert value_of(lab, 2)[-1] == ("interrupted", 1)

    # Found by words and by status.
    dialog = open_tool(gallery, "History")
    rows = past_batches(dialog)
    expect(rows).to_have_count(3)
    search = dialog.get_by_role("searchbox", name="Search prompts and generators")
    search.fill("FOREST")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("A forest")
    search.fill("")
    expect(rows).to_have_count(3)
    dialog.get_by_role("combobox", name="Status").select_option("interrupted")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("A storm")
    dialog.get_by_role("combobox", name="Status").select_option("")
    expect(rows).to_have_count(3)

    # Two compared, by keyboard.
    dialog.get_by_role("listbox").focus()
    gallery.press("ArrowDown", " ", "ArrowDown", " ")
    expect(dialog.get_by_role("listbox").get_by_role("option", selected=True)).to_have_count(2)
    dialog.get_by_role("button", name="Compare two").click()
    expect(dialog.get_by_role("heading", name="Two batches compared")).to_be_visible()
    table = dialog.get_by_role("table").first
    for name, one, other in (("prompt", "A boat", "A forest"), ("steps", "12", "30"), ("sampler", "euler", "ddim")):
        expect(table.get_by_role("row", name=re.compile(f"^{name} {one} {other}$"))).to_be_visible()
    expect(dialog.get_by_role("img", name=re.compile("^A: ")).first).to_be_visible()
    dialog.get_by_role("button", name="Back to all batches").click()

    # Its settings for the form.
    rows.filter(has_text="A forest").click()
    dialog.get_by_role("button", name="Use its settings").click()
    expect(dialog).to_contain_text("The config panel is filled.")
    expect(studio.get_by_label("Prompt", exact=True)).to_have_value("A forest")
    assert dialog.is_visible()

    # On show in the gallery, and back.
    rows.filter(has_text="A boat").dblclick()
    expect(dialog).to_be_hidden()
    expect(gallery.tiles).to_have_count(2)
    expect(gallery.region.get_by_text("Showing the batch started")).to_be_visible()
    gallery.wait_for_pictures()
    gallery.region.get_by_role("button", name="Back to the current batch").click()
    expect(gallery.tiles).to_have_count(1)
    assert value_of(lab, 1) == ("A forest", 3, "ddim")

    # And one goes on.
    dialog = open_tool(gallery, "History")
    storm = rows.filter(has_text="A storm")
    storm.click()
    dialog.get_by_role("button", name="Resume").click()
    expect(dialog).to_contain_text("The batch goes on.")
    expect(gallery.tiles).to_have_count(4, timeout=SLOW_MS)
    gallery.press("Escape")
    assert value_of(lab, 2) == [("completed", 2), ("completed", 3), ("completed", 4)]
