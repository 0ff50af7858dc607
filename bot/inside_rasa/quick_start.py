"""Keeps TensorFlow out of a process that never trains or runs a neural network.

Rasa imports `rasa.utils.train_utils`, and with it TensorFlow and Keras, for two small functions that only trained
entity extractors call: six of ten seconds to start, and 340 of 530 MB. Here that module is imported when something
first uses it, which with our pipeline is never. Import this module before anything of Rasa's.
"""

import importlib.util
import sys
import warnings
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Optional, Sequence

LATER = frozenset({"rasa.utils.train_utils"})


class ImportedWhenUsed(MetaPathFinder):
    """Finds the modules named in `LATER` as usual and gives them a loader that waits for the first use."""

    _searching = False

    def find_spec(
        self, fullname: str, path: Optional[Sequence[str]], target: Optional[ModuleType] = None
    ) -> Optional[ModuleSpec]:
        """The module's own specification with a lazy loader, or None for any other module."""
        if fullname not in LATER or self._searching:
            return None
        self._searching = True
        try:
            found = importlib.util.find_spec(fullname)
        finally:
            self._searching = False
        if found is not None and found.loader is not None:
            found.loader = importlib.util.LazyLoader(found.loader)
        return found


if not any(isinstance(finder, ImportedWhenUsed) for finder in sys.meta_path):
    sys.meta_path.insert(0, ImportedWhenUsed())

# Deprecations inside Rasa's pinned dependencies, which nobody here can mend.
warnings.filterwarnings("ignore", category=DeprecationWarning)
warnings.filterwarnings("ignore", message=".*deprecated - use")
warnings.filterwarnings("ignore", message="Deprecated API features detected")
