"""The templates that WhatsApp has approved for our account, by name and language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sandbox.meta_errors import refusal
from sandbox.store import Store

Object = dict[str, Any]
KIND = "meta.template"
# What an operator submits once (policies/whatsapp_templates.yml); `POST /sandbox/meta/templates` adds others.
DEFAULTS: dict[tuple[str, str], str] = {
    ("conversation_update", "en"): (
        "Hello, this is {{1}}. There is news in our conversation. Reply here to read it, or reply STOP to hear nothing"
        " more."
    ),
    ("conversation_update", "es"): (
        "Hola, le escribimos de {{1}}. Hay novedades en nuestra conversación. Responda aquí para leerlas, o responda"
        " STOP para no recibir más mensajes."
    ),
    ("conversation_update", "pt_BR"): (
        "Olá, aqui é da {{1}}. Há novidades na nossa conversa. Responda aqui para ler, ou responda STOP para não"
        " receber mais mensagens."
    ),
}


@dataclass(frozen=True, slots=True)
class Approved:
    """The defaults, and what was added, in the store."""

    store: Store

    def add(self, name: str, language: str, body: str, buttons: list[str]) -> Object:
        """Approve a template. Its places are written {{1}}, {{2}} …"""
        kept = {"id": f"{name}/{language}", "object": KIND, "name": name, "language": language}
        return self.store.save({**kept, "body": body, "buttons": buttons})

    def every(self) -> list[Object]:
        """Every template, the defaults first."""
        defaults = [self._default(*key) for key in DEFAULTS]
        added = {one["id"]: one for one in reversed(self.store.every(KIND))}
        return [one for one in defaults if one["id"] not in added] + list(added.values())

    def find(self, name: str, language: str) -> Object | None:
        """The template of this name in this language."""
        known = self.store.find(f"{name}/{language}", KIND)
        return self._default(name, language) if known is None and (name, language) in DEFAULTS else known

    def fill(self, template: Object) -> tuple[str, list[Object]]:
        """The text and the quick replies that a customer sees. Raises `MetaRefusal` 132001 or 132000."""
        name, language = template["name"], template["language"]["code"]
        known = self.find(name, language)
        if known is None:
            raise refusal(132001, f"template name ({name}) does not exist in {language}")
        values, payloads = _given(template.get("components", []))
        places = sorted(set(re.findall(r"{{(\d+)}}", known["body"])), key=int)
        if len(values) != len(places):
            details = f"body: number of localizable_params ({len(values)}) does not match the expected number"
            raise refusal(132000, f"{details} of params ({len(places)})")
        text = re.sub(r"{{(\d+)}}", lambda found: values[int(found[1]) - 1], known["body"])
        choices = [{"id": payloads.get(place, title), "title": title} for place, title in enumerate(known["buttons"])]
        return text, choices

    def _default(self, name: str, language: str) -> Object:
        kept = {"id": f"{name}/{language}", "object": KIND, "name": name, "language": language}
        return {**kept, "body": DEFAULTS[name, language], "buttons": []}


def _given(components: list[Object]) -> tuple[list[str], dict[int, str]]:
    values: list[str] = []
    payloads: dict[int, str] = {}
    for component in components:
        parameters = component.get("parameters", [])
        if component["type"] == "body":
            values = [one["text"] for one in parameters]
        elif component["type"] == "button" and parameters:
            payloads[int(component["index"])] = parameters[0].get("payload", "")
    return values, payloads
