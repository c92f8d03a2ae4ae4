"""Write every verb's ``--help`` into docs/cli.md, between its markers; ``--check`` only compares.

A block starts with ``<!-- help: VERB … -->`` and ends with ``<!-- /help -->``.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click

from persona_tui.cli import VERBS, cli

PAGE = Path(__file__).resolve().parents[1] / "docs" / "cli.md"
BLOCK = re.compile(r"<!-- help:(?P<path>[^>]*)-->\n.*?<!-- /help -->", re.DOTALL)


def help_of(path: list[str]) -> str:
    """The help text of one command, at a fixed width."""
    command: click.Command = cli
    ctx = click.Context(
        cli,
        info_name="persona-tui",
        max_content_width=88,
        terminal_width=88,
        help_option_names=["-h", "--help"],
    )
    for name in path:
        assert isinstance(command, click.Group)
        found = command.get_command(ctx, name)
        assert found is not None, path
        command = found
        ctx = click.Context(
            command, info_name=name, parent=ctx, max_content_width=88, terminal_width=88
        )
    return command.get_help(ctx).rstrip()


def command_paths() -> list[list[str]]:
    """Every command there is, groups before their members."""
    paths: list[list[str]] = [[]]
    ctx = click.Context(cli)
    for verb in VERBS:
        paths.append([verb])
        command = cli.get_command(ctx, verb)
        if isinstance(command, click.Group):
            paths += [[verb, name] for name in command.list_commands(ctx)]
    return paths


def main() -> int:
    page = PAGE.read_text(encoding="utf-8")
    seen = []

    def block(match: re.Match[str]) -> str:
        path = match["path"].split()
        seen.append(path)
        return f"<!-- help: {' '.join(path)} -->\n```text\n{help_of(path)}\n```\n<!-- /help -->"

    fresh = BLOCK.sub(block, page)
    for path in command_paths():
        if path not in seen:
            print(f"docs/cli.md has no block for 'persona-tui {' '.join(path)}'", file=sys.stderr)
            return 1
    if "--check" in sys.argv:
        if fresh != page:
            print("docs/cli.md is stale: run python scripts/cli_docs.py", file=sys.stderr)
            return 1
        return 0
    PAGE.write_text(fresh, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
