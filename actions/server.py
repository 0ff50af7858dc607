"""The rasa-sdk action server: one process, one event loop, loopback only, logs without a word of what was said (P7)."""

from __future__ import annotations

import datetime as dt
import logging
import warnings
from typing import Any

from rasa_sdk.endpoint import create_app
from rasa_sdk.executor import ActionExecutor
from sanic import Sanic

from actions import escalation, phrases
from actions.reading import dates, languages
from actions.talk import reaching
from bot import clock, help_lines, policies
from bot.conversations import hours
from bot.settings import settings

HOST = "127.0.0.1"
# Between the signal to stop and the end, an action that has begun may finish.
GRACE_S = 5.0


def main() -> None:
    """Serve until SIGTERM or SIGINT. Raises `SettingsInvalid` or `PolicyInvalid` before it listens."""
    configured = settings()
    if configured.sandbox:
        clock.follow(configured.clock_file)
    prepare()
    app = build()
    app.run(
        host=HOST,
        port=configured.actions_port,
        single_process=True,
        access_log=False,
        motd=False,
        debug=False,
    )


def prepare() -> None:
    """Read the policies, so that a wrong one is found at start, and do once what would slow the first customer down."""
    policies.check_all()
    escalation.criteria()
    help_lines.help_lines()
    phrases.Phrases("en-US")
    dates.read("March 3rd", dt.date(2000, 1, 1), "en-US")
    languages.in_english("hola")
    reaching.language("English")
    hours.is_open(clock.now())


def build() -> Sanic[Any, Any]:
    """The application with every action of this package."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for name in ("rasa_sdk", "sanic.root", "sanic.error", "sanic.server"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # Rasa 3.6 speaks the same protocol with this rasa-sdk (measured), which says otherwise with every call.
    warnings.filterwarnings("ignore", module=r"rasa_sdk\.utils")
    executor = ActionExecutor()
    executor.register_package("actions")
    app: Sanic[Any, Any] = create_app(executor)
    app.config.GRACEFUL_SHUTDOWN_TIMEOUT = GRACE_S
    app.config.KEEP_ALIVE_TIMEOUT = 75
    return app
