"""``persona-tui forget``: delete for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from persona_tui.commands._common import confirm, emit, journal, visible
from persona_tui.commands.train import learn_again, learned_kinds
from persona_tui.errors import UserError
from persona_tui.paths import default_paths
from persona_tui.state import forget_in_file
from widgets.safe import counted

if TYPE_CHECKING:
    from store.forgetting import Forgotten

_yes = click.option("--yes", is_flag=True, help="Do not ask.")
_json = click.option("--json", "as_json", is_flag=True, help="One JSON object: what went.")


@click.group("forget")
def group() -> None:
    """Delete for good: no byte stays in the database, its log or its search index.

    There is no undo. What models of your own learned goes along, whatever is forgotten, and is learned
    again from what stays (Ctrl+C leaves that to 'persona-tui train'). Copies made with 'backup' are separate files; they are named, not touched.
    Exit code 1 if it is deleted, but bytes may be left for now: the sentence says why.
    """


def _tell(gone: Forgotten, *, as_json: bool) -> None:
    """Say what went; fail where bytes of it may be left."""
    if as_json:
        emit(
            {
                "conversations": gone.conversations,
                "messages": gone.messages,
                "attributes": gone.attributes,
                "judgments": gone.judgments,
                "played": gone.played,
                "backups_remaining": [str(path) for path in gone.backups_remaining],
                "complete": gone.complete,
            }
        )
    else:
        click.echo(
            f"Forgotten: {counted(gone.conversations, 'conversation')}, "
            f"{counted(gone.messages, 'message')}, {counted(gone.attributes, 'attribute')}, "
            f"{counted(gone.judgments, 'judgment')}."
        )
        if gone.played:
            click.echo(
                f"Also {counted(gone.played, 'synthetic conversation')} that a model played from your "
                "profile."
            )
        for path in gone.backups_remaining:
            click.echo(f"An older copy remains and may hold them: {path}")
    if gone.note is not None:
        raise UserError(gone.note)


@group.command("conversation")
@click.argument("conversation_id")
@_yes
@_json
def conversation(conversation_id: str, yes: bool, as_json: bool) -> None:
    """Forget one conversation, and the attributes that rest only on it."""
    from store import conversations
    from store.forgetting import forget_conversation

    with journal() as store:
        found = conversations.get(store, conversation_id)
        confirm(f"Forget '{visible(found.title)}' ({found.messages} messages) for good?", yes=yes)
        learned = learned_kinds(store)
        gone = forget_conversation(store, found.conversation_id)
    forget_in_file(default_paths().state, found.conversation_id)
    try:
        _tell(gone, as_json=as_json)
    finally:  # also where bytes may be left for now
        learn_again(learned)


@group.command("attribute")
@click.argument("attribute_id")
@_yes
@_json
def attribute(attribute_id: str, yes: bool, as_json: bool) -> None:
    """Forget one attribute with its judgments; the conversations it rests on stay."""
    from store import attributes
    from store.forgetting import forget_attribute

    with journal() as store:
        found = attributes.get(store, attribute_id)
        confirm(f"Forget '{visible(found.text)}' and its judgments for good?", yes=yes)
        learned = learned_kinds(store)
        gone = forget_attribute(store, found.attribute_id)
    try:
        _tell(gone, as_json=as_json)
    finally:  # also where bytes may be left for now
        learn_again(learned)


@group.command("everything")
@_yes
@_json
def everything(yes: bool, as_json: bool) -> None:
    """Forget all conversations, attributes, judgments and donations. Settings and models stay.

    Donations that were given cannot be withdrawn afterwards: the proof that they are yours goes, too.
    """
    from store import donations
    from store.forgetting import forget_everything

    with journal() as store:
        given = sum(one.status == "given" for one in donations.list_all(store))
        if given:
            click.echo(
                f"You gave {given} donation{'' if given == 1 else 's'}: after this they cannot be "
                "withdrawn any more; 'persona-tui donate withdraw ID' does it before.",
                err=True,
            )
        confirm("Forget everything you chatted, imported and judged, for good?", yes=yes)
        gone = forget_everything(store)
    forget_in_file(default_paths().state, None)
    _tell(gone, as_json=as_json)
