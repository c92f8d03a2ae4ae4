"""The real app in a pseudo-terminal with the real starter model, as a new user would use it."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest

from persona_tui.paths import Paths
from tests.helpers import mode_of
from tests.terminal import Terminal

STORY = """# Getting settled

## User

I moved to Lisbon in May. How do I greet a neighbour?

## Assistant

Say "bom dia" before noon.

## User

I work as a nurse on night shifts. I have two daughters. Can you suggest a quiet hobby?

## Assistant

Drawing is quiet.

## User

I love hiking in the mountains. I am allergic to peanuts. I play the cello.

## Assistant

Take other snacks along.

## User

I am vegetarian. I drive an old Volvo. I am afraid of flying. I have a cat called Miro.

## Assistant

Good to know.

## User

I grew up in Norway. I prefer short answers with bullet points. I am learning Portuguese.

## Assistant

Noted.
"""


def rows(paths: Paths, sql: str) -> list[tuple[object, ...]]:
    """Look into the journal from outside, as it lies on the disk."""
    connection = sqlite3.connect(f"file:{paths.database}?mode=ro", uri=True)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


ALL_LEFT = re.compile(r"(1\d) of \1 left")


def judged(paths: Paths) -> int:
    """Items with a verdict: attributes, and what was planted among them."""
    (found,) = rows(
        paths,
        "SELECT (SELECT count(DISTINCT attribute_id) FROM attribute_judgments"
        " WHERE verdict IS NOT NULL) + (SELECT count(DISTINCT catch_key) FROM catch_judgments"
        " WHERE verdict IS NOT NULL)",
    )
    return int(str(found[0]))


@pytest.mark.terminal
@pytest.mark.model
def test_from_first_start_to_ten_judged_attributes(tmp_path: Path, paths: Paths) -> None:
    story = tmp_path / "story.md"
    story.write_text(STORY, encoding="utf-8")
    with Terminal(columns=120, rows=40) as app:
        app.wait_for("Chat now")
        app.press("2")
        app.wait_for("Import chats")
        app.write(str(story))
        app.press("enter")
        app.wait_for("1 conversation added")
        app.press("escape")
        app.wait_for("5 messages of yours were not read yet")
        app.press("g")
        app.wait_for("Read all", timeout=180)
        seen = app.wait_for(lambda text: ALL_LEFT.search(text), hint="ten and more to judge")
        found = ALL_LEFT.search(seen)
        assert found is not None
        waiting = int(found[1])

        # One key a verdict; some with a why, one undone, one corrected, one with its evidence.
        app.press("e")
        app.wait_for("Getting settled · message")
        app.press("a")
        app.wait_for("1 judged now")
        app.press("x")
        app.wait_for("bad, saved")
        app.press("1")
        app.wait_for("bad, too general")
        app.press("u")
        app.wait_for("unsure, saved")
        app.press("escape")  # seen before the next key: together they would be Alt and that key
        app.wait_for(lambda text: "Esc: no reason" not in text, hint="no reason given")
        for number in range(4, 11):
            app.press("a")
            app.wait_for(f"{number} judged now")
        app.press("z")
        app.wait_for("9 judged now")
        app.press("a")
        app.wait_for("10 judged now")
        app.press("ctrl+q")
        app.wait_for(lambda _: not app.child.isalive(), hint="the app to end")
    assert judged(paths) == 10
    assert mode_of(paths.database) == "0600"

    # It goes on where it stopped, on the screen where it stopped.
    with Terminal(columns=80, rows=24) as app:
        app.wait_for(f"{waiting - 10} of {waiting} left")
        app.press("ctrl+q")
        app.wait_for(lambda _: not app.child.isalive(), hint="the app to end")


@pytest.mark.terminal
@pytest.mark.model
def test_chat_with_the_starter_survives_a_power_failure(paths: Paths) -> None:
    with Terminal(columns=80, rows=24) as app:
        app.wait_for("Chat now")
        app.press("enter")
        app.wait_for("Write a message")
        app.write("Please tell me a long story about a lighthouse keeper.")
        app.press("enter")
        app.wait_for("Writing", timeout=90)
        app.wait_for(
            lambda _: rows(
                paths, "SELECT 1 FROM messages WHERE role = 'assistant' AND length(text) > 20"
            ),
            timeout=90,
            hint="a part of the answer in the journal",
        )
        app.kill()
    (part,) = rows(paths, "SELECT text FROM messages WHERE role = 'assistant'")
    with Terminal(columns=80, rows=24) as app:
        app.wait_for("interrupted")
        app.press("ctrl+q")
        app.wait_for(lambda _: not app.child.isalive(), hint="the app to end")
    assert rows(paths, "SELECT text, status FROM messages WHERE role = 'assistant'") == [
        (part[0], "interrupted")
    ]
