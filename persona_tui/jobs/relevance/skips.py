"""What was skipped in Relevance: it closes its sheet, and can be taken up again.

A skip is no judgment: it says nothing of the item, only that the person does not want to be held up
by it. It is kept by ids, apart from the judgments.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from store.db import Store

KEY = "relevance.skipped"
Skip = tuple[str, str]
"""(key of the sheet, attribute)."""


def read(store: Store) -> set[Skip]:
    """Everything that is skipped now."""
    from store import settings

    words = (settings.get(store, KEY) or "").split()
    pairs = (word.rpartition("|") for word in words)
    return {(sheet, attribute) for sheet, _, attribute in pairs}


def change(store: Store, *, add: Iterable[Skip] = (), remove: Iterable[Skip] = ()) -> None:
    """Skip these, and take those up again."""
    from store import settings

    with store.write():
        before = read(store)
        after = (before | set(add)) - set(remove)
        if after != before:
            settings.put(store, KEY, " ".join(sorted(f"{one}|{two}" for one, two in after)))
