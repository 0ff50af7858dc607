"""The demo's clock: an offset in seconds in `$GT_VAR/clock`, which every process of the product follows."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import isodate


class Clock:
    """The system's time plus the offset."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def now(self) -> dt.datetime:
        """The demo's present, aware and in UTC."""
        return dt.datetime.now(dt.UTC) + self.offset()

    def timestamp(self) -> int:
        """The demo's present in whole seconds since 1970, as Stripe counts."""
        return int(self.now().timestamp())

    def offset(self) -> dt.timedelta:
        """How far the demo is ahead of the system."""
        try:
            return dt.timedelta(seconds=float(self._path.read_text() or "0"))
        except FileNotFoundError:
            return dt.timedelta(0)

    def advance(self, duration: str) -> dt.datetime:
        """Move forward by an ISO 8601 duration ("P1D", "PT30M", "P1M"); gives the new present.

        Raises `ValueError` for what is no duration, or one that would move the clock back.
        """
        try:
            step: dt.timedelta | isodate.Duration = isodate.parse_duration(duration)
            if isinstance(step, isodate.Duration):
                # A month is as long as the months that follow.
                step = step.totimedelta(start=self.now())
            moved = self.now() + step
        except (isodate.ISO8601Error, TypeError, OverflowError) as error:
            raise ValueError(f"{duration!r} is no ISO 8601 duration such as P1D or PT30M") from error
        if step <= dt.timedelta(0):
            raise ValueError("the clock only moves forward")
        self._write(self.offset() + step)
        return moved

    def _write(self, offset: dt.timedelta) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        before = self._path.stat().st_mtime_ns if self._path.exists() else 0
        fresh = self._path.with_suffix(".new")
        fresh.write_text(repr(offset.total_seconds()))
        # Followers look at the time of the file; two steps within one tick of the file system must not look the same.
        stamp = max(fresh.stat().st_mtime_ns, before + 1)
        os.utime(fresh, ns=(stamp, stamp))
        fresh.replace(self._path)
