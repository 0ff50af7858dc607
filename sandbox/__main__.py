"""`python -m sandbox`: serve on the loopback address, port `GT_SANDBOX_PORT`."""

from __future__ import annotations

import sys

import uvicorn
from pydantic import ValidationError

from sandbox.app import create_app
from sandbox.settings import Settings


def main() -> int:
    """Run until interrupted. Gives 2 when a setting is wrong, after naming it."""
    try:
        settings = Settings()
    except ValidationError as error:
        for item in error.errors():
            print(f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}", file=sys.stderr)
        return 2
    uvicorn.run(create_app(settings), host="127.0.0.1", port=settings.sandbox_port, log_level="warning")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
