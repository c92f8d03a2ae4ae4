"""``donate choices``, ``donate draft``: what there is to give, and what is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from persona_tui.commands._common import emit, journal, visible
from persona_tui.commands._donate import donation_config, pick, state

if TYPE_CHECKING:
    from store.db import Store
    from store.donations import Donation, ItemKind

LICENSES = ("CC-BY-4.0", "CC0-1.0")
GROUPS: dict[str, ItemKind] = {
    "attributes": "attribute",
    "prompts": "relevance",
    "comparisons": "response",
}


@click.command("choices")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def choices_command(as_json: bool) -> None:
    """List what there is to give, and what is chosen."""
    from persona_tui.jobs.donation.material import choices
    from store import donations

    with journal() as store:
        draft = donations.open_draft(store)
        found = choices(store, None if draft is None else draft.donation_id)
    for one in found:
        if as_json:
            emit(
                {
                    "kind": one.kind, "id": one.item_id, "text": one.text, "said": one.said,
                    "level": one.level, "given_before": one.given, "never": one.never,
                }
            )  # fmt: skip
            continue
        mark = {"labels": "[labels]", "texts": "[texts]"}.get(one.level or "", "")
        before = " (given before)" if one.given else ""
        words = visible(one.text)
        short = words if len(words) <= 60 else words[:59] + "…"
        click.echo(f"{one.item_id}  {one.kind:9} {mark:8} {short} · {visible(one.said)}{before}")
    if not found and not as_json:
        click.echo("There is nothing to give yet: judge something first.", err=True)


@click.command("draft")
@click.option("--add", multiple=True, metavar="ID|KIND",
              help="Choose an item by its id, or all 'attributes', 'prompts', 'comparisons'.")  # fmt: skip
@click.option("--texts", is_flag=True, help="With --add: with redacted text, not labels only.")
@click.option("--drop", multiple=True, metavar="ID|KIND", help="Take an item out again.")
@click.option("--license", "license_", type=click.Choice(LICENSES), help="Under which licence.")
@click.option("--delete", is_flag=True, help="Throw the draft away.")
def draft_command(
    add: tuple[str, ...], texts: bool, drop: tuple[str, ...], license_: str | None, delete: bool
) -> None:
    """Show the draft, or change what is in it. What was signed has to be signed again then.

    All of a kind leaves out what must never be used, and what was given before; name its id to give
    it all the same.
    """
    from persona_tui.jobs.donation import donating
    from store import donations

    config = donation_config()
    with journal() as store:
        if delete:
            found = pick(store, None)
            donations.delete(store, found.donation_id)
            click.echo("The draft is thrown away. Nothing was given.")
            return
        found = donating.open_or_create(store, config) if add or license_ else pick(store, None)
        if license_ is not None:
            found = donating.set_license(store, found.donation_id, license_)
        donating.choose(store, found, _meant(store, found, add), "texts" if texts else "labels")
        if drop:
            donating.choose(store, found, _meant(store, found, drop, all_=True), None)
        _show(store, donations.get(store, found.donation_id))


def _meant(
    store: Store, donation: Donation, words: tuple[str, ...], *, all_: bool = False
) -> list[tuple[ItemKind, str]]:
    from persona_tui.errors import UsageError
    from persona_tui.jobs.donation.material import choices

    found = choices(store, donation.donation_id) if words else []
    meant: list[tuple[ItemKind, str]] = []
    for word in words:
        if word in GROUPS:
            group = [one for one in found if one.kind == GROUPS[word]]
            taken = [one for one in group if all_ or not (one.never or one.given)]
            meant += [(one.kind, one.item_id) for one in taken]
            if left := len(group) - len(taken):
                click.echo(
                    f"{left} of the {word} left out: to be used never, or given before; name an "
                    "id to give it all the same.",
                    err=True,
                )
            continue
        hits = [one for one in found if one.item_id.startswith(word)] if word else []
        if len(hits) != 1:
            raise UsageError(
                f"{word!a} names {len(hits) or 'nothing'} that can be given; "
                "'persona-tui donate choices' lists the ids."
            )
        meant.append((hits[0].kind, hits[0].item_id))
    return meant


def _show(store: Store, donation: Donation) -> None:
    from store import donations

    items = donations.items(store, donation.donation_id)
    texts = sum(one.level == "texts" for one in items)
    click.echo(f"{donation.donation_id}  {state(donation)}")
    for word, kind in GROUPS.items():
        count = sum(one.kind == kind for one in items)
        click.echo(f"  {word}: {count}")
    click.echo(f"  with text: {texts}, labels only: {len(items) - texts}")
    click.echo(f"  licence: {donation.license}")
