"""``persona-tui respond``: pairs ahead, nothing sent unasked, nothing that unblinds."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NamedTuple

import pytest

from models.embeddings import HashedEmbedder
from models.scripted import ScriptedBackend
from persona_tui.cli import main
from persona_tui.config import JudgingConfig
from persona_tui.jobs.backends import Backends
from persona_tui.jobs.relevance.changes import write
from persona_tui.jobs.relevance.session import RelevanceSession
from persona_tui.paths import Paths
from store import caches, learned, responses
from store.db import Store, open_store
from tests.persona_tui.audit_data import audit


def finish(store: Store) -> None:
    """Every prompt, with one yes each."""
    session = RelevanceSession.load(store, JudgingConfig(), surface="screen")
    while session.phase in ("ask", "summary"):
        change = session.answer(session.place == 0) if session.phase == "ask" else None
        if change is None:
            session.next_prompt()
        else:
            write(store, change)


@pytest.fixture
def models(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> dict[str, ScriptedBackend]:
    """Two models here and one elsewhere, over a journal with three finished prompts."""
    with open_store(paths.database) as store:
        audit(store)
        finish(store)
    found = {
        "starter": ScriptedBackend(lambda _: "Rice.", name="starter"),
        "two": ScriptedBackend(lambda _: "Beans.", name="two"),
        "far": ScriptedBackend(lambda _: "Soup.", name="far", local=False),
    }
    monkeypatch.setattr(Backends, "get", lambda _, ref: found[ref])
    monkeypatch.setattr(Backends, "embedder", HashedEmbedder())
    monkeypatch.setenv("PERSONA_TUI_JUDGING__CATCH_SHARE", "0")
    return found


class Done(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def respond(capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    def run(*argv: str) -> Done:
        with pytest.raises(SystemExit) as raised:
            main(["respond", *argv])
        told = capsys.readouterr()
        return Done(int(raised.value.code or 0), told.out, told.err)

    return run


Respond = Callable[..., Done]


def pairs(paths: Paths) -> int:
    with open_store(paths.database) as store:
        return len(responses.pairs(store))


@pytest.mark.usefixtures("models")
def test_pairs_are_written_and_nothing_tells_which_is_which(paths: Paths, respond: Respond) -> None:
    done = respond("--count", "2", "--json")
    assert done.code == 0, done.err
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert [set(row) for row in rows] == [{"pair_id", "prompt_id", "arm"}] * 2
    assert "Wrote 2 pairs" in done.err
    assert pairs(paths) == 2
    assert respond("--prompt", rows[0]["prompt_id"], "--quiet").code == 1  # it has a pair
    assert respond("--count", "9", "--quiet").code == 0
    last = respond("--quiet")
    assert last.code == 1
    assert "no prompt left to answer" in last.err
    assert pairs(paths) == 3


def test_nothing_is_sent_elsewhere_unasked(
    paths: Paths, models: dict[str, ScriptedBackend], respond: Respond
) -> None:
    asked = respond("--model", "far")
    assert asked.code == 2
    assert "Prompts and attributes would be sent to scripted.example" in asked.err
    both = respond("--arm", "models", "--other-model", "far")
    assert "Prompts would be sent to scripted.example" in both.err
    assert models["far"].calls == []
    assert pairs(paths) == 0
    assert respond("--model", "far", "--yes", "--count", "1").code == 0
    assert models["far"].calls


def test_two_models(paths: Paths, models: dict[str, ScriptedBackend], respond: Respond) -> None:
    alone = respond("--arm", "models")
    assert alone.code == 2
    assert "no second one" in alone.err
    assert respond("--arm", "models", "--other-model", "starter").code == 2
    assert respond("--arm", "models", "--other-model", "two", "--count", "1").code == 0
    with open_store(paths.database) as store:
        (pair,) = responses.pairs(store)
    assert pair.arm == "models"
    assert (pair.generic.model_tag, pair.personalized.model_tag) == ("starter", "two")
    assert pair.personalized.attribute_ids == ()
    sent = [m.content for one in models.values() for call in one.calls for m in call.messages]
    assert not any("What is known" in text for text in sent)


@pytest.mark.usefixtures("models")
def test_a_personal_model_that_cannot_be_read_is_said_where_nothing_is_left(
    paths: Paths, respond: Respond
) -> None:
    assert "no personal relevance model" in respond("--arm", "personal", "--quiet").err
    with open_store(paths.database) as store:
        learned.save(
            store, "relevance", app_version="0", trained_on={}, metrics={},
            coefficients={"form": "?"}, use=True, begun=caches.generation(store),
        )  # fmt: skip
    done = respond("--arm", "personal", "--quiet")
    assert done.code == 1
    assert "cannot be read" in done.err
    assert "persona-tui train" in done.err
