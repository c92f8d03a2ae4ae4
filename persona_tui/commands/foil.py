"""``persona-tui foil``: the same audit on users whom a model plays."""

from __future__ import annotations

import asyncio
import sys

import click

from persona_tui.commands._common import emit, journal, visible


@click.group("foil")
def group() -> None:
    """Compare yourself with synthetic users.

    Models are often tried on users that another model plays. Here the same extraction and the same
    questions are put to such users, and the report shows both side by side. Synthetic conversations
    are marked everywhere and stay out of every figure about you.
    """


@group.command("run")
@click.option("--count", type=click.IntRange(min=0),
              help="How many personas; all if left out, 0 to play none and only judge.")  # fmt: skip
@click.option("--persona", "keys", multiple=True, help="Only this persona; may be repeated.")
@click.option("--own", is_flag=True, help="Also play you, from your corrected profile.")
@click.option("--turns", type=click.IntRange(1, 50), default=4, show_default=True,
              help="Messages of the synthetic user in one conversation.")  # fmt: skip
@click.option("--model", help="Which model plays the user; that of the chat if left out.")
@click.option("--judge", "judge_ref",
              help="A model that answers the questions as well, also about what was played before.")  # fmt: skip
@click.option(
    "--max-usd", type=click.FloatRange(min=0), help="Let the judge stop before it costs more."
)
@click.option("--max-tokens", type=click.IntRange(min=1),
              help="Let the judge stop before it uses more tokens.")  # fmt: skip
@click.option("--price-in", type=click.FloatRange(min=0),
              help="US dollars a million tokens sent to the judge.")  # fmt: skip
@click.option("--price-out", type=click.FloatRange(min=0), help="The same for tokens written.")
@click.option("--estimate", is_flag=True, help="Only say what it would take.")
@click.option("--yes", is_flag=True, help="Send words to a model that is not on this machine.")
@click.option("--quiet", is_flag=True, help="No progress.")
def run(
    count: int | None,
    keys: tuple[str, ...],
    own: bool,
    turns: int,
    model: str | None,
    judge_ref: str | None,
    max_usd: float | None,
    max_tokens: int | None,
    price_in: float | None,
    price_out: float | None,
    estimate: bool,
    yes: bool,
    quiet: bool,
) -> None:
    """Let a model play users, infer from what it says, and compare with what is true of them.

    Personas that were played before with these models, this length and this extraction are not
    played again; Ctrl+C stops, and what was finished is kept. A judge is asked about everything that
    was played and that it was not asked about before.
    """
    from persona_tui.commands._foil import FoilRun

    task = FoilRun(
        count=count, keys=keys, own=own, turns=turns, model=model, judge=judge_ref,
        max_usd=max_usd, max_tokens=max_tokens, price_in=price_in, price_out=price_out,
        estimate=estimate, yes=yes, quiet=quiet,
    )  # fmt: skip
    try:
        asyncio.run(task.run())
    except KeyboardInterrupt:
        task.wipe()
        click.echo("Stopped. Run it again to go on with the next persona.", err=True)
        raise click.exceptions.Exit(130) from None


@group.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_(as_json: bool) -> None:
    """List what was played, and what was inferred from it.

    What the personas and models say of an attribute is listed once you have judged it yourself, so
    that nothing is told before 'foil review' asks you.
    """
    from store import synthetic
    from widgets.safe import counted

    with journal() as store:
        said: dict[str, dict[str, str]] = {}
        for given in synthetic.judgments(store):
            if given.verdict is not None:
                who = given.model_tag or given.rater
                said.setdefault(given.attribute_id, {})[who] = given.verdict
        hidden = sum("person" not in verdicts for verdicts in said.values())
        said = {key: verdicts for key, verdicts in said.items() if "person" in verdicts}
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
                                "extractor": one.model,
                                "verdicts": said.get(one.attribute_id, {}),
                            }
                            for one in found
                        ],
                    }
                )
                continue
            click.echo(
                f"[synthetic] {played.persona_key}: {counted(len(found), 'attribute')}, "
                f"{counted(played.turns, 'turn')}, "
                f"{visible(played.user_model)}"
            )
            for one in found:
                verdicts = ", ".join(
                    f"{visible(who)}: {verdict}"
                    for who, verdict in said.get(one.attribute_id, {}).items()
                )
                click.echo(f"  {visible(one.text)}" + (f"  ({verdicts})" if verdicts else ""))
    if hidden and not as_json:
        click.echo(f"Of {hidden} more, verdicts are told once you have judged them (foil review).")


@group.command("review")
@click.option("--limit", type=click.IntRange(min=1), help="Stop after so many verdicts.")
def review(limit: int | None) -> None:
    """Judge what was inferred about synthetic users, line by line, as you judged your own.

    In random order. The persona's facts are shown, then one statement: a (ok), u (unsure), x (bad),
    and of what is not ok why; e shows the words that it rests on, z takes the last verdict back and
    asks again, an empty line skips, the end of the input ends it.
    """
    from persona_tui.plain.foil import FoilReview

    with journal() as store:
        FoilReview(store, sys.stdin, sys.stdout).run(limit=limit)
