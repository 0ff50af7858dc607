"""The outbox: what was written down goes out, once, in its order, between transactions (T1, T2, T4, C5).

What fails for a while is tried again; what may have gone out is looked for before that; what must not go is withheld.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from bot.channels import senders
from bot.channels.base import Sender
from bot.channels.outbox import attempt, queue
from bot.channels.outbox.permission import Barrier, may_go, may_write
from bot.channels.outbox.queue import Line, Senders, Taken
from bot.db import Database

__all__ = ["Barrier", "Line", "due", "may_go", "may_write", "post", "send_due"]

THREADS = 8


def send_due(db: Database, delivery_ids: Sequence[uuid.UUID] | None = None, *, sender: Sender | None = None) -> int:
    """Send everything that is due, or what is due of `delivery_ids` with all that waits behind it; how many pieces were
    handed to a provider. Conversations go side by side, the pieces of one after each other.

    Raises nothing for a failing provider: the delivery waits, longer each time, or is marked.
    """
    sent = 0
    while lines := due(db, delivery_ids):
        if len(lines) == 1:
            sent += post(db, lines[0], sender=sender)
            continue
        with ThreadPoolExecutor(min(THREADS, len(lines)), thread_name_prefix="post") as threads:
            sent += sum(threads.map(lambda line: post(db, line, sender=sender), lines))
    return sent


def due(db: Database, delivery_ids: Sequence[uuid.UUID] | None = None) -> list[Line]:
    """The lines in which something is due now: conversations, and one-time codes by themselves."""
    with db.reading() as session:
        return queue.due(session, None if delivery_ids is None else list(delivery_ids))


def post(db: Database, line: Line, *, sender: Sender | None = None) -> int:
    """Send one line's pieces in their order until none is due, or one has to wait; how many the provider has taken."""
    found: Senders = senders.of if sender is None else lambda _channel, _provider: sender
    sent = 0
    while True:
        with db.transaction() as session:
            taken = queue.take_up(session, line, found)
        if isinstance(taken, Taken):
            if not attempt.run(db, taken):
                return sent
            sent += 1
        elif not taken or line.conversation_id is None:
            return sent
