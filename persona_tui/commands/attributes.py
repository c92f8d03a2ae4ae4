"""``persona-tui attributes``: what was inferred, and what you said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

import click

from persona_tui.commands._common import emit, journal

if TYPE_CHECKING:
    from store.records import Attribute

Status = Literal["all", "unjudged", "ok", "unsure", "bad", "never"]


@click.command("attributes")
@click.option(
    "--status",
    type=click.Choice(["all", "unjudged", "ok", "unsure", "bad", "never"]),
    default="all",
    show_default=True,
    help="Only those that you judged so; 'never' is what must never be used.",
)
@click.option("--query", help="Only those whose words match.")
@click.option("--conversation", "conversation_id", help="Only those from this conversation (id).")
@click.option("--limit", type=click.IntRange(min=1), help="At most this many.")
@click.option(
    "--confidence", is_flag=True, help="Tell how sure the model was of unjudged ones as well."
)
@click.option(
    "--json", "as_json", is_flag=True, help="One JSON object a line, confidence included."
)
def command(
    status: str,
    query: str | None,
    conversation_id: str | None,
    limit: int | None,
    confidence: bool,
    as_json: bool,
) -> None:
    """List what was inferred about you, with the words it rests on.

    How sure the model was is told only of attributes that you have judged, because knowing it
    before would sway you; --confidence and --json tell it always.
    """
    from persona_tui.jsonlines import attribute_record
    from store import attributes, conversations

    with journal() as store:
        if conversation_id is not None:
            conversation_id = conversations.get(store, conversation_id).conversation_id
        rows = attributes.list_all(
            store,
            status=cast("Status", status),
            query=query,
            conversation_id=conversation_id,
        )
        # The newest stand last: there, a refined one would be told from the one it was made of.
        rows = [one for one in rows if one.refines is None or one.judgment is not None][:limit]
        wanted = {row.judgment.corrected_attribute_id for row in rows if row.judgment}
        corrections = {key: attributes.get(store, key).text for key in sorted(filter(None, wanted))}
    if as_json:
        for row in rows:
            emit(attribute_record(row, corrections))
        return
    for row in rows:
        click.echo(_listing(row, corrections, confidence=confidence))
    if not rows:
        click.echo(
            "Nothing of that kind."
            if status != "all" or query or conversation_id
            else "Nothing inferred yet: import or chat, then 'persona-tui extract'.",
            err=True,
        )


def _listing(row: Attribute, corrections: dict[str, str], *, confidence: bool) -> str:
    from persona_tui.stages.judging import describe, is_judged
    from widgets.safe import plain

    lines = [f"{row.attribute_id}  {plain(row.text, one_line=True)}"]
    own = row.strategy == "user"
    facts = ["your own words" if own else describe(row.judgment) or "unjudged"]
    if row.confidence is not None and (confidence or is_judged(row.judgment)):
        facts.append(f"the model was {row.confidence:.2f} sure")
    lines.append(f"    {' · '.join(facts)}")
    if row.judgment is not None and row.judgment.corrected_attribute_id in corrections:
        corrected = corrections[row.judgment.corrected_attribute_id]
        lines.append(f"    corrected: {plain(corrected, one_line=True)}")
    lines += [f"    “{plain(evidence.quote, one_line=True)}”" for evidence in row.evidence]
    return "\n".join(lines)
