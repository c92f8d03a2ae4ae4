"""``persona-tui train``: plain words first, exit codes that tell."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

import pytest

from models.embeddings import HashedEmbedder
from models.scripted import ScriptedBackend
from persona_tui.cli import main
from persona_tui.commands.train import _progress
from persona_tui.jobs.backends import Backends
from persona_tui.jobs.learning import training
from persona_tui.jobs.learning.training import TrainStep
from persona_tui.jobs.progress import Progress
from persona_tui.paths import Paths
from store import attributes, caches, learned, migrations
from store.db import open_store
from tests.persona_tui.jobs.learning.small import SmallTrainer, judged


class Done(NamedTuple):
    code: int
    out: str
    err: str


Train = Callable[..., Done]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> SmallTrainer:
    """The only trainer there is."""
    trainer = SmallTrainer()
    monkeypatch.setattr(training, "trainers", lambda: {"verifier": trainer})
    monkeypatch.setattr(Backends, "get", lambda _, ref: ScriptedBackend(name=ref))
    monkeypatch.setattr(Backends, "embedder", HashedEmbedder())
    return trainer


@pytest.fixture
def train(capsys: pytest.CaptureFixture[str], small: SmallTrainer) -> Train:
    def run(*argv: str) -> Done:
        with pytest.raises(SystemExit) as raised:
            main(["train", *argv])
        told = capsys.readouterr()
        return Done(int(raised.value.code or 0), told.out, told.err)

    return run


def fill(paths: Paths, count: int) -> None:
    with open_store(paths.database) as store:
        judged(store, count)


def test_it_says_what_it_learned_and_how_well(paths: Paths, train: Train) -> None:
    fill(paths, 40)
    done = train()
    assert done.code == 0, done.err
    assert " ".join(done.out.split()).startswith(
        "Your verifier learned from 40 judgments. On ones that it had not seen it found "
    )
    assert "Recall: " in done.out
    assert done.err == ""
    told = train("--explain").out
    assert "  - You accept what is long." in told
    assert "Nothing new to learn since." in " ".join(train("verifier").out.split())
    rows = [json.loads(line) for line in train("--json").out.splitlines()]
    assert [(row["kind"], row["outcome"], row["model"]["version"]) for row in rows] == [
        ("verifier", "unchanged", 1)
    ]
    assert rows[0]["model"]["metrics"]["recall"]["n"] == 20


def test_the_line_of_progress_is_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one that wraps only the last row is wiped, and the rest would stay on the screen."""
    monkeypatch.setenv("COLUMNS", "60")
    at = Progress(197, 197, "steps", "embedding prompts and attributes", seconds_left=0.0)
    assert len(_progress(TrainStep("relevance", at))) <= 59


def test_too_little_says_how_much_is_missing(paths: Paths, train: Train) -> None:
    done = train()
    assert done.code == 0
    told = " ".join(done.out.split())
    assert "needs 12 more judged attributes (0 of 12). Give them in Review" in told
    assert train("verifier").code == 1
    (row,) = [json.loads(line) for line in train("--json").out.splitlines()]
    assert row["missing"] == {"more": 12, "needed": 12, "have": 0, "what": "judged attributes"}
    assert "has not learned yet" in train("--explain").out
    assert paths.database.exists()


def test_versions_are_listed_and_one_can_go_back(
    paths: Paths, train: Train, small: SmallTrainer
) -> None:
    fill(paths, 40)
    train()
    with open_store(paths.database) as store:
        judged(store, 40, title="More")
    small.noise = 1.0
    done = train()
    assert done.code == 0
    assert "Not put in use. On 40 judgments that came since" in " ".join(done.out.split())
    listed = train("verifier", "--history").out
    assert "*   1  " in listed
    assert "    2  " in listed
    assert train("verifier", "--use", "2").out == "Version 2 of your verifier is in use.\n"
    with open_store(paths.database) as store:
        found = learned.in_use(store, "verifier")
        assert found is not None
        assert found.version == 2
    rows = [json.loads(line) for line in train("--history", "--json").out.splitlines()]
    assert [(row["version"], row["in_use"]) for row in rows] == [(2, True), (1, False)]


