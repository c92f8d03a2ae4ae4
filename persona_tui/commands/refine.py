"""``persona-tui refine``: send what your verifier flags back to the extractor."""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing
from typing import TYPE_CHECKING

import click

from persona_tui.commands._common import emit, journal, visible
from persona_tui.errors import UsageError

if TYPE_CHECKING:
    from models.protocol import Backend
    from persona_tui.config import Settings
    from persona_tui.db import StoreThread
    from persona_tui.jobs.backends import Backends
    from persona_tui.jobs.learning.refining import Plan, RefineStep
    from store.refinements import Refinement


@click.group("refine", invoke_without_command=True)
@click.option("--limit", type=click.IntRange(min=1), help="At most this many attributes now.")
@click.option("--dry-run", is_flag=True, help="Only say how many, and where they would go.")
@click.option("--yes", is_flag=True, help="Send your words to a model that is not on this machine.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object at the end: counts.")
@click.option("--quiet", is_flag=True, help="No progress.")
@click.pass_context
def command(
    ctx: click.Context, limit: int | None, dry_run: bool, yes: bool, as_json: bool, quiet: bool
) -> None:
    """Send what your verifier flags back to the model that infers, to be weakened, corrected or
    withdrawn; at most two rounds each.

    Nothing is deleted: originals and refined attributes are asked about in Review alike, and nothing
    tells which is which, so that the report can compare. Ctrl+C stops at any step; running it again
    goes on there.
    """
    if ctx.invoked_subcommand is not None:
        return
    task = _Task(limit, dry_run=dry_run, yes=yes, as_json=as_json, quiet=quiet)
    try:
        asyncio.run(task.run())
    except KeyboardInterrupt:
        task.finish()
        click.echo("Stopped. Run it again to go on where it stopped.", err=True)
        raise click.exceptions.Exit(130) from None
    task.finish()


class _Task:
    """One run of the verb."""

    def __init__(
        self, limit: int | None, *, dry_run: bool, yes: bool, as_json: bool, quiet: bool
    ) -> None:
        self.limit = limit
        self.dry_run = dry_run
        self.yes = yes
        self.as_json = as_json
        self.quiet = quiet
        self.plan: Plan | None = None
        self.last: RefineStep | None = None
        self._drawn = False

    async def run(self) -> None:
        from persona_tui.config import load_settings
        from persona_tui.db import StoreThread
        from persona_tui.jobs.backends import Backends
        from persona_tui.paths import default_paths

        paths = default_paths()
        settings = load_settings(paths)
        db = StoreThread(paths.database)
        await db.open()
        backends = Backends(settings, paths)
        try:
            await self._refine(db, backends, settings)
        finally:
            self._wipe()
            await backends.close()
            await db.close()

    async def _refine(self, db: StoreThread, backends: Backends, settings: Settings) -> None:
        from persona_tui.jobs.learning.refine_verifier import load
        from persona_tui.jobs.learning.refining import plan, refine, width_of

        self._say("Your verifier looks at what you have not accepted …")
        verifier = await load(db, backends)
        backend = backends.get(settings.extraction.model)
        if backend.describe().parameters_b is None and backend.describe().local:
            await backend.start()  # its size decides how it is asked
        self.plan = await plan(db, backend, verifier, settings, limit=self.limit)
        self._wipe()
        self._announce(backend, self.plan)
        if self.dry_run:
            return
        where = backend.describe()
        if self.plan.items and not where.local and not self.yes:
            raise UsageError(
                f"{len(self.plan.items):,} flagged attributes, with the words they rest on, would be "
                f"sent to {where.where}: add --yes if you want that."
            )
        steps = refine(
            db, backend, backends.embedder, verifier, settings, todo=self.plan,
            at_once=width_of(backend, settings),
        )  # fmt: skip
        async with aclosing(steps):
            async for step in steps:
                self.last = step
                self._draw(step)

    def _announce(self, backend: Backend, todo: Plan) -> None:
        """How many, and where the words go, before any goes."""
        where = backend.describe()
        count = len(todo.items)
        line = (
            f"{todo.flagged:,} of the {todo.scored:,} attributes that you have not accepted are flagged, "
            f"{todo.done:,} are through"
        )
        if count:
            line += (
                f"; {count:,}, with the words they rest on, {'goes' if count == 1 else 'go'} to "
                f"{where.name} on {where.where}"
            )
        if not self.quiet or self.dry_run or not where.local:
            click.echo(f"{line}.", err=True)

    def _draw(self, step: RefineStep) -> None:
        from persona_tui.jobs.progress import time_text

        left = time_text(step.progress.seconds_left)
        line = f"{step.progress.done} of {step.progress.total} attributes"
        self._say(f"{line} · {left}" if left else line)

    def _say(self, line: str) -> None:
        """Write the line of progress, which the next one takes away."""
        if self.quiet or not sys.stderr.isatty():
            return
        self._wipe()
        click.echo(line, err=True, nl=False)
        self._drawn = True

    def _wipe(self) -> None:
        if self._drawn:
            click.echo("\r\x1b[K", err=True, nl=False)
            self._drawn = False

    def finish(self) -> None:
        """Print what is printed at the end: counts, never which."""
        from persona_tui.jobs.learning.refine_beside import summary

        self._wipe()
        counts = {} if self.last is None else self.last.counts
        if self.as_json and self.plan is not None:
            emit(
                {
                    "scored": self.plan.scored,
                    "flagged": self.plan.flagged,
                    "before": self.plan.done,
                    "done": 0 if self.last is None else self.last.progress.done,
                    "of": len(self.plan.items),
                    "refined": counts.get("refined", 0),
                    "withdrawn": counts.get("withdraw", 0),
                    "kept": counts.get("keep", 0),
                    "left_alone": counts.get("left", 0),
                }
            )
        elif not self.quiet and self.last is not None:
            click.echo(summary(counts, self.last.progress), err=True)


