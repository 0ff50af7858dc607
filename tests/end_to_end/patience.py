"""Waiting for what other processes do: it is looked for again and again, and never longer than it takes."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import TypeVar

import httpx

T = TypeVar("T")

PATIENCE_S = 90
LOOK_EVERY_S = 0.1


def until(look: Callable[[], T | None], what: str | Callable[[], str], patience_s: float = PATIENCE_S) -> T:
    """What `look` gives as soon as it gives something; connections that break meanwhile are part of the game. `what` is
    said when it never does."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        with contextlib.suppress(httpx.TransportError):
            if found := look():
                return found
        time.sleep(LOOK_EVERY_S)
    raise AssertionError(f"{what if isinstance(what, str) else what()}: not within {patience_s} s")
