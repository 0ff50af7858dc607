"""Stand-ins for Stripe and Twilio, an outbox and a movable clock: for the demo and the tests, never for customers.

It speaks to the product over HTTP alone. It imports nothing of `bot`, and nothing imports it.
"""
