"""The lock files."""

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tools.setup import TORCH, make_venv, need, pip
from tools.steps import BIN, REQUIREMENTS, Steps, run

COMES_WITH_TORCH = re.compile(r"(torch|triton|nvidia-.*|cuda-.*)==")


def compile_locks(steps: Steps, extra: Sequence[str]) -> None:
    """Compile the lock files. They hold for every supported Python and platform, and name no index."""
    print("Setting up", flush=True)
    with steps.step("Python environment") as notes:
        notes.append(make_venv())
    with steps.step("uv"):
        need(steps, "Python environment")
        pip("uv")
    print("Locking", flush=True)
    common = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-header"]
    common += ["--no-annotate", "--no-emit-index-url", "--quiet"]
    same = ["--constraint", "requirements/dev.txt"]
    with tempfile.TemporaryDirectory(prefix="batchgen-lock-") as directory:
        constraints = Path(directory) / "torch.txt"
        constraints.write_text(TORCH + "\n", "utf-8")
        for name, arguments in {
            "dev": ["pyproject.toml", "--extra", "data", "--extra", "dask", "--group", "dev"],
            "demo": ["pyproject.toml", "--extra", "data", "--group", "demo", *same],
            "node": ["--group", "node"],
            "diffusers": ["pyproject.toml", "--extra", "diffusers", *same, "--constraint", str(constraints)],
        }.items():
            with steps.step(f"requirements/{name}.txt") as notes:
                need(steps, "uv")
                target = REQUIREMENTS / f"{name}.txt"
                # uv keeps the versions of the file that is there, unless it is told --upgrade.
                run(BIN / "uv", "pip", "compile", *arguments, *common, "--output-file", target, *extra)
                blocks = re.split(r"\n(?=\S)", target.read_text("utf-8").strip())
                kept = [block for block in blocks if not block.startswith("#") and not COMES_WITH_TORCH.match(block)]
                head = "# Compiled from pyproject.toml by `python3 dev.py lock`; do not edit."
                if len(kept) < len(blocks):
                    head += f" {TORCH} and what only it needs is not here."
                target.write_text("\n".join([head, *kept]) + "\n", "utf-8")
                notes.append(f"{len(kept)} packages")
