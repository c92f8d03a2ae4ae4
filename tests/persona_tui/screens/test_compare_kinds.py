"""What is compared, chosen on the screen; and that nothing is sent elsewhere unasked."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList, Static

from models.catalogue import ModelSpec
from models.embeddings import HashedEmbedder
from models.scripted import ScriptedBackend
from persona_tui.app import PersonaApp
from persona_tui.config import load_settings
from persona_tui.jobs.backends import Backends
from persona_tui.paths import Paths
from persona_tui.screens.compare_arm import ArmScreen
from persona_tui.screens.confirm import ConfirmScreen
from persona_tui.screens.help import HelpScreen
from persona_tui.screens.relevance import RelevanceScreen
from persona_tui.state import UiState, save_state
from store import response_judgments, responses
from store.audit import Arm, Response
from store.db import open_store, utc_now
from tests.helpers import wait_until
from tests.persona_tui.audit_data import audit
from tests.persona_tui.commands.test_respond import finish
from tests.persona_tui.screens.test_compare import screen_of, words

CONFIG = """\
[judging]
catch_share = 0.0
[compare]
arm = "{arm}"
model = "{model}"
[models.far]
kind = "endpoint"
base_url = "https://far.example/v1"
model = "far"
"""


class World:
    """An app over a journal with three finished prompts, and what its models were asked."""

    def __init__(self, paths: Paths, arm: Arm = "relevant", model: str = "starter") -> None:
        self.paths = paths
        paths.config.parent.mkdir(parents=True, exist_ok=True)
        paths.config.write_text(CONFIG.format(arm=arm, model=model))
        save_state(paths.state, UiState(welcomed=True))
        self.models: dict[str, ScriptedBackend] = {}
        with open_store(paths.database) as store:
            audit(store, 3)

    def finish(self) -> None:
        with open_store(self.paths.database) as store:
            finish(store)

    def app(self, mode: str = "compare") -> PersonaApp:
        settings = load_settings(self.paths, {})

        def opener(spec: ModelSpec, **_: Any) -> ScriptedBackend:
            local = spec.kind == "gguf"
            made = ScriptedBackend(lambda _: f"{spec.ref} says rice.", name=spec.ref, local=local)
            return self.models.setdefault(spec.ref, made)

        backends = Backends(settings, self.paths, embedder=HashedEmbedder(), opener=opener)
        return PersonaApp(self.paths, start_mode=mode, settings=settings, backends=backends)

    @property
    def asked(self) -> dict[str, int]:
        """How many answers each model was asked for."""
        counts = {
            name: sum(c.method == "chat" for c in one.calls) for name, one in self.models.items()
        }
        return {name: count for name, count in counts.items() if count}

    def pairs(self) -> list[str]:
        with open_store(self.paths.database) as store:
            return [pair.arm for pair in responses.pairs(store)]


def response_judgments_of(paths: Paths) -> int:
    with open_store(paths.database) as store:
        return len(response_judgments.in_force(store))


def nothing(pilot: Pilot[None]) -> str:
    return str(pilot.app.screen.query_one(".nothing", Static).content)


async def test_a_remote_model_is_asked_only_after_a_yes(paths: Paths) -> None:
    world = World(paths, model="far")
    world.finish()
    async with world.app().run_test(size=(80, 24)) as pilot:
        screen = await screen_of(pilot)
        assert "Nothing is sent there unasked" in nothing(pilot)
        assert "scripted.example" in nothing(pilot)
        assert "comes by itself" not in nothing(pilot)
        (command,) = [one for one in screen.commands() if one.title == "Compare: write pairs"]
        command.callback()
        await wait_until(lambda: isinstance(pilot.app.screen, ConfirmScreen))
        window = pilot.app.screen
        assert isinstance(window, ConfirmScreen)
        assert "scripted.example" in window.question
        assert "the attributes that you called relevant" in window.body
        await pilot.press("enter")  # the harmless answer has the focus
        await wait_until(lambda: pilot.app.screen is screen)
        await pilot.pause()
        assert world.asked == {}
        await pilot.press("w")
        await wait_until(lambda: isinstance(pilot.app.screen, ConfirmScreen))
        await pilot.press("right", "enter")
        await wait_until(lambda: world.asked == {"far": 4})
        await wait_until(lambda: screen.session is not None and screen.session.phase == "overall")
    assert world.pairs() == ["relevant"] * 2


async def test_a_model_is_not_compared_with_itself(paths: Paths) -> None:
    world = World(paths, arm="models")
    async with world.app().run_test(size=(80, 24)) as pilot:
        await screen_of(pilot)
        await wait_until(lambda: "no second one" in nothing(pilot))
    assert world.pairs() == []


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_second_model_is_chosen_on_the_screen(
    paths: Paths, size: tuple[int, int]
) -> None:
    world = World(paths)
    async with world.app().run_test(size=size) as pilot:
        screen = await screen_of(pilot)
        await pilot.press("a")
        await wait_until(lambda: isinstance(pilot.app.screen, ArmScreen))
        window = pilot.app.screen
        assert not window.query_one("#others").display
        await pilot.press("end", "enter")
        others = window.query_one("#others", OptionList)
        await wait_until(lambda: others.has_focus)
        assert "far.example" in str(others.get_option_at_index(0).prompt)
        assert others.region.bottom <= pilot.app.size.height
        await pilot.press("enter")
        await wait_until(lambda: pilot.app.screen is screen)
        await wait_until(lambda: "Nothing is sent there unasked" in nothing(pilot))
        assert "Compare · two models" in words(screen)
        written = tomllib.loads(paths.config.read_text())["compare"]
        assert (written["arm"], written["other_model"]) == ("models", "far")
        await pilot.press("w")
        await wait_until(lambda: isinstance(pilot.app.screen, ConfirmScreen))
        assert "nothing about you" in str(getattr(pilot.app.screen, "body", ""))
        await pilot.press("right", "enter")
        await wait_until(lambda: screen.session is not None and screen.session.phase == "overall")
        await pilot.press("4")  # no attributes to ask about
        await wait_until(lambda: "unmasked" in words(screen))
        assert "Two models wrote these" in words(screen)
    assert set(world.asked) == {"starter", "far"}
    assert set(world.pairs()) == {"models"}


async def test_only_pairs_of_the_chosen_kind_are_shown(paths: Paths) -> None:
    world = World(paths, arm="all")
    with open_store(paths.database) as store:
        prompts = [row[0] for row in store.conn.execute("SELECT prompt_id FROM user_prompts")]
        kinds: tuple[Arm, ...] = ("all", "all", "relevant")
        for arm, prompt in zip(kinds, prompts, strict=True):
            two = [Response("", prompt, own, "m", utc_now(), arm) for own in (False, True)]
            responses.add_pair(store, prompt, *two, arm=arm, shown_left="generic")
    async with world.app().run_test(size=(80, 24)) as pilot:
        screen = await screen_of(pilot)
        session = screen.session
        assert session is not None
        assert {item.pair.arm for item in session.queue.items.values()} == {"all"}
        assert "Compare · everything you accepted · 1 of" in words(screen)
        await pilot.press("f1")
        await wait_until(lambda: isinstance(pilot.app.screen, HelpScreen))
        await pilot.press("escape")
        assert "everything you accepted in Review" in screen.HELP
        await pilot.press("a")
        await wait_until(lambda: isinstance(pilot.app.screen, ArmScreen))
        await pilot.press("home", "enter")
        await wait_until(lambda: screen.session is not session)
        await wait_until(lambda: "Compare · 1 of" in words(screen))
        assert screen.session is not None
        assert {item.pair.arm for item in screen.session.queue.items.values()} == {"relevant"}
        assert "what you called relevant" in screen.HELP


async def test_undo_says_that_it_was_of_another_kind(paths: Paths) -> None:
    world = World(paths, arm="models", model="far")
    with open_store(paths.database) as store:
        (prompt, *_) = (row[0] for row in store.conn.execute("SELECT prompt_id FROM user_prompts"))
        two = [Response("", prompt, own, "m", utc_now(), "Rice.") for own in (False, True)]
        responses.add_pair(store, prompt, *two, arm="relevant", shown_left="generic")
    world.paths.config.write_text(CONFIG.format(arm="relevant", model="far"))
    async with world.app().run_test(size=(80, 24)) as pilot:
        screen = await screen_of(pilot)
        await pilot.press("4")
        await wait_until(lambda: "unmasked" in words(screen))
    world.paths.config.write_text(CONFIG.format(arm="models", model="far"))
    async with world.app().run_test(size=(80, 24)) as pilot:
        screen = await screen_of(pilot)
        assert "of another kind" not in nothing(pilot)  # it is judged
        told: list[str] = []
        screen.host.tell = lambda text, *_, **__: told.append(text)  # type: ignore[method-assign]
        await pilot.press("z")
        await wait_until(lambda: told)
        assert "another kind" in told[0]
        assert response_judgments_of(paths) == 0
        screen.reload()
        await wait_until(lambda: screen.session and screen.session.queue.other_kinds == 1)
        await wait_until(lambda: "1 pair of another kind" in nothing(pilot))


def test_the_help_fits_what_is_compared() -> None:
    from persona_tui.screens.compare_text import help_of

    assert "know nothing about you" in help_of("models")
    for wrong in ("One of them knew", "attribute", "mentioned openly", "planted"):
        assert wrong not in help_of("models")
    assert "what is only for when you ask" in help_of("all")
    assert "the model itself" in help_of("model")


@pytest.mark.parametrize("model", ["starter", "far"])
async def test_a_finished_prompt_has_its_pair_written_behind_it(paths: Paths, model: str) -> None:
    """Where nothing leaves this machine; without going to Compare first."""
    world = World(paths, model=model)
    async with world.app("relevance").run_test(size=(80, 24)) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, RelevanceScreen)
        await wait_until(lambda: screen.session is not None and screen.session.phase == "ask")
        await pilot.press("y", "n", "n")
        await wait_until(lambda: screen.session is not None and screen.session.phase == "summary")
        if model == "starter":
            await wait_until(lambda: world.asked.get("starter", 0) == 2)
            await wait_until(lambda: not screen.host.pairs.state.running)
        await pilot.pause()
    assert world.pairs() == (["relevant"] if model == "starter" else [])
    assert "far" not in world.asked
