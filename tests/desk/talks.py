"""An agent who speaks with a customer, ready to do something for them."""

from __future__ import annotations

import uuid
from typing import Any

import httpx
import sqlalchemy as sa

from bot import clock
from bot.conversations import handoff, transcript
from bot.db import lock
from bot.models import AuditEntry, Author, Conversation, Customer, Invoice, Message
from tests import factories
from tests.desk.desks import Desk, Visit, waiting


class Talk:
    """Ana speaks with Maya, who has proven who she is and owes 260.50: 200.50 of it overdue, on INV-1001 and -1002."""

    def __init__(self, desk: Desk, **given: Any) -> None:
        self.desk = desk
        with desk.db.transaction() as session:
            maya = factories.maya(session)
            self.customer_id = maya.id
            self.id = waiting(session, maya, "Can somebody help me?")
            row = session.get_one(Conversation, self.id)
            for name, value in given.items():
                setattr(row, name, value)
            handoff.claim(session, self.id, desk.ana)
            self.invoices = {row.number: row.id for row in session.scalars(sa.select(Invoice))}

    def get(self, visit: Visit, path: str) -> httpx.Response:
        """Read of the conversation."""
        return visit.get(f"conversations/{self.id}/{path}")

    def post(self, visit: Visit, path: str, **body: Any) -> httpx.Response:
        """Write to the conversation, with a press of its own unless one is given."""
        return visit.post(f"conversations/{self.id}/{path}", {"client_id": str(uuid.uuid4())} | body)

    def dossier(self, visit: Visit) -> Any:
        """All that the page shows."""
        return visit.get(f"conversations/{self.id}").json()

    def said(self) -> list[Message]:
        """What Ana said, notes aside."""
        with self.desk.db.reading() as session:
            return [m for m in transcript.after(session, self.id) if m.author == Author.AGENT]

    def lapse(self) -> None:
        """The proof of identity runs out."""
        with self.desk.db.transaction() as session:
            row = lock(session, Conversation, self.id)
            assert row is not None
            row.verified_until = clock.now()

    def customer(self, session: Any) -> Customer:
        """Maya."""
        found: Customer = session.get_one(Customer, self.customer_id)
        return found

    def audited(self, *starts: str) -> list[str]:
        """What was written down, in order, of what begins so."""
        with self.desk.db.reading() as session:
            kinds = session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.id))
            return [kind for kind in kinds if kind.startswith(starts)]
