"""A kernel of its own for the tests beside it: ``python kernel.py PROJECT ACTION``. It says on stdout how far it is."""

from __future__ import annotations

import json
import sys
import threading

import batchgen_widgets as bg

ONE_AT_A_TIME = threading.Lock()


def say(word: str, **values: object) -> None:
    with ONE_AT_A_TIME:
        # To the real stdout: what a task prints goes into its log.
        print(json.dumps({"word": word, **values}), flush=True, file=sys.__stdout__)


@bg.generator
def painting(prompt: str = "A quiet harbour", seed: int = 0):
    """Paint a little, and say when a call begins."""
    from PIL import Image

    say("call", seed=seed)
    return [Image.effect_noise((64, 48), 20 + seed % 50).convert("RGB") for _ in range(2)]


@bg.generator
def patient(seed: int = 0):
    """Begin, and then wait for a line on stdin."""
    say("call", seed=seed)
    sys.stdin.readline()
    return {"score": seed}


def run(path: str, generator: bg.Generator, tasks: int, workers: int = 1) -> None:
    session = bg.BatchSession(generator, path, workers=workers)
    session.set_batch_config({"batch_size": tasks, "variation_params": {"vary_seeds": True, "seed": 3}})

    def listen(event: object) -> None:
        if type(event).__name__ == "AssetsAdded":
            say("assets", files=[str(asset.path) for asset in event.assets])  # type: ignore[attr-defined]

    session.project.ledger.hub.subscribe(listen)
    batch = session.start_batch()
    say("started", batch=batch.id)
    batch.wait()
    say("ended", status=str(batch.status))


def main() -> None:
    path, action = sys.argv[1:]
    if action == "paint":
        run(path, painting, 12, workers=2)
    elif action == "wait":
        run(path, patient, 2)
    elif action == "leave":  # an orderly end of the interpreter, mid-batch
        session = bg.BatchSession(painting, path)
        session.set_batch_config({"batch_size": 200})
        session.start_batch()
    elif action == "race":
        session = bg.BatchSession(patient, path)
        say("ready")
        sys.stdin.readline()
        try:
            say("won", batch=session.start_batch().id)
        except bg.ProjectError as error:
            say("lost", error=str(error))
        sys.stdin.readline()
    elif action == "open":
        sys.stdin.readline()
        bg.Project(path)
        say("opened")
    elif action == "read":
        batches = bg.Project(path).batches()
        say(
            "read",
            batches=[
                {
                    "id": batch.id,
                    "status": str(batch.status),
                    "tasks": [[str(t.status), t.attempt, dict(t.params), dict(t.metrics), t.log] for t in batch.tasks],
                    "files": [[str(a.path), a.file_size, a.mark, a.open().size] for a in batch.results],  # type: ignore[union-attr]
                    "marks": [len(batch.favorites), len(batch.discarded)],
                }
                for batch in batches
            ],
        )


if __name__ == "__main__":
    main()
