"""The Compare screen: blinded until the end, whatever side is which."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from models.embeddings import HashedEmbedder
from models.scripted import ScriptedBackend
from persona_tui.app import PersonaApp
from persona_tui.config import JudgingConfig, Settings
from persona_tui.jobs.backends import Backends
from persona_tui.paths import Paths
from persona_tui.screens.compare import CompareScreen
from store import response_judgments, responses, settings
from store.audit import Mention, Response, Side
from store.db import open_store, utc_now
from tests.helpers import wait_until
from tests.persona_tui.audit_data import audit
from widgets.answer_pane import AnswerPane

A, B = "Rice with **beans**.", "As a nurse you need rice."


def app_of(paths: Paths) -> PersonaApp:
    model = ScriptedBackend(lambda _: "Rice.")
    chosen = Settings(judging=JudgingConfig(catch_share=0.0))
    backends = Backends(chosen, paths, embedder=HashedEmbedder(), opener=lambda *_, **__: model)
    app = PersonaApp(paths, start_mode="compare", settings=chosen, backends=backends)
    app.ui_state.welcomed = True
    return app


def with_pair(paths: Paths, left: Side, *, planted: bool = False) -> tuple[str, list[str]]:
    """A journal with one pair: A is on the left whichever side is which."""
    with open_store(paths.database) as store:
        accepted, (prompt, *_) = audit(store, 2)
        keys = tuple(one.attribute_id for one in accepted)
        texts = (A, B) if left == "generic" else (B, A)
        generic = Response("", prompt.prompt_id, False, "model-x", utc_now(), texts[0])
        told = Response(
            "", prompt.prompt_id, True, "model-x", utc_now(), texts[1], None, keys, True,
            (Mention(keys[0], 0, 4, "lexical", 0.9),),
        )  # fmt: skip
        if planted:
            generic = told
        settings.put(store, "compare.seed", "s")
        pair = responses.add_pair(
            store, prompt.prompt_id, generic, told, arm="relevant", shown_left=left,
            sampling="catch" if planted else "random",
        )  # fmt: skip
        return pair.pair_id, [one.text for one in accepted]


async def screen_of(pilot: Pilot[None]) -> CompareScreen:
    screen = pilot.app.screen
    assert isinstance(screen, CompareScreen)
    await wait_until(lambda: screen.session is not None)
    await wait_until(lambda: not screen.host.pairs.state.running)
    await pilot.pause()
    return screen


def words(screen: CompareScreen) -> str:
    """Everything that is seen, and what is behind it: ids and classes."""
    panes = [f"{p.border_title} {p.border_subtitle} {p.id} {p.classes}" for p in
             screen.query(AnswerPane)]  # fmt: skip
    texts = [str(one.content) for one in screen.query(Static) if one.display]
    return "\n".join(panes + [text for text in texts if "object at" not in text])


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_nothing_tells_which_is_which(tmp_path: Path, size: tuple[int, int]) -> None:
    seen: list[list[str]] = []
    sides: tuple[Side, Side] = ("generic", "personalized")
    for left in sides:
        root = tmp_path / left
        paths = Paths(root / "config", root / "data", root / "cache", root / "logs")
        with_pair(paths, left)
        async with app_of(paths).run_test(size=size) as pilot:
            screen = await screen_of(pilot)
            shots = [words(screen)]
            await pilot.press("4")
            await pilot.pause()
            assert screen.session is not None
            assert screen.session.phase == "attribute"
            assert screen.session.current is not None
            shots.append(words(screen))
            # The order of the attributes is drawn by their ids, which differ: without them.
            asked = screen.session.current.attributes[screen.session.asked or ""]
            seen.append([shot.replace(asked, "…").replace("  ", " ") for shot in shots])
        assert "personalized" not in str(paths.state.read_text() if paths.state.exists() else "")
    assert "model-x" not in seen[0][0]
    assert seen[0] == seen[1]


async def test_a_pair_is_judged_unmasked_undone_and_left(paths: Paths) -> None:
    key, texts = with_pair(paths, "personalized")
    async with app_of(paths).run_test(size=(120, 40)) as pilot:
        screen = await screen_of(pilot)
        session = screen.session
        assert session is not None
        await pilot.press("2", "3")
        assert "unmasked" not in words(screen)
        await pilot.press("1")
        await wait_until(lambda: "unmasked" in words(screen))
        shown = words(screen)
        assert "The left one was personalized" in shown
        assert all(text.rstrip(".") in shown for text in texts)
        assert "Left: personalized" in shown
        await pilot.press("z")
        await wait_until(lambda: session.phase == "attribute")
        assert "unmasked" not in words(screen)
        await pilot.press("escape")
        await wait_until(lambda: "unmasked" in words(screen))
    with open_store(paths.database) as store:
        (row,) = response_judgments.in_force(store)
        assert (row.pair_id, row.raw_rating, row.rating) == (key, 2, 4)
        assert not row.blinded
        assert not row.context.model_hidden
        assert len(row.attribute_ratings) == 1


async def test_quit_in_mid_pair_keeps_it_and_stays_blinded(paths: Paths) -> None:
    with_pair(paths, "generic")
    async with app_of(paths).run_test(size=(80, 24)) as pilot:
        await screen_of(pilot)
        await pilot.press("5")
    async with app_of(paths).run_test(size=(80, 24)) as pilot:
        screen = await screen_of(pilot)
        assert screen.session is not None
        assert screen.session.phase == "attribute"
        assert "blinded" in words(screen)
        left = screen.query_one("#left", AnswerPane)
        assert left.border_title == "Left"
        assert screen.session.current is not None
        assert screen.session.current.left == A


async def test_a_planted_pair_looks_like_any_other_until_the_end(paths: Paths) -> None:
    with_pair(paths, "generic", planted=True)
    async with app_of(paths).run_test(size=(120, 40)) as pilot:
        screen = await screen_of(pilot)
        assert screen.session is not None
        await pilot.press("3")
        assert screen.session.phase == "attribute"
        await pilot.press("3", "3")
        await wait_until(lambda: "planted pair" in words(screen))


async def test_an_empty_journal_says_what_to_do(paths: Paths) -> None:
    async with app_of(paths).run_test(size=(80, 24)) as pilot:
        screen = await screen_of(pilot)
        assert "Relevance (F4)" in words(screen)
        await pilot.press("z", "1", "enter", "space")
