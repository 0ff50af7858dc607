"""The front door on a real port with a scripted voice."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from bot.app import create_app
from bot.channels.front_door import FrontDoor
from bot.db import Database
from tests.billing.fake_gateway import FakeGateway
from tests.served import Visitor, served
from tests.voices import Voice


@pytest.fixture
async def voice() -> Voice:
    """What stands in for Rasa."""
    return Voice()


@pytest.fixture
async def gateway() -> FakeGateway:
    """What stands in for Stripe."""
    return FakeGateway()


@pytest.fixture
async def visitor(db: Database, voice: Voice, gateway: FakeGateway) -> AsyncIterator[Visitor]:
    """A customer who has opened the widget."""
    app = create_app(db=db, dialogue=voice, payments=gateway)
    async with served(app) as address, httpx.AsyncClient(base_url=address) as client:
        visitor = Visitor(client)
        visitor.door = app.state.front_door  # type: ignore[attr-defined]
        yield await visitor.open()


@pytest.fixture
async def door(visitor: Visitor) -> FrontDoor:
    """The front door behind `visitor`."""
    found: FrontDoor = visitor.door  # type: ignore[attr-defined]
    return found
