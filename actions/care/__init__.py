"""What needs care: hardship, crisis, disputes, rights, other people, doubts."""
