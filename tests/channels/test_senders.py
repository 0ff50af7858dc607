"""Which sender carries what: one a provider and process, as the settings say."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.channels import senders
from bot.channels.base import FailureReason, SendFailed
from bot.channels.meta import MetaWhatsApp
from bot.channels.twilio import TwilioSms
from bot.channels.twilio_whatsapp import TwilioWhatsApp
from bot.db import Database
from bot.models import Channel, Provider
from bot.settings import settings
from tests.channels.provider import ACCOUNT, META_TOKEN, PHONE_ID, TOKEN

SET_UP = {
    "TWILIO_ACCOUNT_SID": ACCOUNT,
    "TWILIO_AUTH_TOKEN": TOKEN,
    "TWILIO_FROM": "+15005550006",
    "TWILIO_WHATSAPP_FROM": "+15005550010",
    "META_ACCESS_TOKEN": META_TOKEN,
    "META_PHONE_NUMBER_ID": PHONE_ID,
    "GT_WHATSAPP": "true",
}


@pytest.fixture(autouse=True)
def nothing_is_kept(sqlite_db: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in SET_UP.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    senders.close()
    yield
    senders.close()


@pytest.mark.parametrize(
    ("channel", "provider", "kind"),
    [
        (Channel.SMS, Provider.TWILIO, TwilioSms),
        (Channel.WHATSAPP, Provider.TWILIO, TwilioWhatsApp),
        (Channel.WHATSAPP, Provider.META, MetaWhatsApp),
    ],
)
def test_each_way_out_has_its_sender_and_keeps_it(channel: Channel, provider: Provider, kind: type) -> None:
    found = senders.of(channel, provider)
    assert isinstance(found, kind)
    assert found.name == channel
    assert senders.of(channel, provider) is found


@pytest.mark.parametrize("provider", Provider)
def test_c14_whatsapp_is_off_until_it_is_switched_on(monkeypatch: pytest.MonkeyPatch, provider: Provider) -> None:
    monkeypatch.setenv("GT_WHATSAPP", "false")
    settings.cache_clear()
    with pytest.raises(SendFailed, match="GT_WHATSAPP") as failed:
        senders.of(Channel.WHATSAPP, provider)
    assert (failed.value.reason, failed.value.retryable) == (FailureReason.REFUSED, False)


@pytest.mark.parametrize(("channel", "provider"), [(Channel.SMS, Provider.META), (Channel.WEB, Provider.TWILIO)])
def test_there_is_no_way_out_that_nobody_carries(channel: Channel, provider: Provider) -> None:
    with pytest.raises(SendFailed):
        senders.of(channel, provider)


def test_other_settings_make_another_sender() -> None:
    before = senders.of(Channel.SMS, Provider.TWILIO)
    settings.cache_clear()
    assert senders.of(Channel.SMS, Provider.TWILIO) is not before
