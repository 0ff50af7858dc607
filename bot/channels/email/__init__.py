"""E-mail: out by SMTP, in by `goodterms mail take`; a conversation for each address, as a phone's."""
