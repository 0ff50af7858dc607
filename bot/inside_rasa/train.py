"""Trains the model: `python -m bot.inside_rasa.train` writes models/goodterms.tar.gz.

Takes what `rasa train` takes from the folder that it is started in: domain.yml, config.yml, data/. GT_RASA_MODEL names
another file or folder to write. Only what changed is trained again (Rasa keeps the rest in `.rasa/`).
"""

from __future__ import annotations

import logging
import os
import sys
import time
from pathlib import Path

import structlog

MODEL_NAME = "goodterms.tar.gz"


def main() -> None:
    """Trains, saying what it does, how long it took and where the model is; raises SystemExit(1) when it fails."""
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    logging.getLogger("numexpr").setLevel(logging.WARNING)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
    began = time.monotonic()
    print("Training: loading Rasa …", flush=True)
    from rasa.model_training import train

    print("Training: reading domain.yml, config.yml and data/ …", flush=True)
    model = Path(os.environ.get("GT_RASA_MODEL") or "models")
    folder, name = (model.parent, model.name) if model.name.endswith(".tar.gz") else (model, MODEL_NAME)
    result = train("domain.yml", "config.yml", ["data"], output=str(folder), fixed_model_name=name)
    if result.code or not result.model:
        raise SystemExit(1)
    print(f"Trained in {time.monotonic() - began:.0f} s: {result.model}", flush=True)


if __name__ == "__main__":
    main()
