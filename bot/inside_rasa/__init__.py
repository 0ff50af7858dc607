"""What runs in Rasa's own interpreter: nothing here imports the rest of the project, and nothing there imports this.

Modules in the order in which a message meets them: `server` (start), `channel` (door), `processor` (one turn),
`classifier` (what was said), `tracker_store` and `history` (what is remembered), `tuning` (what a setting cannot do).
"""
