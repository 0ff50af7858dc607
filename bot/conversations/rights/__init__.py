"""A copy of what is kept about a customer, and its end (P5)."""
