"""``persona-tui donate``: give judgments to research, if you want to, step by step."""

from __future__ import annotations

import click

from persona_tui.commands.donate_choose import choices_command, draft_command
from persona_tui.commands.donate_give import (
    bundle_command,
    cancel_command,
    ledger_command,
    publish_command,
    sign_command,
    withdraw_command,
)
from persona_tui.commands.donate_texts import preview_command, redact_command, words_command


class InOrder(click.Group):
    """Lists its verbs in the order of the steps."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group("donate", cls=InOrder)
def group() -> None:
    """Give some of your judgments to research, if you want to.

    Nothing is given by itself. The steps: choose ('draft'), black out ('redact'), look at the exact
    bytes ('preview'), 'sign', wait for the cooling-off time, then 'bundle' or 'publish'. The data
    are pseudonymised, with reduced risk: not without risk.
    """


for _command in (
    choices_command,
    draft_command,
    words_command,
    redact_command,
    preview_command,
    sign_command,
    cancel_command,
    bundle_command,
    publish_command,
    withdraw_command,
    ledger_command,
):
    group.add_command(_command)
