"""Ringing from a route: these run beside the event loop, on which bells are rung."""

from __future__ import annotations

import uuid
from functools import partial

from anyio import from_thread
from fastapi import Request

from bot.conversations.signals import DESK, Signals


def ring(request: Request, topic: uuid.UUID | str | None = DESK) -> None:
    """Tell whoever looks at the conversation `topic`, and every open desk, that something has changed; without a topic
    the desks alone, for None nobody."""
    if topic is not None:
        signals: Signals = request.app.state.signals
        from_thread.run_sync(partial(signals.ring, topic, desk=True))
