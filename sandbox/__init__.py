"""Stand-ins for Stripe, Twilio and Meta, phones, an outbox and a clock that moves: for demo and tests alone.

It speaks to the product over HTTP alone. It imports nothing of `bot`, and nothing imports it.
"""
