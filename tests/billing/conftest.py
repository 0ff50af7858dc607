"""The payment service of a test: the fake, or the real gateway before a sandbox of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.billing.fake_gateway import FakeGateway
from tests.billing.gateway_world import FakeWorld, SandboxWorld, World
from tests.sandbox.running import Receiver, Running, receiver, running


@pytest.fixture
def hooks() -> Iterator[Receiver]:
    """Where the sandbox's webhooks arrive."""
    with receiver() as kept:
        yield kept


@pytest.fixture
def sandbox(tmp_path: Path, hooks: Receiver) -> Iterator[Running]:
    """A fresh sandbox whose webhooks go to `hooks`."""
    with running(tmp_path, hooks.url) as server:
        yield server


@pytest.fixture(params=["fake", "sandbox"])
def world(request: pytest.FixtureRequest) -> World:
    """Runs a test of the gateway's contract against both."""
    if request.param == "fake":
        return FakeWorld(FakeGateway())
    return SandboxWorld(request.getfixturevalue("sandbox"))
