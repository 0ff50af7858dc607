"""What was sent to whom, whatever the channel: the demo customer's phone and the tests read it here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sandbox.clock import Clock
from sandbox.store import Store


@dataclass(frozen=True, slots=True)
class Outbox:
    """Kept in the store, newest last."""

    store: Store
    clock: Clock

    def keep(self, to: str, channel: str, body: str) -> None:
        """Remember one message as it went out."""
        at = self.clock.now().isoformat().replace("+00:00", "Z")
        self.store.run(
            "INSERT INTO outbox (recipient, channel, body, at) VALUES (?, ?, ?, ?)", address(to), channel, body, at
        )

    def read(self, to: str | None = None) -> list[dict[str, Any]]:
        """`[{to, channel, body, at}]`, all of them or one address's."""
        query = "SELECT recipient, channel, body, at FROM outbox WHERE ? IN ('', recipient) ORDER BY id"
        rows = self.store.rows(query, address(to or ""))
        return [
            {"to": row["recipient"], "channel": row["channel"], "body": row["body"], "at": row["at"]} for row in rows
        ]

    def addresses(self) -> list[str]:
        """Everybody who has received something."""
        return [row["recipient"] for row in self.store.rows("SELECT DISTINCT recipient FROM outbox ORDER BY recipient")]


def address(written: str) -> str:
    """One spelling for an address: an e-mail in small letters, a number as + and digits.

    A + that was not encoded in an address line arrives as a space, and WhatsApp's prefix is a channel, not an address.
    """
    bare = written.strip().removeprefix("whatsapp:").strip()
    if "@" in bare:
        return bare.lower()
    digits = re.sub(r"[\s().+-]", "", bare)
    return f"+{digits}" if digits.isdigit() else bare
