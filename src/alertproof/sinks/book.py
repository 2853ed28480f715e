"""The record of a capture: requests and faults, written by many threads, read and waited on by one."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from alertproof.model.observation import Request

POLL_SECONDS = 0.2


class Book:
    """Requests in the order of their arrival, and what went wrong on the wire."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._requests: list[Request] = []
        self._faults: list[str] = []
        self._start = time.monotonic()

    def mark_start(self) -> None:
        """Count `at_s` from now on."""
        self._start = time.monotonic()

    def elapsed_s(self) -> float:
        """Give the seconds since the start."""
        return time.monotonic() - self._start

    def record(self, request: Request) -> None:
        """Add a request and wake whoever waits."""
        with self._changed:
            self._requests.append(request)
            self._changed.notify_all()

    def fault(self, text: str) -> None:
        """Add a fault: a request that was none, a client that was lost, TLS that failed."""
        with self._changed:
            self._faults.append(text)
            self._changed.notify_all()

    def requests(self) -> tuple[Request, ...]:
        """Give the requests so far."""
        with self._changed:
            return tuple(self._requests)

    def faults(self) -> tuple[str, ...]:
        """Give the faults so far."""
        with self._changed:
            return tuple(self._faults)

    def wait(
        self,
        predicate: Callable[[tuple[Request, ...]], bool],
        timeout_s: float,
        poll: Callable[[], None] | None = None,
    ) -> bool:
        """Give True as soon as the requests satisfy `predicate`, False after `timeout_s`.

        `poll` is called with every look, some five times a second; what it raises ends the wait.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            seen = self.requests()
            if predicate(seen):
                return True
            if poll is not None:
                poll()
            rest = deadline - time.monotonic()
            if rest <= 0:
                return False
            self._await_more_than(len(seen), min(POLL_SECONDS, rest))

    def _await_more_than(self, count: int, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: len(self._requests) > count, seconds)
