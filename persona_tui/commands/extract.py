"""``persona-tui extract``: infer attributes from the conversations that wait."""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from persona_tui.commands._common import emit, visible
from persona_tui.errors import UsageError

if TYPE_CHECKING:
    from persona_tui.jobs.extraction.extracting import ExtractProgress
    from store.records import Attribute


@click.command("extract")
@click.option(
    "--conversation",
    "chosen",
    multiple=True,
    metavar="ID",
    help="Only this conversation (the beginning of its id is enough); may be repeated.",
)
@click.option(
    "--strategy",
    type=click.Choice(["auto", "grounded", "holistic"]),
    help="Sentence by sentence, whole conversation, or by what the model can do.",
)
@click.option("--model", help="Which model infers, as 'models list' names it.")
@click.option("--language", help="Language of the attributes, such as 'en'; else that of the chat.")
@click.option("--limit", type=click.IntRange(min=1), help="At most about this many messages now.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line for each attribute.")
@click.option("--quiet", is_flag=True, help="No progress.")
def command(
    chosen: tuple[str, ...],
    strategy: str | None,
    model: str | None,
    language: str | None,
    limit: int | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Infer attributes from your messages, with the words they rest on.

    Only messages that were not read before with these settings are read. Ctrl+C stops at any
    message; running it again goes on there.
    """
    task = _Task(chosen, strategy, model, language, limit, as_json, quiet)
    try:
        asyncio.run(task.run())
    except KeyboardInterrupt:
        task.finish(stopped=True)
        click.echo("Stopped. Run it again to go on where it stopped.", err=True)
        raise click.exceptions.Exit(130) from None
    task.finish()


class _Task:
    """One run of the verb: what was asked, and what came of it."""

    def __init__(
        self,
        chosen: tuple[str, ...],
        strategy: str | None,
        model: str | None,
        language: str | None,
        limit: int | None,
        as_json: bool,
        quiet: bool,
    ) -> None:
        self.chosen = chosen
        self.strategy = strategy
        self.model = model
        self.language = language
        self.limit = limit
        self.as_json = as_json
        self.quiet = quiet
        self.touched: dict[str, Attribute] = {}
        self.new = 0
        self.read = 0
        self._drawn = False

    async def run(self) -> None:
        from persona_tui.config import load_settings
        from persona_tui.db import StoreThread
        from persona_tui.jobs.backends import Backends
        from persona_tui.jobs.extraction.extracting import extract, settings_of
        from persona_tui.paths import default_paths
        from persona_tui.stages.extraction.languages import code_of
        from store import conversations

        paths = default_paths()
        settings = load_settings(paths)
        options = settings_of(settings)
        if self.strategy is not None:
            options = replace(options, strategy=self.strategy)  # type: ignore[arg-type]
        if self.language is not None:
            if (code := code_of(self.language)) is None:
                raise UsageError(
                    f"There is no language '{self.language}'; give a code such as 'en' or 'de'."
                )
            options = replace(options, language=code)
        db = StoreThread(paths.database)
        await db.open()
        backends = Backends(settings, paths)
        try:
            ids = [(await db.run(conversations.get, i)).conversation_id for i in self.chosen]
            backend = backends.get(self.model or settings.extraction.model)
            steps = extract(
                db,
                backend,
                backends.embedder,
                options,
                conversation_ids=ids or None,
                limit=self.limit,
            )
            async with aclosing(steps):
                async for step in steps:
                    self._show(step)
        finally:
            await backends.close()
            await db.close()

    def _show(self, step: ExtractProgress) -> None:
        self.read = step.progress.done
        self.new += len(step.new_ids)
        for attribute in step.attributes:
            self.touched[attribute.attribute_id] = attribute
            if not self.as_json and attribute.attribute_id in step.new_ids:
                self._wipe()
                click.echo(visible(attribute.text))
        if step.note and not self.quiet:
            self._wipe()
            click.echo(f"Note: {step.note}.", err=True)
        if not self.quiet and sys.stderr.isatty():
            self._draw(step)

    def _draw(self, step: ExtractProgress) -> None:
        from persona_tui.jobs.progress import time_text

        left = time_text(step.progress.seconds_left)
        line = f"{step.progress.done} of {step.progress.total} messages"
        self._wipe()
        click.echo(f"{line} · {left}" if left else line, err=True, nl=False)
        self._drawn = True

    def _wipe(self) -> None:
        if self._drawn:
            click.echo("\r\x1b[K", err=True, nl=False)
            self._drawn = False

    def finish(self, *, stopped: bool = False) -> None:
        """Print what is printed at the end: JSON once for each attribute, and the sum."""
        self._wipe()
        if self.as_json:
            from persona_tui.jsonlines import attribute_record

            with suppress(BrokenPipeError):
                for attribute in self.touched.values():
                    emit(attribute_record(attribute))
        if self.quiet:
            return
        if self.read == 0:
            if not stopped:
                click.echo("Nothing new to read.", err=True)
            return
        more = len(self.touched) - self.new
        also = f", {more} with new evidence" if more > 0 else ""
        click.echo(
            f"Read {self.read} {'message' if self.read == 1 else 'messages'}: "
            f"{self.new} new {'attribute' if self.new == 1 else 'attributes'}{also}.",
            err=True,
        )
