"""The sandbox reads the same environment as the product, so that both hold the same keys."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """What the sandbox needs to know. Built without the environment in tests."""

    model_config = SettingsConfigDict(
        case_sensitive=False, extra="ignore", env_ignore_empty=True, populate_by_name=True
    )

    var: Path = Field(ROOT / "var", alias="GT_VAR", description="folder for sandbox.db and the clock's offset")
    sandbox_port: int = Field(8010, alias="GT_SANDBOX_PORT", ge=1, le=65535)
    sandbox_url: str = Field("", alias="GT_SANDBOX_URL", description="how a customer's browser reaches the sandbox")
    http_port: int = Field(8000, alias="GT_HTTP_PORT", ge=1, le=65535)
    public_url: str = Field("", alias="GT_PUBLIC_URL", description="where webhooks go")
    stripe_api_key: str = Field(..., alias="STRIPE_API_KEY", min_length=8, description="the key that callers must show")
    stripe_webhook_secret: str = Field(..., alias="STRIPE_WEBHOOK_SECRET", min_length=8, description="signs webhooks")
    twilio_account_sid: str = Field("", alias="TWILIO_ACCOUNT_SID", description="empty: every call is refused")
    twilio_auth_token: str = Field("", alias="TWILIO_AUTH_TOKEN")
    twilio_from: str = Field("+15005550006", alias="TWILIO_FROM", description="the number that customers text")
    twilio_whatsapp_from: str = Field("+15005550010", alias="TWILIO_WHATSAPP_FROM")
    meta_access_token: str = Field("", alias="META_ACCESS_TOKEN", description="empty: every call is refused")
    meta_app_secret: str = Field("", alias="META_APP_SECRET", description="signs webhooks")
    meta_phone_number_id: str = Field("", alias="META_PHONE_NUMBER_ID")
    smtp_host: str = Field("", alias="GT_SMTP_HOST", description="mail is played where this is the machine itself")
    smtp_port: int = Field(0, alias="GT_SMTP_PORT", ge=0, le=65535)
    pace_s: float = Field(0, alias="GT_SANDBOX_PACE_S", ge=0, description="real seconds from one tick to the next")

    @model_validator(mode="after")
    def _derive(self) -> Settings:
        self.var = self.var.resolve()
        self.public_url = (self.public_url or f"http://127.0.0.1:{self.http_port}").rstrip("/")
        self.sandbox_url = (self.sandbox_url or f"http://127.0.0.1:{self.sandbox_port}").rstrip("/")
        return self

    @property
    def stripe_webhook_url(self) -> str:
        """Where Stripe's events are sent."""
        return f"{self.public_url}/webhooks/stripe"

    @property
    def twilio_webhook_url(self) -> str:
        """Where Twilio brings what customers write."""
        return f"{self.public_url}/webhooks/twilio"

    @property
    def meta_webhook_url(self) -> str:
        """Where Meta brings what customers write and what became of our messages."""
        return f"{self.public_url}/webhooks/whatsapp"

    @property
    def plays_mail(self) -> bool:
        """Whether the product sends its e-mail here."""
        return self.smtp_host in ("127.0.0.1", "localhost") and self.smtp_port > 0

    @property
    def text_number(self) -> str:
        """The number on which customers text; a messaging service has one too."""
        return self.twilio_from if self.twilio_from.startswith("+") else "+15005550006"
