"""Short answers are computed once, also over restarts, and never after their words were forgotten."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from models.errors import UnavailableError
from models.llama import LlamaBackend
from models.protocol import ChatMessage, Choice, Lasting, Usage
from models.scripted import ScriptedBackend
from models.starter import starter_path
from persona_tui.db import StoreThread
from persona_tui.jobs.kept_choices import KeptChoices, keys_of
from store import caches, conversations, forgetting
from store.db import Store

ASKED = [ChatMessage("user", "Is this true?\n")]
OPTIONS = ["yes", "no"]


@dataclass
class FileModel(ScriptedBackend):
    """A scripted back end that has an identity, as a file on this machine has."""

    file: str | None = "a.gguf"

    async def identity(self) -> str | None:
        return self.file


def length(text: str, option: str) -> float:
    return float(len(text)) if option == "yes" else 0.25


def rows_asked(model: ScriptedBackend) -> list[str]:
    return [row for call in model.calls for row in call.continuations]


async def test_nothing_is_asked_twice_also_after_a_restart(tmp_path: Path) -> None:
    plain = await ScriptedBackend(scores=length).choose(ASKED, ["a", "bb", "a", "ccc"], OPTIONS)
    model = FileModel(scores=length)
    async with StoreThread(tmp_path / "data" / "journal.db") as db:
        first = await KeptChoices(db, model).choose(ASKED, ["a", "bb", "a"], OPTIONS)
        assert rows_asked(model) == ["a", "bb"]  # equal rows once
        assert first.logprobs == plain.logprobs[:3]
    again = FileModel(scores=length)
    async with StoreThread(tmp_path / "data" / "journal.db") as db:
        found = await KeptChoices(db, again).choose(ASKED, ["a", "bb", "a", "ccc"], OPTIONS)
        assert rows_asked(again) == ["ccc"]
        assert found.logprobs == plain.logprobs
        known = await KeptChoices(db, again).choose(ASKED, ["ccc", "a"], OPTIONS)
        assert rows_asked(again) == ["ccc"]
        assert known.logprobs == (plain.logprobs[3], plain.logprobs[0])
        assert known.usage == Usage(0, 0, 0)
        assert "kept" in (known.provenance.note or "")
        assert known.provenance.prompt_sha256 != found.provenance.prompt_sha256


async def test_another_model_wording_or_option_is_another_question(tmp_path: Path) -> None:
    async with StoreThread(tmp_path / "data" / "journal.db") as db:

        async def asks(model: FileModel, prefix: Sequence[ChatMessage], options: list[str]) -> bool:
            await KeptChoices(db, model).choose(prefix, ["a"], options)
            return bool(model.calls)

        assert await asks(FileModel(), ASKED, OPTIONS)
        assert not await asks(FileModel(), ASKED, OPTIONS)
        assert await asks(FileModel(file="b.gguf"), ASKED, OPTIONS)
        assert await asks(FileModel(), [replace(ASKED[0], content="Is it?\n")], OPTIONS)
        assert await asks(FileModel(), ASKED, ["no", "yes"])
        # A model that cannot say what its answers depend on is asked each time.
        for _ in range(2):
            assert await asks(FileModel(file=None), ASKED, OPTIONS)
        endpoint = ScriptedBackend(local=False)
        for _ in range(2):
            await KeptChoices(db, endpoint).choose(ASKED, ["a"], OPTIONS)
        assert len(endpoint.calls) == 2


async def test_what_is_forgotten_meanwhile_is_not_kept(tmp_path: Path) -> None:
    gate = asyncio.Event()
    model = FileModel(gate=gate)
    async with StoreThread(tmp_path / "data" / "journal.db") as db:
        asking = asyncio.create_task(KeptChoices(db, model).choose(ASKED, ["a"], OPTIONS))
        while not model.calls:
            await asyncio.sleep(0)
        made = await db.run(conversations.create, title="A chat")
        await db.run(forgetting.forget_conversation, made.conversation_id)
        gate.set()
        assert len((await asking).logprobs) == 1
        await KeptChoices(db, model).choose(ASKED, ["a"], OPTIONS)
        assert len(model.calls) == 2


async def test_what_was_read_before_forgetting_is_not_kept_after_it(tmp_path: Path) -> None:
    """Work that is under way asks on about texts that it read before; their hashes may not stay."""
    async with StoreThread(tmp_path / "data" / "journal.db") as db:
        for before in (await db.run(caches.generation), None):
            model = FileModel()
            kept = KeptChoices(db, model, before)
            if before is None:
                await kept.choose(ASKED, ["a"], OPTIONS)  # it holds from the first question on
            made = await db.run(conversations.create, title="A chat")
            await db.run(forgetting.forget_conversation, made.conversation_id)
            await db.run(caches.generation)
            await kept.choose(ASKED, ["b"], OPTIONS)
            assert await db.run(lambda store: store.conn.execute(
                "SELECT count(*) FROM choice_cache").fetchone()) == (0,)  # fmt: skip


async def test_a_row_for_other_options_is_asked_anew(tmp_path: Path) -> None:
    async with StoreThread(tmp_path / "data" / "journal.db") as db:
        model = FileModel()
        first = await KeptChoices(db, model).choose(ASKED, ["a"], OPTIONS)

        def damage(store: Store) -> None:
            with store.write() as conn:
                conn.execute("UPDATE choice_cache SET scores = '[[-1.0], null]'")

        await db.run(damage)
        again = await KeptChoices(db, model).choose(ASKED, ["a"], OPTIONS)
        assert again.logprobs == first.logprobs


async def test_a_failure_keeps_nothing(tmp_path: Path) -> None:
    model = FileModel(fail=UnavailableError("Gone."))
    async with StoreThread(tmp_path / "data" / "journal.db") as db:
        with pytest.raises(UnavailableError):
            await KeptChoices(db, model).choose(ASKED, ["a"], OPTIONS)
        model.fail = None
        found: Choice = await KeptChoices(db, model).choose(ASKED, ["a"], OPTIONS)
        assert found.logprobs[0] == pytest.approx((-math.log(2), -math.log(2)))
        assert (await KeptChoices(db, model).choose(ASKED, [], OPTIONS)).logprobs == ()
        assert len(model.calls) == 2


async def test_a_file_is_another_model_when_it_was_changed(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(b"GGUF")
    backend = LlamaBackend(path, name="m", log_file=None)
    assert isinstance(backend, Lasting)
    before = await backend.identity()
    assert before == await backend.identity()
    path.write_bytes(b"GGUF and more")
    assert await backend.identity() not in (before, None)
    path.unlink()
    assert await backend.identity() is None


def test_keys_tell_where_one_text_ends_and_the_next_begins() -> None:
    def key(prefix: str, row: str, model: str = "m") -> str:
        return keys_of(model, [ChatMessage("user", prefix)], [row], OPTIONS)[0]

    assert len({key("a", "bc"), key("ab", "c"), key("abc", ""), key("a", "bc", "n")}) == 4


@pytest.mark.model
async def test_the_starter_evaluates_nothing_the_second_time(tmp_path: Path) -> None:
    rows = ["The user keeps bees.\nAnswer:", "The user is a nurse.\nAnswer:"]
    async with StoreThread(tmp_path / "data" / "journal.db") as db:
        starter = LlamaBackend(
            starter_path(), name="starter", log_file=None, n_ctx=512, n_threads=1
        )
        first = await KeptChoices(db, starter).choose(ASKED, rows, OPTIONS)
        await starter.close()
        assert first.usage.prompt_tokens
        fresh = LlamaBackend(starter_path(), name="starter", log_file=None)
        again = await KeptChoices(db, fresh).choose(ASKED, rows, OPTIONS)
        assert fresh.worker_pid is None  # not even loaded
        assert again.logprobs == first.logprobs
        assert again.mass == first.mass
        assert again.usage.prompt_tokens == 0
