"""``persona-tui``: the app, and a verb for everything that can be done without it.

``--help`` and every verb that needs no model import neither Textual nor llama_cpp nor numpy: each
verb lives in a module of its own that is imported when it is called, and this module knows only
their names and one line about each.

Exit codes: 0 done, 1 it failed, 2 it was asked in a wrong way, 130 stopped with Ctrl+C.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from persona_tui import __version__
from persona_tui.errors import UserError
from store.errors import StoreError

# name -> (module, attribute, one line). The line is written here so that help imports nothing.
VERBS: dict[str, tuple[str, str, str]] = {
    "import": ("import_", "command", "Import chats: ChatGPT, Claude, JSONL, llm logs, Markdown."),
    "extract": ("extract", "command", "Infer attributes from conversations, with evidence."),
    "attributes": ("attributes", "command", "List what was inferred about you."),
    "review": ("review", "command", "Judge attributes, one at a time."),
    "refine": ("refine", "command", "Send what your verifier flags back, to be mended."),
    "prompts": ("prompts", "group", "List, add, import prompts to judge relevance for."),
    "relevance": ("relevance", "command", "Judge which attributes matter for a prompt."),
    "respond": ("respond", "command", "Write pairs of answers ahead, for comparing."),
    "compare": ("compare", "command", "Compare two answers, blinded."),
    "judge": ("judge", "command", "Let a model answer the questions that you were asked."),
    "foil": ("foil", "group", "Compare yourself with synthetic users."),
    "report": ("report", "command", "Report all figures, beside the study's."),
    "train": ("train", "command", "Let small models of your own learn from your judgments."),
    "pool": ("pool", "command", "Pool donated bundles: for those who receive them."),
    "finetune": ("finetune", "group", "Fine-tune a model on labels of many people."),
    "profile": ("profile", "command", "Print your corrected profile as text."),
    "donate": ("donate", "group", "Give judgments to research, if you want to."),
    "conversations": ("conversations", "group", "List, show, search, export conversations."),
    "models": ("models", "models", "List, add, download, test models."),
    "config": ("config", "config", "Show and change settings."),
    "backup": ("backup", "command", "Write a copy of your journal."),
    "forget": ("forget", "group", "Delete for good: a conversation, an attribute, everything."),
    "doctor": ("doctor", "command", "Check that everything works on this machine."),
    "completion": ("completion", "command", "Print the completion script for your shell."),
}


class VerbGroup(click.Group):
    """A group that imports a verb when it is called, not to list it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        module, attribute, _ = VERBS[cmd_name]
        loaded = importlib.import_module(f"persona_tui.commands.{module}")
        command: click.Command = getattr(loaded, attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in VERBS:
            import difflib

            near = difflib.get_close_matches(name, VERBS, n=1)
            hint = f" Did you mean '{near[0]}'?" if near else ""
            ctx.fail(f"There is no verb '{name}'.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl([(name, line) for name, (_, _, line) in VERBS.items()])


@click.group(
    cls=VerbGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="persona-tui")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Find out what a model infers about you, say where it is wrong, keep all of it here.

    Without a verb the app opens. PERSONA_TUI_HOME moves every file under one directory.
    """
    if ctx.invoked_subcommand is None:
        from persona_tui.launch import run_app

        sys.exit(run_app())


def fail(sentence: str, code: int) -> NoReturn:
    """Say one sentence on standard error and exit."""
    click.echo(f"persona-tui: {sentence}", err=True)
    sys.exit(code)


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """The console script. Turns every error a person can meet into one sentence."""
    from models.errors import ModelError

    # Imported text may hold what the terminal's encoding cannot: show it escaped, never die of it.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = cli.main(
            args=None if argv is None else list(argv),
            prog_name="persona-tui",
            standalone_mode=False,
        )
    except click.exceptions.Exit as exit_:
        sys.exit(exit_.exit_code)
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("", err=True)
        fail("Stopped. What was done before is kept.", 130)
    except click.exceptions.NoArgsIsHelpError as error:
        # A group of verbs without one: its help is the answer, not a sentence wrapped around it.
        click.echo(error.format_message(), err=True)
        sys.exit(2)
    except click.UsageError as error:
        where = f" Try '{error.ctx.command_path} --help'." if error.ctx else ""
        fail(f"{error.format_message()}{where}", 2)
    except click.ClickException as error:
        fail(error.format_message(), error.exit_code)
    except UserError as error:
        fail(str(error), error.exit_code)
    except (StoreError, ModelError) as error:
        fail(str(error), 1)
    except BrokenPipeError:
        # The reader of our pipe went away (``| head``): that is no failure of ours.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        place = f" ({error.filename})" if error.filename else ""
        fail(f"{error.strerror or error}{place}.", 1)
    except Exception as error:  # noqa: BLE001 - the last resort: told in a sentence, kept in the log
        from persona_tui.logs import record_crash

        log = record_crash(error)
        fail(f"Something went wrong that should not ({type(error).__name__}); see {log}.", 1)
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
