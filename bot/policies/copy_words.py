"""The words of a copy of a customer's data (P5)."""

from __future__ import annotations

from pydantic import model_validator

from bot.policies.file import Policy, Words, in_language, needs


class CopyPage(Policy):
    """The page around the tables: `title` with the brand, `lead` with the account and the time, `nothing` for none."""

    title: Words
    lead: Words
    nothing: Words


class DataCopyPolicy(Policy):
    """`policies/data_copy.yml`: by name and language what sections and columns are called, and by column what stands
    for a value that is kept as a code."""

    page: CopyPage
    sections: dict[str, Words]
    columns: dict[str, Words]
    values: dict[str, dict[str, Words]]

    @model_validator(mode="after")
    def _english(self) -> DataCopyPolicy:
        needs(self.page.title, "page.title", "brand")
        needs(self.page.lead, "page.lead", "account", "at")
        needs(self.page.nothing, "page.nothing")
        named = {"sections": self.sections, "columns": self.columns, **self.values}
        for where, words in ((f"{kind}.{name}", words) for kind, by in named.items() for name, words in by.items()):
            needs(words, where)
        return self

    def section(self, name: str, locale: str) -> str:
        """The title of a section; a name that nobody translated serves as it is."""
        return _called(self.sections, name, locale)

    def column(self, name: str, locale: str) -> str:
        """The head of a column, likewise."""
        return _called(self.columns, name, locale)

    def value(self, column: str, value: str, locale: str) -> str:
        """What stands in a column for `value`."""
        words = self.values.get(column, {}).get(value)
        return in_language(words, locale) if words else value


def _called(by_name: dict[str, Words], name: str, locale: str) -> str:
    words = by_name.get(name)
    return in_language(words, locale) if words else name.replace("_", " ")
