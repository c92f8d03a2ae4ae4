"""Prompts get into the journal, once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from click.testing import CliRunner

from models.embeddings import MiniLmEmbedder
from models.protocol import Embeddings
from persona_tui.commands.prompts import group
from persona_tui.db import StoreThread
from persona_tui.jobs.prompts import ensure_prompts
from persona_tui.paths import Paths
from persona_tui.stages.prompts.bank import BANK
from store import conversations, forgetting, messages, user_prompts


class Counting(MiniLmEmbedder):
    """Counts what it is asked for."""

    texts = 0

    async def embed(self, texts: Sequence[str]) -> Embeddings:
        self.texts += len(texts)
        return await super().embed(texts)


async def test_bank_and_own_openings_once(paths: Paths) -> None:
    async with StoreThread(paths.database) as db:
        made = await db.run(conversations.create, title="T")
        text = "How do I grow tomatoes on a balcony?"
        await db.run(messages.append, made.conversation_id, "user", text)
        assert await ensure_prompts(db, MiniLmEmbedder()) == len(BANK) + 1
        assert await ensure_prompts(db, MiniLmEmbedder()) == 0
        (own,) = await db.run(user_prompts.list_all, origin="message")
        await db.run(user_prompts.remove, own.prompt_id)
        assert await ensure_prompts(db, MiniLmEmbedder()) == 0
        await db.run(forgetting.forget_conversation, made.conversation_id)
        assert await db.run(user_prompts.list_all, origin="message", removed=True) == []


def test_the_verb(home: Path, tmp_path: Path) -> None:
    def run(*args: str) -> str:
        result = CliRunner().invoke(group, list(args), catch_exceptions=False)
        assert result.exit_code == 0
        return result.output

    assert len(run("list").splitlines()) == len(BANK)
    key = run("add", "May I ask [red]you[/red] something?").strip()
    assert "[red]you[/red]" in run("list", "--origin", "user")
    assert "Removed" in run("remove", key)
    assert run("list", "--origin", "user") == ""
    assert "(removed)" in run("list", "--origin", "user", "--removed")
    assert "Back" in run("restore", key)
    path = tmp_path / "p.txt"
    path.write_text("Something new to ask?\nMay I ask [red]you[/red] something?\n")
    assert "1 new prompt, 1 were there" in run("import", str(path))
    assert '"origin": "user"' in run("list", "--json", "--origin", "user")
    assert "none to draw" in run("draw")
    assert "1 judgments" not in run("forget", key, "--yes")
    assert "[red]" not in run("list", "--removed")
    refused = CliRunner().invoke(group, ["forget", "0"], catch_exceptions=True)
    assert refused.exception is not None


async def test_openings_are_not_drawn_that_are_there_in_other_words(paths: Paths) -> None:
    async with StoreThread(paths.database) as db:
        for text in ("How can I grow tomatoes on my balcony?", "How far away is the moon from us?"):
            made = await db.run(conversations.create, title="T")
            await db.run(messages.append, made.conversation_id, "user", text)
        mine = await db.run(user_prompts.add, "How do I grow tomatoes on a balcony?")
        await db.run(user_prompts.remove, mine.prompt_id)
        asked = Counting()
        # One is there as typed in (and removed), the other one in the bank.
        assert await ensure_prompts(db, asked) == len(BANK)
        assert await db.run(user_prompts.list_all, origin="message") == []
        assert asked.texts > 0
        asked.texts = 0
        await ensure_prompts(db, asked)  # nothing is new: nothing is embedded again
        assert asked.texts == 0


async def test_a_forgotten_opening_is_not_drawn_again(paths: Paths) -> None:
    async with StoreThread(paths.database) as db:
        made = await db.run(conversations.create, title="T")
        await db.run(messages.append, made.conversation_id, "user", "How do fuel cells work?")
        await ensure_prompts(db, MiniLmEmbedder())
        (own,) = await db.run(user_prompts.list_all, origin="message")
        await db.run(forgetting.forget_prompt, own.prompt_id)
        assert await ensure_prompts(db, MiniLmEmbedder()) == 0
