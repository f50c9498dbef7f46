"""Make a small real project of today's schema, which later versions must go on opening.

``python tools/make_project_fixture.py`` writes ``tests/fixtures/projects/schema<N>``, anew where it is there already.
Run it once a schema is final, and never again for that schema: the fixture is what people's disks hold.

It has three batches: four small pictures with marks, one of them in the trash and one deleted; a sound; and a batch
that was cut off, with a failed task, which can be resumed.
"""

from __future__ import annotations

import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from batchgen_widgets import BatchSession, demos, generator  # noqa: E402
from batchgen_widgets.projects.database import MIGRATIONS  # noqa: E402
from batchgen_widgets.projects.project import forget  # noqa: E402

TARGET = ROOT / "tests" / "fixtures" / "projects" / f"schema{len(MIGRATIONS)}"


@generator(name="fragile")
def fragile(seed: int = 0) -> object:
    """Make a small picture, unless it is the first of its batch."""
    from PIL import Image

    if seed == 1:
        raise ValueError("no paint")
    return Image.new("RGB", (8, 6), (seed, 60, 128))


def make(root: Path) -> None:
    """Run the batches of the fixture."""
    with BatchSession(demos.landscape, root) as session:
        session.set_base_parameters({"width": 64, "height": 64})
        varied = {"vary_prompts": True, "prompt_variations": ["at dawn", "at night"], "strategy": "grid"}
        varied |= {"vary_seeds": True, "seed_range": (0, 9999), "seed": 7}
        session.set_batch_config({"batch_size": 2, "variation_params": varied})
        batch = session.start_batch()
        batch.wait()
        one, two, three, four = batch.results
        session.mark_as_favorite(batch.id, one.id)
        session.mark_as_discarded(batch.id, two.id)
        session.trash(three)
        session.project.empty_trash()
        session.trash(four)
    with BatchSession(demos.chime, root) as session:
        session.set_batch_config({"batch_size": 1})
        session.start_batch({"duration": 0.5}).wait()
    with BatchSession(fragile, root) as session:
        varied = {"vary_parameters": True, "parameter_ranges": {"seed": [1, 2, 3]}, "strategy": "grid"}
        session.set_batch_config({"variation_params": varied})
        cut = session.start_batch()
        cut.wait()
    forget(session.project)
    session.project._opened.database.close()
    # As a kernel leaves it that dies before the last task.
    with sqlite3.connect(root / "batchgen.db") as connection:
        asset = f"SELECT file FROM assets WHERE batch_id = '{cut.id}' AND task_idx = 2"
        ((file,),) = connection.execute(asset).fetchall()
        connection.execute("DELETE FROM assets WHERE file = ?", (file,))
        connection.execute("UPDATE tasks SET status = 'queued', attempt = 0, started_at = NULL, completed_at = NULL "
                           "WHERE batch_id = ? AND idx = 2", (cut.id,))  # fmt: skip
        connection.execute("UPDATE batches SET status = 'interrupted' WHERE id = ?", (cut.id,))
        connection.execute("UPDATE tasks SET traceback = replace(traceback, ?, 'here')", (str(ROOT),))
    (root / file).unlink()
    (root / file.replace("assets/", "thumbnails/", 1)).with_name(f"{Path(file).name}.webp").unlink()
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.execute("VACUUM")
    connection.close()
    for left in root.glob(".*.lock"):
        left.unlink()


def main() -> None:
    """Make it beside its place, then put it there."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "project"
        make(made)
        if TARGET.exists():
            shutil.rmtree(TARGET)
        shutil.copytree(made, TARGET)
    size = sum(path.stat().st_size for path in TARGET.rglob("*") if path.is_file())
    print(f"{TARGET.relative_to(ROOT)}: {size / 1000:,.0f} kB")


if __name__ == "__main__":
    main()
