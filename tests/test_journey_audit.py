"""Relevance, comparison and report in the real app, in a pseudo-terminal, with the starter model."""

from __future__ import annotations

import re

import pytest

from persona_tui.paths import Paths
from persona_tui.state import UiState, save_state
from store.db import open_store
from tests.persona_tui.audit_data import audit
from tests.terminal import Terminal
from tests.test_journey import rows


@pytest.mark.terminal
@pytest.mark.model
def test_ten_prompts_five_comparisons_and_the_report(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERSONA_TUI_COMPARE__MAX_TOKENS", "24")
    monkeypatch.setenv("PERSONA_TUI_COMPARE__AHEAD", "2")
    monkeypatch.setenv("PERSONA_TUI_JUDGING__CATCH_SHARE", "0")
    with open_store(paths.database) as store:
        audit(store, 3)
    save_state(paths.state, UiState(welcomed=True))

    with Terminal("relevance", columns=80, rows=24) as app:
        for number in range(1, 11):
            app.wait_for(" · 1 of 3")
            app.press("y")
            app.wait_for(" · 2 of 3")
            app.press("n")
            app.wait_for(" · 3 of 3")
            app.press("n")
            app.wait_for("You said yes to 1 of 3.")
            if number == 10:
                app.wait_for("Word overlap (BM25) would use", timeout=90)
            app.press("enter")
        app.wait_for(" · 1 of 3")
        app.press("y")
        app.wait_for(" · 2 of 3")
        app.wait_for(lambda _: _answers(paths) == 31, hint="the answer in the journal")
        app.kill()  # a power failure
    assert _answers(paths) == 31

    with Terminal("relevance", columns=120, rows=40) as app:
        app.wait_for(" · 2 of 3", hint="the prompt that was under way")
        app.press("f5")
        for number in range(1, 6):
            app.wait_for("Which answer is better for you?", timeout=180)
            app.wait_for("blinded")
            app.press("4")
            app.wait_for("As far as this is concerned")
            assert "personalized" not in app.text()
            if number == 3:
                break
            app.press("2")
            app.wait_for("unmasked")
            app.wait_for(re.compile(r"The (left|right) one was personalized").search)
            app.press("enter")
        app.wait_for(lambda _: _ratings(paths) == 3, hint="the preference in the journal")
        before = rows(paths, "SELECT raw_rating FROM response_in_force")
        app.kill()

    with Terminal("compare", columns=120, rows=40) as app:
        app.wait_for("As far as this is concerned", hint="the pair that was under way")
        assert "personalized" not in app.text()
        assert rows(paths, "SELECT raw_rating FROM response_in_force") == before
        app.press("escape")
        app.wait_for("unmasked")
        app.press("enter")
        for _ in range(2):
            app.wait_for("Which answer is better for you?", timeout=180)
            app.press("0")
            app.wait_for("unmasked")
            app.press("enter")
        app.press("f6")
        app.wait_for("In short")
        app.wait_for("What you call relevant")
        app.press("2")
        app.wait_for("What is relevant")
        app.press("ctrl+q")
        app.wait_for(lambda _: not app.child.isalive(), hint="the app to end")
    assert _ratings(paths) == 5
    assert rows(paths, "SELECT count(*) FROM response_in_force WHERE blinded = 0") == [(0,)]


def _answers(paths: Paths) -> int:
    (found,) = rows(paths, "SELECT count(*) FROM relevance_in_force")
    return int(str(found[0]))


def _ratings(paths: Paths) -> int:
    (found,) = rows(paths, "SELECT count(*) FROM response_in_force")
    return int(str(found[0]))
