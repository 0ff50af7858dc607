"""The customer beside the conversation: the account, holds, cases, rights, and what is done for them."""
