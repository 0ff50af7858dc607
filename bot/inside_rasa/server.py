"""Starts Rasa: `python -m bot.inside_rasa.server`, on the loopback interface only.

Settings: GT_RASA_PORT, GT_RASA_TOKEN, GT_ACTIONS_URL, GT_TRACKER_URL, GT_RASA_MODEL (a model or a folder of models) and
REDIS_URL (locks between several such processes; without it one process must serve all).
"""

from __future__ import annotations

from bot.inside_rasa import quick_start  # noqa: F401  isort: skip  (before anything of Rasa's)

import logging
from asyncio import AbstractEventLoop
from typing import Optional

from rasa.core.agent import Agent
from rasa.core.lock_store import InMemoryLockStore, LockStore
from rasa.exceptions import ModelNotFound
from rasa.shared.core.domain import Domain
from rasa.utils.endpoints import EndpointConfig
from sanic import Sanic

from bot.inside_rasa import private_log, tuning
from bot.inside_rasa.action_server import KeptSession
from bot.inside_rasa.channel import LARGEST_BODY, GoodTermsInput
from bot.inside_rasa.lock_store import RedisLocks
from bot.inside_rasa.settings import Settings
from bot.inside_rasa.tracker_store import ConversationStore
from bot.inside_rasa.variations import VariedResponses

HOST = "127.0.0.1"
KEEP_ALIVE_SECONDS = 75
LONGEST_TURN_SECONDS = 120

logger = logging.getLogger("bot.inside_rasa.server")


def main() -> None:
    """Serves until it is told to stop (SIGTERM, SIGINT). Raises SystemExit with a sentence when it cannot start."""
    formatter = private_log.configure()
    settings = Settings.read()
    app = make_app(settings)

    @app.after_server_start
    async def started(app: Sanic, loop: AbstractEventLoop) -> None:
        formatter.discreet = True
        logger.info("Ready on %s:%d.", HOST, settings.port)

    app.run(host=HOST, port=settings.port, workers=1, access_log=False, motd=False, register_sys_signals=True)


def make_app(settings: Settings) -> Sanic:
    """The application with its model loaded."""
    channel = GoodTermsInput(settings.token)
    agent = load(settings)
    app = Sanic("goodterms-rasa", configure_logging=False)
    app.config.REQUEST_MAX_SIZE = 2 * LARGEST_BODY
    app.config.KEEP_ALIVE_TIMEOUT = KEEP_ALIVE_SECONDS
    app.config.RESPONSE_TIMEOUT = LONGEST_TURN_SECONDS
    app.ctx.agent = agent
    app.blueprint(channel.blueprint(agent.handle_message), url_prefix=f"/webhooks/{channel.url_prefix()}")

    @app.after_server_stop
    async def close(app: Sanic, loop: AbstractEventLoop) -> None:
        kept: Optional[KeptSession] = getattr(agent.action_endpoint, "_kept_session", None)
        if kept is not None:
            await kept.close()
        if isinstance(agent.lock_store, RedisLocks):
            await agent.lock_store.close()
        if isinstance(agent.tracker_store, ConversationStore):
            await agent.tracker_store.close()

    return app


def load(settings: Settings) -> Agent:
    """Rasa's agent with our tracker store and the newest model; raises SystemExit when there is no model."""
    tuning.apply()
    agent = Agent(
        generator=VariedResponses(),
        tracker_store=ConversationStore(Domain.empty(), host=settings.tracker_url),
        lock_store=lock_store(settings.redis_url),
        action_endpoint=EndpointConfig(url=settings.actions_url),
    )
    try:
        agent.load_model(str(settings.model))
    except ModelNotFound:
        raise SystemExit(
            f"There is no trained model at {settings.model}: "
            "run `python -m bot.inside_rasa.train`, or set GT_RASA_MODEL."
        ) from None
    return agent


def lock_store(redis_url: Optional[str]) -> LockStore:
    """Locks in Redis when there is an address, in memory otherwise."""
    return RedisLocks(redis_url) if redis_url else InMemoryLockStore()


if __name__ == "__main__":
    main()
