"""``demo``: something to look at, from the first minute."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any, Final

from ..batches import BatchConfig, VariationParams
from ..generators import demos
from ..sessions import BatchSession
from .console import Console, safe
from .exits import Exit
from .running import follow

__all__ = ["demo"]

# Small and quick, so that there is something to see after a few seconds.
_GENERATORS: Final[dict[str, tuple[Any, dict[str, Any], dict[str, Any]]]] = {
    "image": (
        demos.landscape,
        {"width": 256, "height": 256, "steps": 8},
        {"prompt_variations": ["a misty forest at dawn", "a desert canyon at sunset", "a stormy ocean at night"]},
    ),
    "audio": (demos.chime, {"duration": 2.0}, {}),
    "video": (demos.drift, {}, {}),
}


def demo(arguments: argparse.Namespace, console: Console) -> int:
    """Run a small batch of a built-in generator."""
    generator, base, prompts = _GENERATORS[arguments.kind]
    project = arguments.project or Path(tempfile.mkdtemp(prefix="batchgen-demo-"))
    variation = VariationParams(vary_seeds=True, vary_prompts=bool(prompts), **prompts)
    with BatchSession(generator, project.expanduser()) as session:
        session.set_batch_config(BatchConfig(batch_size=arguments.count, variation_params=variation))
        batch = session.start_batch({name: value for name, value in base.items() if name in generator.parameters})
        resume = ["batchgen", "resume", str(session.project.path), batch.id, f"{generator.__module__}:{generator.name}"]
        code = follow(session, batch, arguments, console, resume)
    if code not in (Exit.OK, Exit.FAILURES) or not batch.results:
        return code
    page = batch.to_html(session.project.path / f"{batch.id}.html", overwrite=True)
    if not arguments.json:
        console.say(f"page: {safe(page)}")
        if not arguments.quiet:
            console.say("Next: batchgen_widgets in a notebook, or `batchgen run --help`.")
    if arguments.open:
        import webbrowser

        webbrowser.open(page.as_uri())
    return code
