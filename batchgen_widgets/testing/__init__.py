"""Help for tests of generators, sessions and projects: no test has to sleep.

::

    gate = GatedGenerator()
    session = BatchSession(gate.generator, tmp_path)
    batch = session.start_batch()
    call = gate.next_call()  # the task runs now, and stays so
    call.finish()
    wait_for_state(batch, "completed")
"""

from __future__ import annotations

from .gates import GatedCall, GatedGenerator
from .states import reopen, wait_for, wait_for_state

__all__ = ["GatedCall", "GatedGenerator", "reopen", "wait_for", "wait_for_state"]
