"""``persona-tui foil``: the same audit on users whom a model plays."""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing
from typing import TYPE_CHECKING

import click

from persona_tui.commands._common import emit, journal, visible
from persona_tui.errors import UsageError, UserError

if TYPE_CHECKING:
    from persona_tui.jobs.foil import FoilStep


@click.group("foil")
def group() -> None:
    """Compare yourself with synthetic users.

    Models are often tried on users that another model plays. Here the same extraction and the same
    questions are put to such users, and the report shows both side by side. Synthetic conversations
    are marked everywhere and stay out of every figure about you.
    """


@group.command("run")
@click.option("--count", type=click.IntRange(min=1), help="How many personas; all if left out.")
@click.option("--persona", "keys", multiple=True, help="Only this persona; may be repeated.")
@click.option("--own", is_flag=True, help="Also play you, from your corrected profile.")
@click.option("--turns", type=click.IntRange(1, 50), default=4, show_default=True,
              help="Messages of the synthetic user in one conversation.")  # fmt: skip
@click.option("--model", help="Which model plays the user; that of the chat if left out.")
@click.option("--judge", "judge_ref", help="A model that answers the questions as well.")
@click.option("--yes", is_flag=True, help="Send words to a model that is not on this machine.")
@click.option("--quiet", is_flag=True, help="No progress.")
def run(
    count: int | None,
    keys: tuple[str, ...],
    own: bool,
    turns: int,
    model: str | None,
    judge_ref: str | None,
    yes: bool,
    quiet: bool,
) -> None:
    """Let a model play users, infer from what it says, and compare with what is true of them.

    Personas that were played before with these models and this length are not played again; Ctrl+C
    stops, and what was finished is kept.
    """
    task = _Run(count, keys, own, turns, model, judge_ref, yes, quiet)
    try:
        asyncio.run(task.run())
    except KeyboardInterrupt:
        task.wipe()
        click.echo("Stopped. Run it again to go on with the next persona.", err=True)
        raise click.exceptions.Exit(130) from None


class _Run:
    def __init__(
        self,
        count: int | None,
        keys: tuple[str, ...],
        own: bool,
        turns: int,
        model: str | None,
        judge: str | None,
        yes: bool,
        quiet: bool,
    ) -> None:
        self.count = count
        self.keys = keys
        self.own = own
        self.turns = turns
        self.model = model
        self.judge = judge
        self.yes = yes
        self.quiet = quiet
        self.personas = self.found = 0
        self._drawn = False

    async def run(self) -> None:
        from persona_tui.config import load_settings
        from persona_tui.db import StoreThread
        from persona_tui.jobs.backends import Backends
        from persona_tui.jobs.foil import own_statements, plan, run_foil
        from persona_tui.paths import default_paths
        from persona_tui.stages.foil.personas import PERSONAS, find
        from store import user_prompts

        for key in self.keys:
            if find(key) is None:
                names = ", ".join(one.key for one in PERSONAS)
                raise UsageError(f"There is no persona '{key}'; there are {names}.")
        paths = default_paths()
        settings = load_settings(paths)
        db = StoreThread(paths.database)
        await db.open()
        backends = Backends(settings, paths)
        try:
            user = backends.get(self.model or settings.chat.model)
            assistant = backends.for_task("chat")
            extractor = backends.for_task("extraction")
            judge = None if self.judge is None else backends.get(self.judge)
            own = await db.run(own_statements) if self.own else ()
            if self.own and not own:
                raise UserError(
                    "Your profile is empty: judge what was inferred about you first "
                    "(persona-tui review)."
                )
            # Only one's own profile is one's own words; what models play of the bank is nobody's.
            hosts = {
                one.describe().where
                for one in (user, assistant, extractor, judge)
                if one is not None and not one.describe().local
            }
            if self.own and hosts and not self.yes:
                raise UsageError(
                    f"Your profile would be sent to {', '.join(sorted(hosts))}: add --yes if you "
                    "want that."
                )
            todo = await plan(
                db, user, assistant, turns=self.turns, count=self.count, keys=self.keys, own=own
            )
            if not todo.personas:
                click.echo(
                    f"All {todo.played} were played before; see persona-tui report.", err=True
                )
                return
            bank = await db.run(user_prompts.list_all, origin="bank")
            steps = run_foil(
                db, todo, user=user, assistant=assistant, extractor=extractor,
                embedder=backends.embedder, settings=settings, bank_prompts=bank, judge=judge,
            )  # fmt: skip
            async with aclosing(steps):
                async for step in steps:
                    self._show(step)
            self.wipe()
            click.echo(
                f"Played {self.personas} synthetic users; {self.found} attributes were inferred. "
                "See persona-tui report.",
                err=True,
            )
        finally:
            await backends.close()
            await db.close()

    def _show(self, step: FoilStep) -> None:
        from persona_tui.jobs.progress import time_text

        if step.done:
            self.personas += 1
            self.found += len(step.attributes)
        if self.quiet or not sys.stderr.isatty():
            return
        left = time_text(step.progress.seconds_left)
        self.wipe()
        line = f"{step.persona}: {step.progress.done} of {step.progress.total} messages"
        click.echo(f"{line} · {left}" if left else line, err=True, nl=False)
        self._drawn = True

    def wipe(self) -> None:
        if self._drawn:
            click.echo("\r\x1b[K", err=True, nl=False)
            self._drawn = False


@group.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_(as_json: bool) -> None:
    """List what was played, and what was inferred from it."""
    from store import synthetic

    with journal() as store:
        said: dict[str, dict[str, str]] = {}
        for given in synthetic.judgments(store):
            if given.verdict is not None:
                who = given.model_tag or given.rater
                said.setdefault(given.attribute_id, {})[who] = given.verdict
        for played in synthetic.conversations(store):
            found = synthetic.attributes(store, played.conversation_id)
            if as_json:
                emit(
                    {
                        "conversation_id": played.conversation_id,
                        "synthetic": True,
                        "persona": played.persona_key,
                        "user_model": played.user_model,
                        "assistant_model": played.assistant_model,
                        "turns": played.turns,
                        "attributes": [
                            {
                                "attribute_id": one.attribute_id,
                                "attribute": one.text,
                                "confidence": one.confidence,
                                "verdicts": said.get(one.attribute_id, {}),
                            }
                            for one in found
                        ],
                    }
                )
                continue
            click.echo(
                f"[synthetic] {played.persona_key}: {len(found)} attributes, {played.turns} turns, "
                f"{visible(played.user_model)}"
            )
            for one in found:
                verdicts = ", ".join(
                    f"{visible(who)}: {verdict}"
                    for who, verdict in said.get(one.attribute_id, {}).items()
                )
                click.echo(f"  {visible(one.text)}" + (f"  ({verdicts})" if verdicts else ""))


@group.command("review")
@click.option("--limit", type=click.IntRange(min=1), help="Stop after so many verdicts.")
def review(limit: int | None) -> None:
    """Judge what was inferred about synthetic users, line by line, as you judged your own.

    The persona's facts are shown, then one statement a line: a (ok), u (unsure), x (bad), an empty
    line skips, the end of the input ends it.
    """
    from persona_tui.plain.foil import FoilReview

    with journal() as store:
        FoilReview(store, sys.stdin, sys.stdout).run(limit=limit)
