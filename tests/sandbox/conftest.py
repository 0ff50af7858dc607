"""A sandbox for each test, and the official library pointed at it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import stripe

from tests.sandbox.running import KEY, Receiver, Running, receiver, running


@pytest.fixture
def hooks() -> Iterator[Receiver]:
    """Where webhooks arrive."""
    with receiver() as kept:
        yield kept


@pytest.fixture
def sandbox(tmp_path: Path, hooks: Receiver) -> Iterator[Running]:
    """A fresh sandbox whose webhooks go to `hooks`."""
    with running(tmp_path, hooks.url) as server:
        yield server


@pytest.fixture
def client(sandbox: Running) -> stripe.StripeClient:
    """Stripe's official library, talking to the sandbox."""
    return stripe.StripeClient(KEY, base_addresses={"api": sandbox.url}, max_network_retries=0)
