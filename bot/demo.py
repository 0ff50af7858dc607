"""The demo: its own secrets, the design's customers and agents, and the sandbox in place of providers."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import sqlalchemy as sa
from dotenv import dotenv_values
from sqlalchemy.orm import Session

from bot import clock, migrations
from bot.billing import importing
from bot.conversations import consents
from bot.db import Database
from bot.desk.agents import add_agent
from bot.models import Agent, Channel, ConsentSource, Customer, Purpose, Role
from bot.settings import ROOT

AGENTS = (("ana@example.com", "Ana", Role.AGENT), ("sol@example.com", "Sol", Role.SUPERVISOR))
PASSWORD = "kind-words-only"  # noqa: S105 - the demo's published password (design section 9)
# What leads to a stand-in, unless somebody brings a key of their own: they mean the provider itself.
STAND_INS = {
    "STRIPE_API_BASE": "STRIPE_API_KEY",
    "TWILIO_API_BASE": "TWILIO_AUTH_TOKEN",
    "TWILIO_CONTENT_API_BASE": "TWILIO_AUTH_TOKEN",
    "META_API_BASE": "META_ACCESS_TOKEN",
}
# E-mail goes to the sandbox, unless somebody names a server of their own.
MAIL = {
    "GT_SMTP_HOST": "127.0.0.1",
    "GT_SMTP_PORT": "8025",
    "GT_SMTP_TLS": "off",
    "GT_SMTP_FROM": "hello@juniperfinch.example",
}
REMINDED = {"GT-1003": Channel.SMS, "GT-1006": Channel.SMS, "GT-1007": Channel.WHATSAPP}
FILES = ROOT / "data" / "demo"


def environment(var: Path) -> dict[str, str]:
    """The demo's settings, kept in `var/demo.env` so that a restart understands what the last run wrote.

    What the caller's environment says wins.
    """
    path = var / "demo.env"
    var.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    kept = {name: value for name, value in dotenv_values(path).items() if value is not None}
    # All of them in a new folder; in an older one, what has been added since.
    added = {name: value for name, value in _fresh().items() if name not in kept}
    if added:
        with path.open("a") as file:
            file.writelines(f"{name}={value}\n" for name, value in added.items())
    given = {name: value for name, value in os.environ.items() if value}
    sandbox = f"http://127.0.0.1:{given.get('GT_SANDBOX_PORT', '8010')}"
    stand_ins = {base: sandbox for base, key in STAND_INS.items() if key not in given}
    stand_ins |= {name: value for name, value in MAIL.items() if "GT_SMTP_HOST" not in given}
    return {**os.environ, **stand_ins, **kept, **added, **given, "GT_VAR": str(var), "GT_SANDBOX": "true"}


def _fresh() -> dict[str, str]:
    return {
        "GT_SECRET_KEY": secrets.token_urlsafe(48),
        "GT_RASA_TOKEN": secrets.token_urlsafe(32),
        "GT_IDENTITY_SECRET": secrets.token_urlsafe(48),
        "STRIPE_API_KEY": f"sk_test_{secrets.token_hex(24)}",
        "STRIPE_WEBHOOK_SECRET": f"whsec_{secrets.token_hex(24)}",
        "TWILIO_ACCOUNT_SID": f"AC{secrets.token_hex(16)}",
        "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
        "TWILIO_FROM": "+15005550006",
        "TWILIO_WHATSAPP_FROM": "+15005550010",
        "META_ACCESS_TOKEN": f"EAA{secrets.token_hex(24)}",
        "META_APP_SECRET": secrets.token_hex(16),
        "META_VERIFY_TOKEN": secrets.token_urlsafe(24),
        "META_PHONE_NUMBER_ID": f"1{secrets.randbelow(10**14):014}",
        "GT_WHATSAPP": "true",
        "GT_SANDBOX_PACE_S": "0.4",
    }


def load(db: Database) -> None:
    """Migrate, and load the demo's customers and agents into an empty database. What is there already stays."""
    migrations.upgrade(db)
    with db.reading() as session:
        has_customers = session.scalar(sa.select(Customer.id).limit(1)) is not None
        has_agents = session.scalar(sa.select(Agent.id).limit(1)) is not None
    if not has_customers:
        files = (FILES / f"{name}.csv" for name in ("customers", "invoices", "plans"))
        importing.import_files(db, *files, demo=True)
        with db.transaction() as session:
            _opt_in(session)
    if not has_agents:
        with db.transaction() as session:
            for email, name, role in AGENTS:
                add_agent(session, email=email, name=name, role=role, password=PASSWORD)


def _opt_in(session: Session) -> None:
    """Some of the demo's customers have asked to be reminded on their phones: one who has a plan, one who reads Spanish
    and one who reads Portuguese (C14)."""
    for account, channel in REMINDED.items():
        customer = session.scalars(sa.select(Customer).where(Customer.account_number == account)).first()
        if customer is not None and customer.phone is not None:
            consents.record(
                session,
                channel=channel,
                address=customer.phone,
                granted=True,
                source=ConsentSource.IMPORT,
                detail="demo",
                customer_id=customer.id,
                purpose=Purpose.REMINDERS,
            )


def follow_clock(var: Path) -> None:
    """The loader reckons `today-45` by the demo's clock, as the processes will."""
    clock.follow(var / "clock")
