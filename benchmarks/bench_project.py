"""A project of 100,000 assets: opened, and asked for filtered, sorted pages: ``python benchmarks/bench_project.py``.

Rows only, no files: what is measured is the database and what finds in it. Each repetition is a fresh process with
everything imported, which opens the project and asks every question once; figures are medians in milliseconds. Beside
them stand the ways that people have without `Project.find`: all assets as Python objects, SQLite's own JSON functions,
and a data frame. Theirs count the question alone, where what they load first is told apart.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from batchgen_widgets.batches import Asset, Query

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

BATCH = 1_000
PAGE = 50
BEGIN, END = "<!-- bench_project: begin -->", "<!-- bench_project: end -->"
GOAL_MS = 100

_WORDS = [
    "a",
    "quiet",
    "harbour",
    "lighthouse",
    "old",
    "town",
    "red",
    "fox",
    "bird",
    "desert",
    "road",
    "northern",
    "sea",
    "in",
    "heavy",
    "fog",
    "at",
    "dawn",
    "night",
    "long",
    "exposure",
    "oil",
    "painting",
    "photo",
    "misty",
    "mountains",
    "glass",
    "river",
    "market",
    "street",
    "rain",
    "neon",
]


def rows(count: int) -> Iterator[dict[str, Any]]:
    """Make up assets, the same ones each time."""
    draw = random.Random(1)
    for number in range(count):
        batch, index = divmod(number, BATCH)
        params = {
            "prompt": " ".join(draw.choices(_WORDS, k=10)),
            "negative_prompt": "blurry, low quality",
            "seed": draw.randrange(2**32),
            "width": 512,
            "height": 512,
            "steps": draw.choice([10, 20, 30, 40]),
            "cfg_scale": round(draw.uniform(4, 12), 1),
            "sampler": draw.choice(["euler", "ddim", "dpm++"]),
            "tiling": draw.random() < 0.5,
        }
        yield {
            "id": f"b{batch:04d}-{index:04d}",
            "batch_id": f"b{batch:04d}",
            "task_idx": index,
            "position": 0,
            "kind": "image",
            "file": f"assets/b{batch:04d}/{index:04d}_{_slug(str(params['prompt']))}_seed-{params['seed']}.png",
            "thumbnail": f"thumbnails/b{batch:04d}/{index:04d}.png.webp",
            "width": 512,
            "height": 512,
            "file_size": 300_000 + draw.randrange(200_000),
            "created_at": 1.75e9 + number,
            "params": json.dumps(params, separators=(",", ":")),
            "metrics": json.dumps({"clip_score": round(draw.uniform(0.2, 0.4), 4)}, separators=(",", ":")),
            "mark": draw.choices([None, "favorite", "discarded"], [85, 5, 10])[0],
            "sha256": f"{number:064x}",
        }


def _slug(prompt: str) -> str:
    return prompt.replace(" ", "-")[:40]


def build(root: Path, count: int) -> float:
    """Make the project; give the seconds of CPU that packing its columns took, which batches do as they run."""
    from batchgen_widgets import BatchConfig, Project
    from batchgen_widgets.projects.database import insert_asset, insert_batch, insert_tasks

    project = Project(root)
    config = BatchConfig().model_dump_json()
    database = project._opened.database
    packing = 0.0
    found = rows(count)
    for batch in range(-(-count // BATCH)):
        members = [row for _, row in zip(range(BATCH), found, strict=False)]
        head = {"id": f"b{batch:04d}", "generator": "poster", "config": config, "base_parameters": "{}", "varied": "[]"}
        database.write(
            insert_batch({**head, "status": "completed", "created_at": 1.75e9 + BATCH * batch, "completed_at": 1.8e9}),
            insert_tasks(head["id"], ((row["task_idx"], row["params"]) for row in members)),
            *(insert_asset(row) for row in members),
        )
        began = time.process_time()
        project.ledger.finder.grew(len(members))
        packing += time.process_time() - began
    database.close()
    return packing


def questions() -> dict[str, Any]:
    """Give what is asked: a query, what it is sorted by, and the same for SQLite's JSON functions and a data frame."""
    from batchgen_widgets.batches import Query

    return {
        "everything, in order of arrival": (Query(), None, "1", "rowid", lambda f: f),
        "`steps = 20`, by `-clip_score`": (
            Query.of(steps=20),
            "-clip_score",
            "json_extract(params,'$.steps')=20",
            "json_extract(metrics,'$.clip_score') DESC, rowid",
            lambda f: f[f.steps == 20].sort_values("clip_score", ascending=False, kind="stable"),
        ),
        "everything, by `-clip_score`": (
            Query(),
            "-clip_score",
            "1",
            "json_extract(metrics,'$.clip_score') DESC, rowid",
            lambda f: f.sort_values("clip_score", ascending=False, kind="stable"),
        ),
        "two samplers, `cfg_scale` 6 to 9, by `seed`": (
            Query.of(sampler=["euler", "ddim"], cfg_scale=(6, 9)),
            "seed",
            "json_extract(params,'$.sampler') IN ('euler','ddim') "
            "AND json_extract(params,'$.cfg_scale') BETWEEN 6 AND 9",
            "json_extract(params,'$.seed'), rowid",
            lambda f: f[f.sampler.isin(["euler", "ddim"]) & f.cfg_scale.between(6, 9)].sort_values("seed"),
        ),
        "words “red fox”, by `-clip_score`": (
            Query.of(text="red fox"),
            "-clip_score",
            "lower(params||file) LIKE '%red%' AND lower(params||file) LIKE '%fox%'",
            "json_extract(metrics,'$.clip_score') DESC, rowid",
            lambda f: f[
                f.prompt.str.lower().str.contains("red", regex=False)
                & f.prompt.str.lower().str.contains("fox", regex=False)
            ].sort_values("clip_score", ascending=False, kind="stable"),
        ),
        "favorites, by `prompt`": (
            Query.of(mark="favorite"),
            "prompt",
            "mark='favorite'",
            "lower(json_extract(params,'$.prompt')), rowid",
            lambda f: f[f.mark == "favorite"].sort_values("prompt"),
        ),
        "everything, by `prompt`": (
            Query(),
            "prompt",
            "1",
            "lower(json_extract(params,'$.prompt')), rowid",
            lambda f: f.sort_values("prompt"),
        ),
    }