@command.command("list")
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Also what you have not judged yet, which tells you what was refined.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_steps(everything: bool, as_json: bool) -> None:
    """Show what was flagged, why, and what became of it, step by step.

    Only where you have judged the original and what came of it: knowing which one was refined before
    you judge would sway you.
    """
    from store import attributes, refinements

    with journal() as store:
        judged = {
            one.attribute_id
            for one in attributes.list_all(store)
            if one.judgment is not None and one.judgment.verdict is not None
        }
        chains: dict[tuple[str, str], list[Refinement]] = {}
        for step in refinements.list_all(store):
            chains.setdefault((step.attribute_id, step.learned_id), []).append(step)
    hidden = 0
    for chain in chains.values():
        items = {step.attribute_id for step in chain} | {step.result_id for step in chain} - {None}
        if not everything and not items <= judged:
            hidden += 1
            continue
        for step in chain:
            if as_json:
                emit(_record(step))
            else:
                click.echo(_told(step))
    if hidden:
        click.echo(
            f"{hidden:,} more {'is' if hidden == 1 else 'are'} shown once you have judged the original "
            "and what came of it.",
            err=True,
        )
    elif not chains:
        click.echo("Nothing was refined yet: 'persona-tui refine'.", err=True)


def _record(step: Refinement) -> dict[str, object]:
    return {
        "attribute_id": step.attribute_id,
        "round": step.round,
        "at": step.created_at.isoformat(),
        "probability": step.probability,
        "reason": step.reason,
        "before": step.before_text,
        "action": step.action,
        "after": step.after_text,
        "probability_after": step.probability_after,
        "result_id": step.result_id,
        "model": step.model,
        "prompt_sha256": step.prompt_sha256,
    }


_ENDED = {
    "keep": "kept as it is",
    "weaken": "weakened",
    "correct": "corrected",
    "withdraw": "withdrawn",
}
"""An action of the extractor, as it is told."""


def _told(step: Refinement) -> str:
    first = f"{step.attribute_id}  " if step.round == 1 else " " * 38
    lines = [
        f"{first}{visible(step.before_text)}",
        f"    {step.probability:.0%} problematic: {visible(step.reason)}".replace("%", " %"),
        f"    {_ENDED.get(step.action, step.action)}",
    ]
    if step.after_text not in (None, step.before_text):
        lines[-1] += f": {visible(step.after_text)}"
    return "\n".join(lines)
