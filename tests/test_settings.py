"""Settings that are wrong stop the start, with their name and what they should be (design section 8)."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import demo
from bot.settings import Settings, SettingsInvalid, settings

ACCOUNT = "AC" + "0" * 31 + "1"
SERVICE = "MG" + "0" * 31 + "1"
TOKEN = "twilio-token-0123456789"
TWILIO = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN}
MAIL = {"GT_SMTP_HOST": "mail.example.com", "GT_SMTP_FROM": "hello@example.com"}
META = {"META_PHONE_NUMBER_ID": "106540352242922", "META_ACCESS_TOKEN": "meta-token-0123456789"}


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    settings.cache_clear()
    monkeypatch.delenv("GT_PUBLIC_URL", raising=False)
    return monkeypatch


def read(given: pytest.MonkeyPatch, **values: str) -> Settings:
    """The settings with these in the environment."""
    for name, value in values.items():
        given.setenv(name, value)
    settings.cache_clear()
    try:
        return settings()
    finally:
        settings.cache_clear()


@pytest.mark.parametrize(
    ("values", "name", "expected"),
    [
        ({"GT_SMTP_HOST": "mail.example.com"}, "GT_SMTP_FROM", "beside it"),
        ({**MAIL, "GT_SMTP_TLS": "off"}, "GT_SMTP_TLS", "this machine itself"),
        ({**MAIL, "GT_SMTP_TLS": "maybe"}, "GT_SMTP_TLS", "starttls|tls|off"),
        ({**MAIL, "GT_SMTP_USER": "us"}, "GT_SMTP_PASSWORD", "beside it"),
        ({**MAIL, "GT_SMTP_FROM": "Us <hello@example.com>"}, "GT_SMTP_FROM", "an address alone"),
        ({**MAIL, "GT_SMTP_REPLY_TO": "a-very-long-mailbox@example.com"}, "GT_SMTP_REPLY_TO", "an address alone"),
        ({"TWILIO_AUTH_TOKEN": TOKEN}, "TWILIO_ACCOUNT_SID", "needed together"),
        ({"TWILIO_ACCOUNT_SID": ACCOUNT}, "TWILIO_AUTH_TOKEN", "needed together"),
        ({"TWILIO_FROM": "+15005550006"}, "TWILIO_AUTH_TOKEN", "needed together"),
        ({**TWILIO, "TWILIO_ACCOUNT_SID": "nonsense"}, "TWILIO_ACCOUNT_SID", "32 hexadecimal"),
        ({**TWILIO, "TWILIO_ACCOUNT_SID": ACCOUNT + "0"}, "TWILIO_ACCOUNT_SID", "32 hexadecimal"),
        ({**TWILIO, "TWILIO_FROM": "hello"}, "TWILIO_FROM", "+15005550006"),
        ({**TWILIO, "TWILIO_FROM": "15005550006"}, "TWILIO_FROM", "+15005550006"),
        ({**TWILIO, "TWILIO_FROM": "MG123"}, "TWILIO_FROM", "MG and 32"),
        ({**TWILIO, "TWILIO_WHATSAPP_FROM": "whatsapp:+15005550010"}, "TWILIO_WHATSAPP_FROM", "+15005550006"),
        ({"TWILIO_API_BASE": "api.twilio.com"}, "TWILIO_API_BASE", "https://"),
        ({"TWILIO_API_BASE": "http://api.twilio.com"}, "TWILIO_API_BASE", "https://"),
        ({"TWILIO_API_BASE": "http://127.0.0.1.example.com"}, "TWILIO_API_BASE", "https://"),
        ({"TWILIO_API_BASE": "http://localhost@example.com"}, "TWILIO_API_BASE", "https://"),
        ({"TWILIO_API_BASE": "https://"}, "TWILIO_API_BASE", "https://"),
        ({"TWILIO_CONTENT_API_BASE": "http://content.twilio.com"}, "TWILIO_CONTENT_API_BASE", "https://"),
        ({"META_API_BASE": "http://10.0.0.7:8010"}, "META_API_BASE", "https://"),
        ({"META_API_BASE": "ftp://graph.facebook.com"}, "META_API_BASE", "https://"),
        ({"META_API_BASE": "https://graph.facebook.com:port"}, "META_API_BASE", "https://"),
        ({**META, "META_PHONE_NUMBER_ID": "+15005550020"}, "META_PHONE_NUMBER_ID", "digits only"),
        ({**META, "META_PHONE_NUMBER_ID": "\u0661"}, "META_PHONE_NUMBER_ID", "digits only"),
        ({"META_APP_SECRET": "s", "META_ACCESS_TOKEN": "t"}, "META_APP_SECRET", "META_PHONE_NUMBER_ID"),
        ({"META_APP_SECRET": "s", "META_PHONE_NUMBER_ID": "1"}, "META_APP_SECRET", "META_ACCESS_TOKEN"),
        ({"GT_WHATSAPP": "true"}, "GT_WHATSAPP", "carrier"),
        ({**TWILIO, "TWILIO_FROM": "+15005550006", "GT_WHATSAPP": "true"}, "GT_WHATSAPP", "TWILIO_WHATSAPP_FROM"),
        ({"GT_PUBLIC_URL": "pay.example"}, "GT_PUBLIC_URL", "https://"),
        ({"GT_PUBLIC_URL": "//pay.example"}, "GT_PUBLIC_URL", "https://"),
        ({"GT_PUBLIC_URL": "https://pay.example/?shop=1"}, "GT_PUBLIC_URL", "query"),
        ({"GT_PUBLIC_URL": "https://pay.example/#top"}, "GT_PUBLIC_URL", "fragment"),
        ({"GT_PUBLIC_URL": "https://"}, "GT_PUBLIC_URL", "https://"),
    ],
)
def test_a_wrong_setting_stops_the_start_by_its_name(
    given: pytest.MonkeyPatch, values: dict[str, str], name: str, expected: str
) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        read(given, **values)
    assert name in refused.value.message
    assert expected in refused.value.message


@pytest.mark.parametrize(
    "values",
    [
        {},
        TWILIO,
        {**TWILIO, "TWILIO_FROM": "+15005550006"},
        {**TWILIO, "TWILIO_FROM": SERVICE},
        {**TWILIO, "TWILIO_WHATSAPP_FROM": "+15005550010", "GT_WHATSAPP": "true"},
        {**META, "META_APP_SECRET": "s", "META_VERIFY_TOKEN": "v", "GT_WHATSAPP": "true"},
        {**TWILIO, **META, "GT_WHATSAPP": "true"},
        {"TWILIO_API_BASE": "http://127.0.0.1:8010", "META_API_BASE": "http://localhost:8010"},
        {"TWILIO_CONTENT_API_BASE": "http://[::1]:8010", "META_API_BASE": "https://proxy.example/graph"},
        {"GT_PUBLIC_URL": "http://127.0.0.1"},
        {"GT_PUBLIC_URL": "https://pay.example:8443/shop/"},
    ],
)
def test_what_is_whole_starts(given: pytest.MonkeyPatch, values: dict[str, str]) -> None:
    assert read(given, **values).public_url.startswith("http")


def test_the_demos_own_settings_start(given: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = demo.environment(tmp_path)
    assert read(given, **found).whatsapp


def test_a_refusal_shows_no_secret(given: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        read(given, TWILIO_AUTH_TOKEN=TOKEN, TWILIO_FROM="hello")
    assert TOKEN not in f"{refused.value.message} {refused.value.__cause__}"
