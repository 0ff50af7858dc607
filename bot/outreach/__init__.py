"""Messages that we begin: whether one may go out, and when (design section 1, 5)."""
