"""``persona-tui completion``: the completion script for a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the script that completes verbs and options.

    \b
    bash:  persona-tui completion bash > ~/.local/share/bash-completion/completions/persona-tui
    zsh:   persona-tui completion zsh > "${fpath[1]}/_persona-tui"
    fish:  persona-tui completion fish > ~/.config/fish/completions/persona-tui.fish
    """
    from persona_tui.cli import cli

    kind = get_completion_class(shell)
    if kind is None:  # click knows the three shells above; this is for a later click
        raise click.ClickException(f"There is no completion for {shell}.")
    click.echo(kind(cli, {}, "persona-tui", "_PERSONA_TUI_COMPLETE").source())
