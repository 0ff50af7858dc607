"""At the foot of an e-mail stands what the law of a place asks, which implies nothing (C10, P1)."""

from __future__ import annotations

from bot import disclosures
from bot.channels import outbox
from bot.db import Database
from bot.models import Channel, Provider, ReminderKind
from tests.channels.mail_server import ADDRESS, Box
from tests.channels.phones import Phone

CNPJ = "Juniper & Finch Home, 1 Example Street, 00000 Example Town. CNPJ 00.000.000/0000-00"


def test_an_e_mail_says_at_its_foot_who_writes_and_not_again_above(box: Box, sqlite_db: Database) -> None:
    talk = Phone(sqlite_db, channel=Channel.EMAIL, provider=Provider.SMTP, number=ADDRESS, locale="pt-BR")
    talk.hears("Há uma mensagem para você.")
    assert outbox.send_due(sqlite_db) == 1
    (mail,) = box.mails
    for kind in ("plain", "html"):
        part = mail.get_body((kind,))
        assert part is not None
        assert part.get_content().replace("&amp;", "&").count(CNPJ) == 1
    above = disclosures.in_reminder("BR", "pt-BR", ReminderKind.INVOICE, is_first=True, by_email=True)
    assert CNPJ not in above
    assert len(above) == 1
