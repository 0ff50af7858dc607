"""Lists of Twilio's messages: newest first, by number and by the time they were sent, in pages."""

from __future__ import annotations

import datetime as dt
import email.utils
import json
from typing import Any
from urllib.parse import parse_qsl, urlencode

from sandbox.refusal import TwilioRefusal
from sandbox.store import Store
from sandbox.twilio_message import standing_now

Object = dict[str, Any]


def page(store: Store, path: str, encoded: str) -> Object:
    """One page for a query such as `To=…&DateSent%3E=2026-03-02T15:00:00Z&PageSize=50`. Raises `TwilioRefusal`."""
    asked = dict(parse_qsl(encoded, keep_blank_values=True))
    size, number = _whole(asked, "PageSize", 50, 1, 1000), _whole(asked, "Page", 0, 0, 10**9)
    found = [one for one in _messages(store, asked) if _in_time(one, asked)]
    start = number * size
    shown = found[start : start + size]

    def uri(place: int) -> str:
        kept = {name: value for name, value in asked.items() if name not in ("Page", "PageToken", "PageSize")}
        return f"{path}?{urlencode({**kept, 'PageSize': size, 'Page': place})}"

    return {
        "end": start + max(len(shown) - 1, 0),
        "first_page_uri": uri(0),
        "messages": shown,
        "next_page_uri": uri(number + 1) if start + size < len(found) else None,
        "page": number,
        "page_size": size,
        "previous_page_uri": uri(number - 1) if number else None,
        "start": start,
        "uri": uri(number),
    }


def _messages(store: Store, asked: dict[str, str]) -> list[Object]:
    query = """SELECT body FROM objects WHERE kind = 'twilio.message' AND ? IN ('', json_extract(body, '$.data.to'))
        AND ? IN ('', json_extract(body, '$.data.from')) ORDER BY seq DESC"""
    rows = store.rows(query, asked.get("To", ""), asked.get("From", ""))
    return [standing_now(json.loads(row["body"])) for row in rows]


def _in_time(message: Object, asked: dict[str, str]) -> bool:
    bounds = {name: _instant(asked[name]) for name in ("DateSent", "DateSent<", "DateSent>") if asked.get(name)}
    if not bounds:
        return True
    if message["date_sent"] is None:
        return False
    sent = email.utils.parsedate_to_datetime(message["date_sent"])
    exact, before, after = bounds.get("DateSent"), bounds.get("DateSent<"), bounds.get("DateSent>")
    return (
        (exact is None or exact.date() == sent.date())
        and (before is None or sent <= before)
        and (after is None or sent >= after)
    )


def _instant(written: str) -> dt.datetime:
    try:
        found = dt.datetime.fromisoformat(written)
    except ValueError as error:
        raise TwilioRefusal(20001, f"Invalid date {written}") from error
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def _whole(asked: dict[str, str], name: str, default: int, least: int, most: int) -> int:
    written = asked.get(name, str(default))
    if not written.isdecimal() or not least <= int(written) <= most:
        raise TwilioRefusal(20001, f"{name} is invalid")
    return int(written)
