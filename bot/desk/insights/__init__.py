"""Insights: what a supervisor is told about the work, and the rows behind every number (docs/insights.md).

A topic is one query for rows (`Facts`). Its numbers are sums over that query and its list is a page of it, so that a
number and its rows cannot differ.
"""
