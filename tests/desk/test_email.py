"""A conversation by e-mail at the desk: listed, filtered, counted in no parts, and its sender told apart (T1, P1)."""

from __future__ import annotations

import uuid

from bot.conversations import handoff, transcript
from bot.models import Author, Channel, Provider
from tests import factories
from tests.channels.mail_server import ADDRESS
from tests.desk.desks import Desk, Visit


def mailing(desk: Desk, *, claimed: bool = False) -> uuid.UUID:
    """Somebody who wrote an e-mail and asked for a person."""
    with desk.db.transaction() as session:
        row = factories.conversation(session, channel=Channel.EMAIL, provider=Provider.SMTP, address=ADDRESS)
        transcript.append(session, row, author=Author.CUSTOMER, text="Can I talk to somebody?")
        handoff.request(session, row.id, reason="request_human", skill="general", summary={})
        if claimed:
            handoff.claim(session, row.id, desk.ana)
        return row.id


def test_it_waits_in_the_queue_under_the_house_of_its_address(desk: Desk, ana: Visit) -> None:
    mailing(desk)
    for query, found in (("queue", 1), ("queue?channel=email", 1), ("queue?channel=sms", 0)):
        waiting = ana.get(query).json()["waiting"]
        assert [(item["channel"], item["number_end"]) for item in waiting] == [("email", "@example.com")] * found


def test_what_is_written_there_is_one_e_mail_and_has_no_window(desk: Desk, ana: Visit) -> None:
    conversation_id = mailing(desk, claimed=True)
    whole = ana.get(f"conversations/{conversation_id}").json()
    assert (whole["phone"]["parts"], whole["phone"]["window_until"], whole["phone"]["barrier"]) == (False, None, None)
    sent = ana.post(f"conversations/{conversation_id}/messages", {"client_id": str(uuid.uuid4()), "text": "Of course."})
    assert sent.status_code in (200, 201, 202)
    newest = ana.get(f"conversations/{conversation_id}").json()["messages"][-1]
    assert (newest["text"], newest["delivery"]) == ("Of course.", "queued")
