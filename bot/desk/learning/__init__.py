"""Learning: people review what the assistant did not understand, and what they agree on is learned (docs/learning.md).

`heard` finds the turns, `personal` what must not be kept of them, `proposals` what agents make of them, `export` the
files that understanding is trained with.
"""
