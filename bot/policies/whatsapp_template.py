"""Templates that WhatsApp has approved, for when a customer wrote more than a day ago (T4)."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field, model_validator

from bot.policies.file import Policy


class WhatsAppTemplate(Policy):
    """One approved text: the `name` and `language` under which Meta knows it, or Twilio's `content_sid` (HX…), and what
    it says. `{{1}}` is the business's name."""

    name: str = Field(pattern=r"^[a-z0-9_]{1,512}$")
    language: str = Field(pattern=r"^[a-z]{2,3}(_[A-Z]{2})?$")
    content_sid: str | None = Field(None, pattern=r"^HX[0-9a-fA-F]{32}$")
    body: str = Field(min_length=1, max_length=1024)

    @model_validator(mode="after")
    def _says_how_to_stop(self) -> WhatsAppTemplate:
        if re.findall(r"\{\{(.*?)\}\}", self.body) != ["1"]:
            raise ValueError("the body has to name the business by {{1}}, once, and nothing else in braces")
        if self.body.startswith("{{") or self.body.endswith("}}"):
            raise ValueError("the body cannot begin or end with {{1}}: WhatsApp does not approve that")
        if not re.search(r"\bSTOP\b", self.body):
            raise ValueError("the body has to say that STOP ends the messages (C3)")
        return self


class WhatsAppTemplatesPolicy(Policy):
    """`policies/whatsapp_templates.yml`: for each use the template of each language."""

    conversation_update: dict[Annotated[str, Field(pattern="^[a-z]{2,3}$")], WhatsAppTemplate]

    @model_validator(mode="after")
    def _english(self) -> WhatsAppTemplatesPolicy:
        if "en" not in self.conversation_update:
            raise ValueError("conversation_update needs an English entry, which serves where a language is missing")
        return self

    def in_locale(self, use: str, locale: str) -> WhatsAppTemplate:
        """The template for `use` in the language of `locale` (BCP 47), else the English one."""
        templates: dict[str, WhatsAppTemplate] = getattr(self, use)
        return templates.get(locale.replace("_", "-").split("-")[0].lower()) or templates["en"]
