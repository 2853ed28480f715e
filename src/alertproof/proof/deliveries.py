"""All deliveries of a run: batches side by side, and what failed once more, in peace."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alertproof.errors import AlertproofError
from alertproof.model.proof import Verdict
from alertproof.proof.batches import live_batches
from alertproof.proof.delivery import Delivery, Pace, can_fire, deliver

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from alertproof.engines.host import Host
    from alertproof.proof.prove import RuleProof

# Live replays mostly wait.
_AT_ONCE = 10
# What failed is tried again with more time and fewer beside it.
_AGAIN_AT_ONCE = 3
_PATIENCE = 2.0

# By the id() of the proof that was delivered.
Found = dict[int, Delivery]


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Where and how alerts are delivered: `once`, where failures are what is looked for."""

    host: Host
    folder: Path
    progress: Callable[[str], None]
    realtime: bool = False
    once: bool = False

    def all(self, proofs: Sequence[RuleProof], hopeless: Collection[int] = ()) -> Found:
        """Give what became of each proof's alert.

        What should have succeeded and did not is tried once more: a busy machine is no defect, and a real fault fails
        again. `hopeless` are the id()s of proofs that are known to fail, as the found side of a defect is.
        """
        batches = live_batches(proofs)
        self.progress(f"delivering {len(proofs)} alerts in {len(batches)} live replays")
        found = self._batches(batches, _AT_ONCE, Pace(realtime=self.realtime))
        failed = [
            proof
            for proof in proofs
            if not self.once
            and id(proof) not in hopeless
            and can_fire(proof)
            and found[id(proof)].outcome.verdict is not Verdict.PROVED
            and found[id(proof)].replayed
        ]
        if failed:
            self.progress(f"delivering {len(failed)} alerts once more")
            found |= self._batches(live_batches(failed), _AGAIN_AT_ONCE, Pace(self.realtime, _PATIENCE))
        return found

    def _batches(self, batches: Sequence[Sequence[RuleProof]], at_once: int, pace: Pace) -> Found:
        stop = threading.Event()
        found: Found = {}
        with ThreadPoolExecutor(at_once) as pool:
            futures = [pool.submit(deliver, self.host, self.folder, batch, stop, pace) for batch in batches]
            try:
                for batch, future in zip(batches, futures, strict=True):
                    found |= {id(proof): delivery for proof, delivery in zip(batch, future.result(), strict=True)}
            except (KeyboardInterrupt, AlertproofError):
                # Every replay stops its own servers before the pool lets go.
                stop.set()
                for future in futures:
                    future.cancel()
                raise
        return found
