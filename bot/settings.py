"""Configuration: read once from the environment. A wrong or missing value fails at start with its name."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.errors import GoodTermsError

ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Every setting of the product; the environment's names are in `docs/operating.md`."""

    model_config = SettingsConfigDict(
        env_prefix="", case_sensitive=False, extra="ignore", env_ignore_empty=True, populate_by_name=True
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

    @model_validator(mode="after")
    def _derive(self) -> Settings:
        self.var = self.var.resolve()
        self.database_url = self.database_url or f"sqlite:///{self.var / 'goodterms.db'}"
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
        lines = [f"  {'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors()]
        raise SettingsInvalid("These settings need attention:\n" + "\n".join(lines)) from error
