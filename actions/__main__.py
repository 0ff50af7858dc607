"""`python -m actions`: the rasa-sdk action server, on loopback only, on `GT_ACTIONS_PORT`."""

from __future__ import annotations

from actions.server import main

if __name__ == "__main__":
    main()
