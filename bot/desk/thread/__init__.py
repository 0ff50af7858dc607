"""One conversation: what was said in it, and what an agent writes."""
