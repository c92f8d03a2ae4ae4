"""The verb: what it says before anything is sent, counts at the end, and steps only once judged."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from click.testing import CliRunner

from models.scripted import ScriptedBackend
from persona_tui.commands.attributes import command as list_command
from persona_tui.commands.refine import command
from persona_tui.errors import UsageError, UserError
from persona_tui.jobs.backends import Backends
from persona_tui.jobs.learning import refine_verifier
from persona_tui.paths import Paths
from store import attributes, judgments
from store.db import open_store, utc_now
from store.records import AttributeJudgment, JudgmentContext
from tests.persona_tui.jobs.learning.test_refining import FLAGGED, FLAGS, REFINED, answer
from tests.persona_tui.learning_data import ScriptedVerifier
from tests.persona_tui.review_data import seeded


@pytest.fixture
def extractor(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> Callable[..., ScriptedBackend]:
    """A journal with four flagged attributes, and the extractor to use."""
    seeded(paths.database, 12)

    async def load(*_: object) -> ScriptedVerifier:
        return ScriptedVerifier(FLAGS)

    monkeypatch.setattr(refine_verifier, "load", load)

    def use(*, local: bool = True) -> ScriptedBackend:
        backend = ScriptedBackend(values=answer, parameters_b=70.0, name="big", local=local)
        monkeypatch.setattr(Backends, "get", lambda *_: backend)
        return backend

    return use


def test_counts_and_never_which(extractor: Callable[..., ScriptedBackend]) -> None:
    extractor()
    found = CliRunner().invoke(command, ["--json"])
    assert found.exit_code == 0, found.output
    assert json.loads(found.stdout) == {
        "scored": 12, "flagged": 4, "before": 0, "done": 4, "of": 4,
        "refined": 2, "withdrawn": 1, "kept": 1, "left_alone": 0,
    }  # fmt: skip
    for text in (*FLAGGED, *REFINED):
        assert text not in found.output
    again = CliRunner().invoke(command, [])
    assert (
        "4 of the 12 attributes that you have not accepted are flagged, 4 are through."
        in again.stderr
    )
    assert "Nothing that is flagged waits" in again.stderr


def test_it_says_where_before_anything_is_sent(
    extractor: Callable[..., ScriptedBackend],
) -> None:
    backend = extractor(local=False)
    found = CliRunner().invoke(command, ["--dry-run", "--limit", "3"])
    assert "3, with the words they rest on, go to big on scripted.example" in found.stderr
    assert backend.calls == []
    with pytest.raises(UsageError, match=r"4 flagged attributes.*scripted\.example.*--yes"):
        CliRunner().invoke(command, ["--quiet"], catch_exceptions=False)
    assert backend.calls == []
    CliRunner().invoke(command, ["--quiet", "--limit", "1", "--yes"])
    assert [call.method for call in backend.calls] == ["structured"]


def test_steps_are_shown_once_both_are_judged(
    extractor: Callable[..., ScriptedBackend], paths: Paths
) -> None:
    extractor()
    assert "Nothing was refined yet" in CliRunner().invoke(command, ["list"]).stderr
    CliRunner().invoke(command, ["--quiet"])
    found = CliRunner().invoke(command, ["list"])
    assert found.stdout == ""
    assert "4 more are shown once" in found.stderr
    with open_store(paths.database) as store:
        ids = {one.text: one.attribute_id for one in attributes.list_all(store)}
        for text in (FLAGGED[0], REFINED[0], FLAGGED[2], FLAGGED[1]):
            row = AttributeJudgment(
                "", ids[text], utc_now(), JudgmentContext("g" * 64, "0"), verdict="bad"
            )
            judgments.save(store, row)
    found = CliRunner().invoke(command, ["list"])
    assert FLAGGED[0] in found.stdout
    assert f"weakened: {REFINED[0]}" in found.stdout
    assert "80 % problematic: It rests on one request." in found.stdout
    assert f"{FLAGGED[2]}" in found.stdout  # withdrawn: only the original is to be judged
    assert REFINED[1] not in found.stdout
    assert "2 more are shown once" in found.stderr
    every = CliRunner().invoke(command, ["list", "--all"]).stdout
    assert "    kept as it is\n" in every  # said once, not as if it had been changed into itself
    rows = CliRunner().invoke(command, ["list", "--all", "--json"]).stdout.splitlines()
    assert {json.loads(row)["action"] for row in rows} == {"weaken", "correct", "withdraw", "keep"}


def test_without_a_verifier_it_says_what_is_missing(paths: Paths) -> None:
    seeded(paths.database, 12)
    with pytest.raises(UserError, match="not trained yet"):
        CliRunner().invoke(command, [], catch_exceptions=False)


def test_the_list_of_attributes_tells_nothing_before(
    extractor: Callable[..., ScriptedBackend],
) -> None:
    """They would stand at its end, being the newest."""
    extractor()
    CliRunner().invoke(command, ["--quiet"])
    for options in ([], ["--json"], ["--status", "unjudged"]):
        found = CliRunner().invoke(list_command, options).stdout
        assert FLAGGED[0] in found
        assert REFINED[0] not in found
