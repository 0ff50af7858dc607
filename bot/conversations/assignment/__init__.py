"""Whom a waiting conversation is offered to, by when it is answered, and who looks at it again."""
