"""Instalments by chat: offers, terms in the customer's words, agreement, changes, the end, automatic payments."""
