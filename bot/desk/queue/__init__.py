"""Who waits, who has whom, and how a conversation is found."""
