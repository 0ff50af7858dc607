"""The demo's customers, as its own file lists them: who may hold the phone, and what they know of themselves."""

from __future__ import annotations

import csv
from functools import lru_cache

from sandbox.settings import ROOT

FILE = ROOT / "data" / "demo" / "customers.csv"
_FIELDS = {"name": "name", "phone": "number", "account_number": "account", "postcode": "postcode"}


@lru_cache(maxsize=1)
def people() -> tuple[dict[str, str], ...]:
    """`{name, number, account, postcode, born, language}`, in the file's order; none without the file."""
    if not FILE.exists():
        return ()
    with FILE.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    return tuple(
        {ours: row[theirs] for theirs, ours in _FIELDS.items()}
        | {"born": row["birth_date"], "language": row["language"]}
        for row in rows
    )


def name_of(number: str) -> str:
    """What somebody with this number calls themselves on WhatsApp."""
    return next((one["name"] for one in people() if one["number"] == number), "Somebody")
