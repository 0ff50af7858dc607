"""Configuration: read once from the environment. A wrong or missing value fails at start with its name."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.errors import GoodTermsError

ROOT = Path(__file__).resolve().parent.parent
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_ACCOUNT = re.compile(r"AC[0-9a-fA-F]{32}")
# Short enough that our token fits beside it: a mailbox's name has 64 characters at most.
_MAILBOX = re.compile(r"[A-Za-z0-9._-]{1,14}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}")
_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")


class Settings(BaseSettings):
    """Every setting of the product; the environment's names are in `docs/operating.md`."""

    model_config = SettingsConfigDict(
        env_prefix="",
        case_sensitive=False,
        extra="ignore",
        env_ignore_empty=True,
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    var: Path = Field(ROOT / "var", alias="GT_VAR", description="folder for all state of the embedded default")
    database_url: str = Field(
        "", alias="DATABASE_URL", description="postgresql+psycopg://… or sqlite:///…; empty: SQLite under GT_VAR"
    )
    redis_url: str = Field("", alias="REDIS_URL", description="redis://…; empty: the job queue is a SQLite file")

    http_host: str = Field("127.0.0.1", alias="GT_HTTP_HOST", description="address that the web process binds")
    http_port: int = Field(8000, alias="GT_HTTP_PORT", ge=1, le=65535)
    public_url: str = Field("", alias="GT_PUBLIC_URL", description="how customers reach us, without a trailing slash")
    allowed_origins: Annotated[list[str], NoDecode] = Field(
        default_factory=lambda: ["*"],
        alias="GT_ALLOWED_ORIGINS",
        description="sites that may embed the widget, comma separated",
    )
    secret_key: SecretStr = Field(
        ...,
        alias="GT_SECRET_KEY",
        min_length=32,
        description="32 or more random characters; keys every token and keyed hash",
    )
    identity_secret: SecretStr | None = Field(
        None, alias="GT_IDENTITY_SECRET", min_length=32, description="HS256 secret shared with the host page"
    )

    rasa_port: int = Field(5005, alias="GT_RASA_PORT", ge=1, le=65535)
    rasa_url: str = Field("", alias="GT_RASA_URL", description="empty: loopback on GT_RASA_PORT")
    rasa_token: SecretStr = Field(..., alias="GT_RASA_TOKEN", min_length=16, description="shared with Rasa's channel")
    rasa_timeout: float = Field(15.0, alias="GT_RASA_TIMEOUT", gt=0, description="seconds")
    actions_url: str = Field(
        "", alias="GT_ACTIONS_URL", description="as Rasa calls it; empty: loopback on GT_ACTIONS_PORT"
    )
    actions_port: int = Field(5055, alias="GT_ACTIONS_PORT", ge=1, le=65535)

    stripe_api_key: SecretStr | None = Field(None, alias="STRIPE_API_KEY")
    stripe_api_base: str = Field("", alias="STRIPE_API_BASE", description="empty: Stripe itself")
    stripe_webhook_secret: SecretStr | None = Field(
        None, alias="STRIPE_WEBHOOK_SECRET", description="empty disables the webhook"
    )

    twilio_account_sid: str = Field("", alias="TWILIO_ACCOUNT_SID")
    twilio_auth_token: SecretStr | None = Field(None, alias="TWILIO_AUTH_TOKEN")
    twilio_api_base: str = Field("https://api.twilio.com", alias="TWILIO_API_BASE")
    twilio_from: str = Field(
        "", alias="TWILIO_FROM", description="our number in E.164, or a messaging service id (MG…)"
    )

    twilio_content_api_base: str = Field(
        "https://content.twilio.com", alias="TWILIO_CONTENT_API_BASE", description="where WhatsApp buttons are kept"
    )
    twilio_whatsapp_from: str = Field(
        "", alias="TWILIO_WHATSAPP_FROM", description="our WhatsApp number at Twilio in E.164; empty: none"
    )
    meta_access_token: SecretStr | None = Field(None, alias="META_ACCESS_TOKEN", description="a system user's token")
    meta_app_secret: SecretStr | None = Field(
        None, alias="META_APP_SECRET", description="signs WhatsApp's webhooks; empty disables them"
    )
    meta_verify_token: SecretStr | None = Field(
        None, alias="META_VERIFY_TOKEN", description="what Meta shows when the webhook is set up"
    )
    meta_phone_number_id: str = Field("", alias="META_PHONE_NUMBER_ID", description="the id of our WhatsApp number")
    meta_api_base: str = Field("https://graph.facebook.com", alias="META_API_BASE")
    meta_api_version: str = Field("v23.0", alias="META_API_VERSION", pattern=r"^v\d+\.\d+$")
    whatsapp: bool = Field(
        False, alias="GT_WHATSAPP", description="true once you have read WhatsApp's commerce policy (C14)"
    )

    smtp_host: str = Field("", alias="GT_SMTP_HOST", description="takes our e-mail; empty: e-mail is off")
    smtp_port: int = Field(587, alias="GT_SMTP_PORT", ge=1, le=65535)
    smtp_tls: str = Field(
        "starttls", alias="GT_SMTP_TLS", pattern="^(starttls|tls|off)$", description="off for this machine itself only"
    )
    smtp_user: str = Field("", alias="GT_SMTP_USER", description="empty: no login")
    smtp_password: SecretStr | None = Field(None, alias="GT_SMTP_PASSWORD")
    smtp_timeout: float = Field(10.0, alias="GT_SMTP_TIMEOUT", gt=0, le=20, description="seconds for each answer")
    smtp_from: str = Field("", alias="GT_SMTP_FROM", description="the address that our e-mail is from")
    smtp_reply_to: str = Field(
        "",
        alias="GT_SMTP_REPLY_TO",
        description="whose mail `goodterms mail take` gets, with +anything before the @; empty: GT_SMTP_FROM",
    )

    oidc_issuer: str = Field(
        "", alias="GT_OIDC_ISSUER", description="single sign-on for agents: the provider's issuer; empty: off"
    )
    oidc_client_id: str = Field("", alias="GT_OIDC_CLIENT_ID")
    oidc_client_secret: SecretStr | None = Field(None, alias="GT_OIDC_CLIENT_SECRET")
    oidc_role_claim: str = Field(
        "", alias="GT_OIDC_ROLE_CLAIM", description="the claim that names roles; empty: those of the desk"
    )
    oidc_create_agents: bool = Field(
        False, alias="GT_OIDC_CREATE_AGENTS", description="true adds whoever the provider lets in"
    )

    sandbox: bool = Field(
        False,
        alias="GT_SANDBOX",
        description="stand-ins for Stripe, Twilio and Meta and a movable clock; never in production",
    )
    sandbox_port: int = Field(8010, alias="GT_SANDBOX_PORT", ge=1, le=65535)

    log_level: str = Field("INFO", alias="GT_LOG_LEVEL", pattern="^(DEBUG|INFO|WARNING|ERROR)$")

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return [origin.strip() for origin in value.split(",") if origin.strip()] if isinstance(value, str) else value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if value.startswith(("postgresql://", "postgres://")):
            value = "postgresql+psycopg://" + value.split("://", 1)[1]
        if value and not value.startswith(("postgresql+psycopg://", "sqlite:///")):
            raise ValueError("expected postgresql://user:password@host/name or sqlite:///path")
        return value

    @field_validator("oidc_issuer")
    @classmethod
    def _known_issuer(cls, value: str) -> str:
        parts = urlsplit(value)
        here = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost")
        if value and not (parts.scheme == "https" and parts.hostname) and not here:
            raise ValueError("expected the provider's issuer, https://…")
        return value

    @model_validator(mode="after")
    def _whole_single_sign_on(self) -> Settings:
        if self.oidc_issuer and not (self.oidc_client_id and self.oidc_client_secret):
            raise ValueError("GT_OIDC_ISSUER needs GT_OIDC_CLIENT_ID and GT_OIDC_CLIENT_SECRET beside it")
        return self

    @field_validator("public_url")
    @classmethod
    def _known_address(cls, value: str) -> str:
        if value and not (_is_address(value) and value.startswith(("https://", "http://"))):
            raise ValueError("expected https://host, with a path at most: no query, no fragment")
        return value

    @field_validator("twilio_api_base", "twilio_content_api_base", "meta_api_base")
    @classmethod
    def _safe_base(cls, value: str) -> str:
        is_safe = value.startswith("https://") or (value.startswith("http://") and _is_loopback(value))
        if not (is_safe and _is_address(value)):
            raise ValueError("expected https://host; http:// only for this machine itself: the credentials go there")
        return value

    @field_validator("twilio_account_sid")
    @classmethod
    def _known_account(cls, value: str) -> str:
        if value and not _ACCOUNT.fullmatch(value):
            raise ValueError("expected the account's SID: AC and 32 hexadecimal digits")
        return value

    @field_validator("twilio_from", "twilio_whatsapp_from")
    @classmethod
    def _known_sender(cls, value: str) -> str:
        if value and not (_NUMBER.fullmatch(value) or _SERVICE.fullmatch(value)):
            raise ValueError("expected a number like +15005550006, or a service: MG and 32 hexadecimal digits")
        return value

    @field_validator("smtp_from", "smtp_reply_to")
    @classmethod
    def _known_mailbox(cls, value: str) -> str:
        if value and not _MAILBOX.fullmatch(value):
            raise ValueError("expected an address alone, like accounts@example.com; the name is the business's")
        return value.lower()

    @field_validator("meta_phone_number_id")
    @classmethod
    def _known_phone(cls, value: str) -> str:
        if value and not (value.isascii() and value.isdecimal()):
            raise ValueError("expected the number's id at Meta, digits only; it is not the phone number")
        return value

    @model_validator(mode="after")
    def _whole_carriers(self) -> Settings:
        has_account = bool(self.twilio_account_sid and self.twilio_auth_token)
        names = (self.twilio_account_sid, self.twilio_auth_token, self.twilio_from, self.twilio_whatsapp_from)
        if any(names) and not has_account:
            raise ValueError("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are needed together, whatever goes by Twilio")
        has_number = bool(self.meta_phone_number_id and self.meta_access_token)
        if self.meta_app_secret and not has_number:
            raise ValueError("META_APP_SECRET needs META_PHONE_NUMBER_ID and META_ACCESS_TOKEN beside it, to answer")
        if self.whatsapp and not (has_number or (has_account and self.twilio_whatsapp_from)):
            raise ValueError(
                "GT_WHATSAPP needs a carrier: TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_WHATSAPP_FROM, or "
                "META_PHONE_NUMBER_ID and META_ACCESS_TOKEN"
            )
        return self

    @model_validator(mode="after")
    def _whole_mail(self) -> Settings:
        if self.smtp_host and not self.smtp_from:
            raise ValueError("GT_SMTP_HOST needs GT_SMTP_FROM beside it")
        if self.smtp_user and not self.smtp_password:
            raise ValueError("GT_SMTP_USER needs GT_SMTP_PASSWORD beside it")
        if self.smtp_host and self.smtp_tls == "off" and not _is_loopback(f"smtp://{self.smtp_host}"):
            raise ValueError("GT_SMTP_TLS=off is for this machine itself: what we write there would go in the open")
        return self

    @model_validator(mode="after")
    def _derive(self) -> Settings:
        self.var = self.var.resolve()
        self.database_url = self.database_url or f"sqlite:///{self.var / 'goodterms.db'}"
        self.smtp_reply_to = self.smtp_reply_to or self.smtp_from
        self.public_url = (self.public_url or f"http://127.0.0.1:{self.http_port}").rstrip("/")
        self.actions_url = self.actions_url or f"http://127.0.0.1:{self.actions_port}/webhook"
        self.rasa_url = (self.rasa_url or f"http://127.0.0.1:{self.rasa_port}").rstrip("/")
        return self

    @property
    def clock_file(self) -> Path:
        """Where the demo's clock keeps its offset in seconds."""
        return self.var / "clock"


class SettingsInvalid(GoodTermsError):
    """Names each wrong setting and what it should be."""

    code = "settings_invalid"


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process. Raises `SettingsInvalid`."""
    try:
        return Settings()
    except ValidationError as error:
        lines = ["  " + ": ".join([*(str(part) for part in item["loc"]), item["msg"]]) for item in error.errors()]
        raise SettingsInvalid("These settings need attention:\n" + "\n".join(lines)) from error


def _is_address(url: str) -> bool:
    """Whether it names a host and, at most, a path there."""
    try:
        parts = urlsplit(url)
        is_named = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return is_named and not re.search(r"[?#@\s\\]", url)


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
