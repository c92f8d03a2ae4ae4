"""Relevance, comparison and report in the real app, in a pseudo-terminal, with the starter model."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from persona_tui.paths import Paths
from persona_tui.state import UiState, save_state
from store.db import open_store
from tests.persona_tui.audit_data import audit
from tests.terminal import Terminal
from tests.test_journey import rows

OVERALL = "Which answer is better for you?"
OF_ATTRIBUTE = "As far as this is concerned"
PROMPTS, PAIRS = 10, 5


@pytest.mark.terminal
@pytest.mark.model
@pytest.mark.timeout(1200)
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
        _ten_prompts(app, paths)
        app.press("y")
        app.wait_for("· 2 of 3")
        app.wait_for(lambda _: _answers(paths) == 31, hint="the answer in the journal")
        app.kill()  # a power failure
    assert _answers(paths) == 31

    with Terminal("relevance", columns=120, rows=40) as app:
        app.wait_for("· 2 of 3", hint="the prompt that was under way")
        app.press("f5")
        _first_pair(app)
        _second_pair_with_undo(app, paths)
        third = _begin_pair(app, paths, "4", ratings=3)
        app.press("ctrl+q")  # in the middle of it
        app.wait_for(lambda _: not app.child.isalive(), hint="the app to end")

    with Terminal("compare", columns=120, rows=40) as app:
        _is_again(app, third)
        app.press("escape")
        _unmasked(app)
        fourth = _begin_pair(app, paths, "5", ratings=4)
        app.kill()  # a power failure, in the middle of it

    with Terminal("compare", columns=120, rows=40) as app:
        _is_again(app, fourth)
        app.press("2")
        _unmasked(app)
        _begin_pair(app, paths, "1", ratings=5)
        app.press("3")
        _unmasked(app, go_on=False)
        _report(app, paths)
        app.press("ctrl+q")
        app.wait_for(lambda _: not app.child.isalive(), hint="the app to end")
    given = rows(paths, "SELECT raw_rating, blinded FROM response_in_force ORDER BY seq")
    assert sorted(given) == [(1, 1), (2, 1), (4, 1), (4, 1), (5, 1)]
    assert rows(paths, "SELECT count(*) FROM response_judgments WHERE model_hidden = 0") == [(0,)]


def _ten_prompts(app: Terminal, paths: Paths) -> None:
    for number in range(1, PROMPTS + 1):
        app.wait_for("· 1 of 3")
        app.press("y")
        app.wait_for("· 2 of 3")
        if number == 2:  # said the wrong thing
            app.press("y")
            app.wait_for("· 3 of 3")
            app.wait_for(lambda _: _answers(paths) == 5, hint="the wrong answer in the journal")
            app.press("z")
            app.wait_for("· 2 of 3")
            app.wait_for(lambda _: _answers(paths) == 4, hint="the answer taken back")
        app.press("n")
        app.wait_for("· 3 of 3")
        app.press("n")
        app.wait_for("You said yes to 1 of 3.")
        if number == 3:  # also of a prompt that is done
            app.press("z")
            app.wait_for("· 3 of 3")
            app.press("n")
            app.wait_for("You said yes to 1 of 3.")
        if number == PROMPTS:
            app.wait_for("Word overlap (BM25) would use", timeout=180)
        app.press("enter")
    app.wait_for("· 1 of 3")
    app.wait_for(lambda _: _answers(paths) == 30, hint="thirty answers in the journal")


def _first_pair(app: Terminal) -> None:
    app.wait_for(OVERALL, timeout=240)
    app.wait_for("blinded")
    app.press("4")
    app.wait_for(OF_ATTRIBUTE)
    _is_blinded(app)
    app.press("2")
    _unmasked(app)


def _second_pair_with_undo(app: Terminal, paths: Paths) -> None:
    before = _begin_pair(app, paths, "4", ratings=2)
    app.press("z")
    app.wait_for(OVERALL)
    app.wait_for(lambda _: _ratings(paths) == 1, hint="the preference taken back")
    _still(app, before)
    _is_blinded(app)
    app.press("2")
    app.wait_for(OF_ATTRIBUTE)
    app.press("4")
    _unmasked(app)


def _begin_pair(app: Terminal, paths: Paths, key: str, *, ratings: int) -> str:
    """Say which one is better of the next pair, no more; what the panes show."""
    app.wait_for(OVERALL, timeout=240)
    text = app.wait_for(_panes)
    app.press(key)
    app.wait_for(OF_ATTRIBUTE)
    app.wait_for(lambda _: _ratings(paths) == ratings, hint="the preference in the journal")
    _is_blinded(app)
    shown = _panes(text)
    _still(app, shown)
    return shown


def _is_again(app: Terminal, panes: str) -> None:
    """The pair that was under way, on the same sides, still asked about and still blinded."""
    app.wait_for(OF_ATTRIBUTE, hint="the pair that was under way")
    _still(app, panes)
    _is_blinded(app)


def _still(app: Terminal, panes: str) -> None:
    """The panes show this, at the latest when all is painted."""
    app.wait_for(lambda text: _panes(text) == panes, hint="the same answers")


def _is_blinded(app: Terminal) -> None:
    text = app.wait_for("blinded")
    assert "personalized" not in text
    assert "unmasked" not in text


def _unmasked(app: Terminal, *, go_on: bool = True) -> None:
    app.wait_for("unmasked")
    app.wait_for("one was personalized")
    if go_on:
        app.press("enter")


def _panes(text: str) -> str:
    """Both answers as they stand side by side; the question below takes more or fewer lines. Nothing
    if they are not all there: a terminal is painted line by line."""
    lines = text.split("\n")
    first = next((n for n, line in enumerate(lines) if "╭─ Left" in line and "─ Right" in line), 0)
    last = next((n for n, line in enumerate(lines) if n > first > 0 and line.count("╰") == 2), 0)
    return "\n".join(line for line in lines[first:last] if line.strip(" │"))


def _report(app: Terminal, paths: Paths) -> None:
    app.press("f6")
    app.wait_for("In short")
    (better,) = rows(paths, "SELECT count(*) FROM response_in_force WHERE rating > 3")
    app.wait_for(f"Personalizing helped you in {better[0]} of {PAIRS} comparisons")
    app.press("2")
    app.wait_for("You said yes to 11 of 31 attributes over 11 prompts.")
    made = subprocess.run(
        [sys.executable, "-m", "persona_tui", "report", "--json"],
        capture_output=True, check=True, timeout=120,
    )  # fmt: skip
    counts = json.loads(made.stdout)["counts"]
    assert (counts["relevance_judged"], counts["prompts_judged"]) == (31, 11)
    assert (counts["pairs_judged"], counts["repeats"]) == (PAIRS, 0)


def _answers(paths: Paths) -> int:
    (found,) = rows(paths, "SELECT count(*) FROM relevance_in_force")
    return int(str(found[0]))


def _ratings(paths: Paths) -> int:
    (found,) = rows(paths, "SELECT count(*) FROM response_in_force")
    return int(str(found[0]))
