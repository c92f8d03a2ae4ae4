"""Names by spaCy, where it is installed; without it everything else works."""

from __future__ import annotations

from pathlib import Path

import pytest

from persona_tui.donation.redaction import Redactor, ner
from persona_tui.errors import UserError


def test_a_name_that_no_rule_finds() -> None:
    text = "Yesterday I spoke with Velmira Osgrove about the contract."
    found = Redactor([]).find(text)
    assert [(text[one.start : one.end], one.by) for one in found] == [("Velmira Osgrove", "ner")]
    assert Redactor([], ner=False).find(text) == []


@pytest.mark.parametrize(
    "text", ["The GPU has 24 GB.", "Docker and Kubernetes run on Linux.", "Avoid Flask here.", ""]
)
def test_terms_are_no_names(text: str) -> None:
    assert Redactor([], ner=True).find(text) == []


def test_without_the_packages_it_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ner, "installed", lambda: False)
    redactor = Redactor([])
    assert not redactor.uses_ner
    assert redactor.find("My name is Ines.")


def test_another_pipeline_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ner, "SHA256", "0" * 64)
    ner._pipeline.cache_clear()
    with pytest.raises(UserError, match="not the one that was checked"):
        Redactor([], ner=True).find("Hello")
    ner._pipeline.cache_clear()


def test_long_texts_are_cut_between_words() -> None:
    text = "word " * 3000
    chunks = list(ner._chunks(text))
    assert "".join(text[a:b] for a, b in chunks) == text
    assert all(text[b - 1] == " " for _, b in chunks)
    assert list(ner._chunks("x" * 9000))[-1][1] == 9000


def test_the_digest_sees_every_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    first = ner.digest(tmp_path)
    (tmp_path / "a").write_text("2")
    assert ner.digest(tmp_path) != first
