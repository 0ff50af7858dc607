"""E-mail switched on, with a real server on this machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.channels import senders
from bot.settings import settings
from tests.channels.mail_server import FROM, Box, mail_server


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Iterator[Box]:
    """What the server has taken; the product sends there."""
    with mail_server() as found:
        for name, value in (("HOST", "127.0.0.1"), ("PORT", str(found.port)), ("TLS", "off"), ("FROM", FROM)):
            monkeypatch.setenv(f"GT_SMTP_{name}", value)
        settings.cache_clear()
        yield found
        senders.close()
    settings.cache_clear()
