"""Prompts get into the journal, once."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from models.embeddings import MiniLmEmbedder
from persona_tui.commands.prompts import group
from persona_tui.db import StoreThread
from persona_tui.jobs.prompts import ensure_prompts
from persona_tui.paths import Paths
from persona_tui.stages.prompts.bank import BANK
from store import conversations, forgetting, messages, user_prompts


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
