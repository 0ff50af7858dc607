"""Reading an import file in a process of its own, so that rows are checked while others are written."""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import gc
import multiprocessing
import os
import signal
from collections.abc import Callable, Generator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

from bot import clock
from bot.billing.importing import import_seen
from bot.billing.importing.import_rows import Row
from bot.billing.importing.import_seen import Chunk
from bot.errors import GoodTermsError

R = TypeVar("R", bound=Row)

AHEAD = 2**20  # bytes, a dozen chunks
# A process takes about a second to start: what is read sooner than that is read here.
LONG = 8_000_000


class ReaderDied(GoodTermsError):
    """The process that read the file ended before the file did; nothing of it was taken."""

    code = "reader_died"


def read(
    path: Path, columns: tuple[str, ...], parse: Callable[[int, dict[str, str]], R]
) -> Generator[Chunk[R], None, None]:
    """As `import_seen.read`; one of `LONG` bytes or more by a process of its own where there is a core for it.

    That process is a pipe's content ahead at most, so memory stays bounded. `parse` must be importable there, and a
    script that imports files must be importable itself (`if __name__ == "__main__"`). Raises what `import_seen.read`
    raises, and `ReaderDied`.
    """
    if path.is_file() and path.stat().st_size >= LONG and (os.cpu_count() or 1) > 1:
        return _read_apart(path, columns, parse)
    return import_seen.read(path, columns, parse)


def _read_apart(path: Path, *how: Any) -> Generator[Chunk[Any], None, None]:
    # Not forked: a copy of a process with threads and open database connections may stop at any lock.
    fresh = multiprocessing.get_context("spawn")
    ours, theirs = fresh.Pipe(duplex=False)
    _widen(theirs)
    reader = fresh.Process(target=_send, args=(theirs, clock.now(), path, *how), daemon=True)
    reader.start()
    theirs.close()
    try:
        while (said := _received(ours, path)) is not None:
            if isinstance(said, GoodTermsError):
                raise said
            yield said
    finally:
        ours.close()
        reader.terminate()
        reader.join()
        reader.close()


def _widen(pipe: Connection) -> None:
    # A pipe holds less than a chunk by default, and the one process would wait for the other all the time.
    with contextlib.suppress(OSError):
        if hasattr(fcntl, "F_SETPIPE_SZ"):
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, AHEAD)


def _received(ours: Connection, path: Path) -> Any:
    try:
        return ours.recv()
    except EOFError:
        raise ReaderDied(f"{path.name} was not read to its end, so nothing of it was taken.", about=path) from None


def _send(theirs: Connection, now: dt.datetime, path: Path, *how: Any) -> None:
    # Ctrl-C reaches both processes: the one that writes ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    clock.use(lambda: now)
    gc.disable()  # as `importing` does, and for the same reason
    try:
        try:
            for chunk in import_seen.read(path, *how):
                theirs.send(chunk)
            theirs.send(None)
        except GoodTermsError as error:
            theirs.send(error)
    except BrokenPipeError:
        return  # nobody reads on
