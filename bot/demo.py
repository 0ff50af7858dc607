"""The demo: its own secrets, the design's customers and agents, and the sandbox in place of providers."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import sqlalchemy as sa
from dotenv import dotenv_values

from bot import clock, migrations
from bot.billing import importing
from bot.db import Database
from bot.desk.auth import add_agent
from bot.models import Agent, Customer, Role
from bot.settings import ROOT

AGENTS = (("ana@example.com", "Ana", Role.AGENT), ("sol@example.com", "Sol", Role.SUPERVISOR))
PASSWORD = "kind-words-only"  # noqa: S105 - the demo's published password (design section 9)
KEYS = {"STRIPE": "STRIPE_API_KEY", "TWILIO": "TWILIO_AUTH_TOKEN"}
FILES = ROOT / "data" / "demo"


def environment(var: Path) -> dict[str, str]:
    """The demo's settings, kept in `var/demo.env` so that a restart understands what the last run wrote.

    What the caller's environment says wins.
    """
    path = var / "demo.env"
    if not path.exists():
        var.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text("".join(f"{name}={value}\n" for name, value in _fresh().items()))
    kept = {name: value for name, value in dotenv_values(path).items() if value is not None}
    given = {name: value for name, value in os.environ.items() if value}
    sandbox = f"http://127.0.0.1:{given.get('GT_SANDBOX_PORT', '8010')}"
    # Whoever brings a key of their own means the provider itself.
    stand_ins = {f"{name}_API_BASE": sandbox for name, key in KEYS.items() if key not in given}
    return {**os.environ, **stand_ins, **kept, **given, "GT_VAR": str(var), "GT_SANDBOX": "true"}


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
    if not has_agents:
        with db.transaction() as session:
            for email, name, role in AGENTS:
                add_agent(session, email=email, name=name, role=role, password=PASSWORD)


def follow_clock(var: Path) -> None:
    """The loader reckons `today-45` by the demo's clock, as the processes will."""
    clock.follow(var / "clock")