def test_what_makes_no_sense_is_refused(train: Train) -> None:
    assert train("--use", "1").code == 2
    assert train("verifier", "--use", "0").code == 2
    assert train("verifier", "--use", "9").code == 1
    assert train("--explain", "--history").code == 2
    assert train("other").code == 2


def test_a_fault_is_a_failure(paths: Paths, train: Train, small: SmallTrainer) -> None:
    fill(paths, 40)

    def fail() -> None:
        raise KeyError("x")

    small.in_material = fail
    done = train()
    assert done.code == 1
    assert "fault of the program (KeyError)" in done.out


def test_damaged_versions_are_shown_without_crashing(paths: Paths, train: Train) -> None:
    fill(paths, 40)
    train()
    with open_store(paths.database) as store, store.write() as conn:
        conn.execute(
            "UPDATE learned_models SET coefficients = '[', metrics = '3', created_at = 'x', trained_on ="
            """ '{"words": 3, "comparison": {"before": 1, "n": "x"}, "judgments": [], "items": 1}'"""
        )
    for argv in (["--explain"], ["--history"], ["--explain", "--json"], ["--history", "--json"]):
        assert train(*argv).code == 0
    assert train().code == 0  # and it learns anew
    assert train("--history").out.count("judgments") >= 1


def test_forgetting_is_followed_by_learning_from_what_stays(
    paths: Paths, train: Train, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(paths, 40)
    train()
    with open_store(paths.database) as store:
        key = judged(store, 14, title="Secret")[0]
        (conversation,) = {span.conversation_id for span in attributes.get(store, key).evidence}
        before = learned.in_use(store, "verifier")

    def forget(*argv: str) -> Done:
        with pytest.raises(SystemExit) as raised:
            main(["forget", *argv, "--yes", "--json"])
        told = capsys.readouterr()
        return Done(int(raised.value.code or 0), told.out, told.err)

    done = forget("conversation", conversation)
    assert done.code == 0
    assert json.loads(done.out)["judgments"] == 14
    assert "Your verifier went along, and learned again from what stays." in done.err
    with open_store(paths.database) as store:
        after = learned.in_use(store, "verifier")
    assert before is not None
    assert after is not None
    assert after.learned_id != before.learned_id
    assert after.trained_on["judgments"] == 40
    assert forget("everything").code == 0
    with open_store(paths.database) as store:
        assert learned.list_all(store) == []


def test_doctor_says_which_model_cannot_be_read(
    paths: Paths, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_store(paths.database) as store:
        made = learned.save(
            store, "verifier", app_version="9", trained_on={}, metrics={},
            coefficients={"form": "of tomorrow"}, use=True, begun=caches.generation(store),
        )  # fmt: skip
    assert made is not None
    with pytest.raises(SystemExit) as raised:
        main(["doctor", "--json"])
    assert raised.value.code == 1
    checks = {one["name"]: one for one in json.loads(capsys.readouterr().out)["checks"]}
    assert not checks["learned models"]["ok"]
    assert "Your verifier (version 1) cannot be read" in checks["learned models"]["detail"]


def test_doctor_reads_nothing_learned_from_an_older_journal(
    paths: Paths, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looks at a journal as it is: one of before learning has no versions yet."""
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:4])
        patch.setattr(migrations, "NEWEST", 4)
        open_store(paths.database).close()
    with suppress(SystemExit):
        main(["doctor", "--json"])
    checks = {one["name"]: one for one in json.loads(capsys.readouterr().out)["checks"]}
    assert checks["database: journal"]["ok"]
    assert not {"learned models", "database"} & set(checks)
