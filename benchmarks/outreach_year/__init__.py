"""A simulated year of what we begin: customers in several countries, workers that die, providers that fail.

`world` makes people up, `life` does what they do to a real database, `workers` sweep and send, `provider` takes what is
sent. `judge` then reads what people did and what arrived, and nothing else, and judges it by the rules.
"""
