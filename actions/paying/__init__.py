"""Paying by chat: links, amounts, promises, problems, papers, and what is asked about money."""
