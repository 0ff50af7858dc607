"""How often we may begin: so many messages in any stretch of days, all media together (C2). Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from bot.policies.jurisdiction import Cap


def free_at(at: dt.datetime, begun: Sequence[dt.datetime], caps: Iterable[Cap]) -> dt.datetime:
    """The first instant from `at` on at which one more message keeps every cap; `begun` are those before, in any order.

    A stretch is so many times 24 hours, so that no calendar day and no week holds more, in whatever zone.
    """
    newest_first = sorted(begun, reverse=True)
    return max([at, *(_free(at, newest_first, cap) for cap in caps)])


def _free(at: dt.datetime, newest_first: Sequence[dt.datetime], cap: Cap) -> dt.datetime:
    if len(newest_first) < cap.messages:
        return at
    return newest_first[cap.messages - 1] + dt.timedelta(days=cap.days)
