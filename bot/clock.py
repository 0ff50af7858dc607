"""The one clock: every instant in the product comes from `now()`.

The demo may move it (`follow`); without the sandbox nothing can.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

Source = Callable[[], dt.datetime]


def _system() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


_source: Source = _system


def now() -> dt.datetime:
    """The present instant, aware and in UTC."""
    return _source()


def today(zone: str) -> dt.date:
    """The present calendar date in the IANA time zone `zone`."""
    return now().astimezone(ZoneInfo(zone)).date()


def use(source: Source | None) -> None:
    """Replace the source of time (tests); `None` restores the system's."""
    global _source
    _source = source or _system


def follow(path: Path) -> None:
    """Add the offset in seconds that `path` holds to the system's time, in every process that follows it.

    A missing file means no offset. Called only when the sandbox is switched on (`GT_SANDBOX`).
    """
    use(_Followed(path).now)


class _Followed:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp = -1
        self._offset = dt.timedelta(0)

    def now(self) -> dt.datetime:
        try:
            stamp = os.stat(self._path).st_mtime_ns
        except FileNotFoundError:
            return _system()
        if stamp != self._stamp:
            self._offset = dt.timedelta(seconds=float(self._path.read_text() or "0"))
            self._stamp = stamp
        return _system() + self._offset
