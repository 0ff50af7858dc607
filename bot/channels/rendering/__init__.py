"""A message of the transcript, as a phone shows it."""

from bot.channels.rendering.message import render
from bot.channels.rendering.part import Part

__all__ = ["Part", "render"]
