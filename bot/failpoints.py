"""Failpoints: named places between "payment written" and "receipt sent" where a process can be made to die (S5).

They exist so that a test can kill the product in exactly that moment and see that nothing is lost or done twice. They
do nothing at all unless the sandbox is switched on.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

from bot.settings import settings

# In the order in which a payment passes them: a link is agreed and paid; then an instalment is taken from a saved card.
NAMES = (
    "outbox.claimed",
    "outbox.sent",
    "action.link_committed",
    "action.link_said",
    "turn.answered",
    "turn.recorded",
    "page.attempt_begun",
    "page.stripe_answered",
    "page.recorded",
    "webhook.stored",
    "event.claimed",
    "event.fetched",
    "event.settling",
    "event.settled",
    "event.processed",
    "webhook.told",
    "autopay.claimed",
    "autopay.begun",
    "autopay.charged",
    "autopay.told",
)


def reach(name: str) -> None:
    """Kill this process at once, as a power cut would, if the file that `armed` names holds exactly `name`.

    The file is removed first, so that of all processes one dies, once.
    """
    if not settings().sandbox:
        return
    path = armed(settings().var)
    try:
        if path.read_text().strip() != name:
            return
        path.unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


def armed(var: Path) -> Path:
    """The file in which the next failpoint is named."""
    return var / "failpoint"
