"""Publishing from the Donate screen, against a local server that speaks the hub's endpoints."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input, Static

from persona_tui.paths import Paths
from persona_tui.screens.donate import DonateScreen
from persona_tui.screens.donate_publish import PublishScreen
from store import donations
from store.db import open_store
from store.donations import Donation
from tests.helpers import wait_until
from tests.persona_tui.donation.fake_dataset_hub import DatasetHub, Route, Trouble, dataset_hub
from tests.persona_tui.screens.donate_helpers import (
    donating,
    items,
    judged,
    previewing,
    signed,
    told,
)

KEY = "hf_" + "invented" * 4
REPO = "quiet-lab/judgments"


@pytest.fixture
def hub(loopback: None) -> Iterator[DatasetHub]:
    with dataset_hub(REPO, KEY) as running:
        yield running


@asynccontextmanager
async def window(
    paths: Paths, size: tuple[int, int] = (80, 24), **settings: Any
) -> AsyncIterator[tuple[Pilot[None], DonateScreen, PublishScreen]]:
    """A signed donation, and the window to publish it."""
    judged(paths)
    async with donating(paths, size, **settings) as (pilot, screen):
        await pilot.press("a")
        await wait_until(lambda: items(paths)["labels"] == 9)
        await previewing(pilot, screen)
        await signed(pilot, screen)
        await pilot.press("5", "p")
        await wait_until(lambda: isinstance(pilot.app.screen, PublishScreen))
        found = pilot.app.screen
        assert isinstance(found, PublishScreen)
        await wait_until(lambda: found.query("#go"))
        yield pilot, screen, found


def said(found: PublishScreen) -> str:
    return " ".join(str(found.query_one(".told", Static).render()).split())


def given(paths: Paths) -> Donation:
    with open_store(paths.database) as store:
        (one,) = donations.list_all(store)
        return one


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
async def test_the_plan_opens_no_connection(paths: Paths, size: tuple[int, int]) -> None:
    """Sockets are forbidden here: it would fail."""
    async with window(paths, size, repository=REPO) as (pilot, _, found):
        await wait_until(lambda: found.plan is not None)
        assert "No connection was opened" in said(found)
        plan = str(found.query_one("#plan", Static).render())
        assert "data/attributes.jsonl" in plan
        assert REPO in plan
        field = found.query_one("#repo", Input)
        field.value = "not a repository"
        await wait_until(lambda: "owner/name" in said(found))
        assert found.query_one("#go", Button).disabled
        assert found.query_one("Vertical").region.bottom <= size[1]
        assert found.query_one("#close", Button).region.bottom < size[1]
        found.action_leave()
        await wait_until(lambda: not isinstance(pilot.app.screen, PublishScreen))
    assert given(paths).status == "signed"


async def test_a_pull_request_is_opened_under_a_name_that_was_told(
    paths: Paths, hub: DatasetHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
    async with window(paths) as (pilot, _, found):
        found.query_one("#repo", Input).value = REPO
        await wait_until(lambda: found.plan is not None)
        await pilot.press("enter")
        await wait_until(lambda: found.phase == "key")
        field = found.query_one("#key", Input)
        assert field.password
        field.value = KEY
        await pilot.press("enter")
        assert field.value == ""
        await wait_until(lambda: found.phase == "confirm")
        assert "public under the name of your account: quiet-otter" in said(found)
        assert not hub.requests  # nothing was sent before that was confirmed
        assert isinstance(found.focused, Button)
        assert found.focused.id == "close"  # Enter alone publishes nothing
        found.query_one("#go", Button).press()
        await wait_until(lambda: found.phase == "done", timeout=60)
        assert said(found).startswith("Opened: http")
        (request,) = hub.requests
        with open_store(paths.database) as store:
            one = given(paths)
            assert {path.split("/", 2)[2]: data for path, data in request.files.items()} == (
                donations.files(store, one.donation_id)
            )
        assert one.status == "given"
        assert one.destination is not None
        assert one.destination in said(found)
        assert KEY not in told(pilot) + said(found)
    assert KEY not in paths.state.read_text()


async def test_a_key_that_is_named_in_the_settings_is_not_asked_for(
    paths: Paths, hub: DatasetHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
    monkeypatch.setenv("PERSONA_TUI_KEY_HUB", KEY)
    async with window(paths, repository=REPO, key="hub") as (pilot, _, found):
        await wait_until(lambda: found.plan is not None)
        await pilot.press("enter")
        await wait_until(lambda: found.phase == "confirm")
        assert "quiet-otter" in said(found)
        found.action_leave()
        await wait_until(lambda: not isinstance(pilot.app.screen, PublishScreen))
    assert not hub.requests
    assert given(paths).status == "signed"


async def test_a_wrong_key_is_asked_for_again(
    paths: Paths, hub: DatasetHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
    async with window(paths, repository=REPO) as (pilot, _, found):
        await wait_until(lambda: found.plan is not None)
        await pilot.press("enter")
        await wait_until(lambda: found.phase == "key")
        found.query_one("#key", Input).value = "hf_wrong"
        await pilot.press("enter")
        await wait_until(lambda: "did not accept the key" in said(found))
        assert found.phase == "key"
        assert found.query_one("#key", Input).display


@pytest.mark.parametrize(
    ("route", "says", "status"),
    [
        ("requests", "nothing of the files was sent", "signed"),
        ("commit", "it is not known whether a pull request was opened", "given"),
    ],
)
async def test_sending_can_be_stopped(
    paths: Paths,
    hub: DatasetHub,
    monkeypatch: pytest.MonkeyPatch,
    route: Route,
    says: str,
    status: str,
) -> None:
    """What may have left stays in the ledger, so that it can be withdrawn."""
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
    monkeypatch.setenv("PERSONA_TUI_KEY_HUB", KEY)
    hub.troubles[route] = Trouble(hold=True)
    reached = hub.reached.setdefault(route, threading.Event())
    async with window(paths, repository=REPO, key="hub") as (pilot, _, found):
        await wait_until(lambda: found.plan is not None)
        await pilot.press("enter")
        await wait_until(lambda: found.phase == "confirm")
        found.query_one("#go", Button).press()
        await wait_until(reached.is_set, timeout=60)
        await wait_until(lambda: said(found).endswith("…"))
        found.action_leave()
        await wait_until(lambda: found.phase != "sending", timeout=60)
        assert says in said(found)
        hub.release.set()
    assert given(paths).status == status


async def test_quitting_stops_what_is_being_sent(
    paths: Paths, hub: DatasetHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
    monkeypatch.setenv("PERSONA_TUI_KEY_HUB", KEY)
    hub.troubles["requests"] = Trouble(hold=True)
    reached = hub.reached.setdefault("requests", threading.Event())
    async with window(paths, repository=REPO, key="hub") as (pilot, screen, found):
        await wait_until(lambda: found.plan is not None)
        await pilot.press("enter")
        await wait_until(lambda: found.phase == "confirm")
        found.query_one("#go", Button).press()
        await wait_until(reached.is_set, timeout=60)
        await screen.before_quit()
        assert not screen.under_way
        hub.release.set()
    assert given(paths).status == "signed"
    assert not hub.requests