def timed(ask: Callable[..., Any], *given: Any, **named: Any) -> tuple[float, Any]:
    """Give the milliseconds that a question takes, and its answer."""
    began = time.perf_counter()
    answer = ask(*given, **named)
    return (time.perf_counter() - began) * 1000, answer


def ours(root: Path) -> dict[str, float]:
    """Open the project and ask, as a process that has imported everything."""
    import batchgen_widgets
    from batchgen_widgets.projects import Project

    batchgen_widgets.BatchSession  # noqa: B018  # what a notebook has imported by then
    found = {}
    found["open"], project = timed(Project, root)
    for name, (query, sort, *_) in questions().items():
        found[f"{name}|1"], page = timed(project.find, query, sort=sort, limit=PAGE)
        last = max(0, min(999, page.total // PAGE - 1)) * PAGE
        found[f"{name}|1000"], _ = timed(project.find, query, sort=sort, limit=PAGE, offset=last)
    return found


def objects(root: Path) -> dict[str, float]:
    """All assets as Python objects: every batch is read, and the query is evaluated over all of them."""
    from batchgen_widgets.projects import Project

    project = Project(root)
    found = {}
    found["load"], assets = timed(lambda: [asset for batch in list(project.batches()) for asset in batch.assets])
    from dataclasses import replace

    def look(query: Query) -> list[Asset]:
        return [assets[place] for place in query.apply(assets)[:PAGE]]

    for name, (query, sort, *_) in questions().items():
        asked = replace(query, sort=sort.lstrip("-"), descending=sort.startswith("-")) if sort else query
        found[f"{name}|1"], _ = timed(look, asked)
    return found


def json_scan(root: Path) -> dict[str, float]:
    """SQLite's JSON functions over all rows, with a count of what is found."""
    connection = sqlite3.connect(root / "batchgen.db")

    def look(count: str, page: str) -> object:
        return connection.execute(count).fetchall(), connection.execute(page).fetchall()

    found = {}
    for name, (_, _, where, order, _) in questions().items():
        count = f"SELECT count(*) FROM assets WHERE {where}"
        page = f"SELECT * FROM assets WHERE {where} ORDER BY {order} LIMIT {PAGE}"
        found[f"{name}|1"], _ = timed(look, count, page)
    return found


def frame(root: Path) -> dict[str, float]:
    """A data frame of everything."""
    import pandas

    connection = sqlite3.connect(root / "batchgen.db")

    def load() -> pandas.DataFrame:
        table = pandas.read_sql("SELECT rowid, mark, params, metrics FROM assets ORDER BY rowid", connection)
        parts = [pandas.DataFrame(list(table[name].map(json.loads))) for name in ("params", "metrics")]
        return pandas.concat([table[["rowid", "mark"]], *parts], axis=1)

    def look(ask: Callable[[pandas.DataFrame], pandas.DataFrame], table: pandas.DataFrame) -> pandas.DataFrame:
        return ask(table).head(PAGE)

    found = {}
    found["load"], table = timed(load)
    for name, (_, _, _, _, ask) in questions().items():
        found[f"{name}|1"], _ = timed(look, ask, table)
    return found


CONTENDERS: dict[str, Callable[[Path], dict[str, float]]] = {
    "ours": ours,
    "objects": objects,
    "json": json_scan,
    "frame": frame,
}


def ask(contender: str, root: Path) -> dict[str, float]:
    """Have a process of its own ask every question once."""
    command = [sys.executable, __file__, "--contender", contender, "--project", str(root)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    answers: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return answers


def run_all(root: Path, repetitions: int, say: Callable[[str], None]) -> dict[str, dict[str, list[float]]]:
    """Let the contenders take turns."""
    found: dict[str, dict[str, list[float]]] = {name: defaultdict(list) for name in CONTENDERS}
    for repetition in range(repetitions):
        for name in CONTENDERS:
            say(f"{repetition + 1} of {repetitions}: {name}")
            try:
                answers = ask(name, root)
            except subprocess.CalledProcessError as error:
                say(error.stderr.strip().splitlines()[-1])
                continue
            for what, value in answers.items():
                found[name][what].append(value)
    return found


def report(found: dict[str, dict[str, list[float]]], count: int, facts: dict[str, str]) -> str:
    """Write the tables."""
    us = found["ours"]
    lines = [
        f"{count:,} assets in {count // BATCH:,} batches. Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, {os.cpu_count()} cores. Medians in milliseconds.",
        "",
        "| | median | slowest | goal | met |",
        "|---|---|---|---|---|",
        _goal("opening the project", us["open"]),
        *(_goal(f"{name}; page {page}", us[f"{name}|{page}"]) for name in questions() for page in ("1", "1000")),
        "",
        "Page 1,000 is the last one where there are fewer.",
        "",
        "| page 1 of | `Project.find` | objects | JSON functions | data frame |",
        "|---|---|---|---|---|",
    ]
    for name in questions():
        cells = []
        for peer in ("objects", "json", "frame"):
            values = found[peer].get(f"{name}|1")
            cells.append(f"{median(values):,.0f} ({median(values) / median(us[f'{name}|1']):.1f}×)" if values else "—")
        lines.append(f"| {name} | {median(us[f'{name}|1']):.0f} | {' | '.join(cells)} |")
    loads = [f"{median(found[peer]['load']):,.0f}" if found[peer].get("load") else "—" for peer in ("objects", "frame")]
    lines += [
        f"| before the first question | {median(us['open']):.0f} | {loads[0]} | 0 | {loads[1]} |",
        "",
        *(f"- {what}: {value}" for what, value in facts.items()),
    ]
    return "\n".join(lines)


def _goal(name: str, values: list[float]) -> str:
    middle = median(values)
    met = "yes" if middle < GOAL_MS else f"**no**, by {middle / GOAL_MS - 1:.0%}"
    return f"| {name} | {middle:.1f} | {max(values):.1f} | < {GOAL_MS} | {met} |"


def write(path: Path, text: str) -> None:
    """Put the text between the markers of a document, which is made when there is none."""
    block = f"{BEGIN}\n\n{text}\n\n{END}"
    old = path.read_text(encoding="utf-8") if path.exists() else f"# Performance\n\n{BEGIN}\n{END}\n"
    new, count = re.subn(f"{re.escape(BEGIN)}.*?{re.escape(END)}", lambda _: block, old, count=1, flags=re.DOTALL)
    path.write_text(new if count else f"{old.rstrip()}\n\n{block}\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="What it costs to open a large project and to find in it.")
    parser.add_argument("--assets", type=int, default=100_000, help="how many (default: 100000)")
    parser.add_argument("--repetitions", type=int, default=5, help="how often everything is measured (default: 5)")
    parser.add_argument(
        "--write", type=Path, metavar="FILE", help="put the tables between the markers of this document"
    )
    parser.add_argument("--contender", choices=CONTENDERS, help=argparse.SUPPRESS)
    parser.add_argument("--project", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.contender:
        print(json.dumps(CONTENDERS[options.contender](options.project)))
        return

    def say(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    facts: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "project"
        packing = build(root, options.assets) / options.assets * 1e6
        facts["packing columns, which running batches do a thousand at a time"] = f"{packing:.1f} µs of CPU an asset"
        found = run_all(root, options.repetitions, say)
        connection = sqlite3.connect(root / "batchgen.db")
        if _has_dbstat(connection):
            ((packed, whole),) = connection.execute(
                "SELECT sum(pgsize) FILTER (WHERE name LIKE '%asset_columns%'), sum(pgsize) FROM dbstat"
            )
            size = f"{packed / options.assets:,.0f} of {whole / options.assets:,.0f} bytes an asset"
            facts["what the packed columns take"] = size
        connection.execute("DELETE FROM asset_columns")
        connection.commit()
        connection.close()
        first = ask("ours", root)["everything, in order of arrival|1"]
        facts["the first question ever asked of a project of an earlier schema, which packs it"] = f"{first:,.0f} ms"
    text = report(found, options.assets, facts)
    print(text)
    if options.write:
        write(options.write, text)


def _has_dbstat(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("SELECT 1 FROM dbstat LIMIT 1")
    except sqlite3.Error:
        return False
    return True


if __name__ == "__main__":
    main()
