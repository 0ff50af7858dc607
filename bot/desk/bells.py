"""Ringing for everybody at the desk from a route: these run beside the event loop, on which bells are rung."""

from __future__ import annotations

from functools import partial

from anyio import from_thread
from fastapi import Request

from bot.conversations.signals import DESK, Signals


def ring_desk(request: Request) -> None:
    """Something has changed that open desks show."""
    signals: Signals = request.app.state.signals
    from_thread.run_sync(partial(signals.ring, DESK))
