"""What happens to a donation while the person, or another window, goes on with something else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from persona_tui.errors import UserError
from persona_tui.jobs import donating
from persona_tui.jobs.donation_material import read_material
from store import attributes, donations, forgetting
from store.db import Store, open_store
from tests.persona_tui.giving_data import give
from tests.persona_tui.jobs.test_donating import PLAIN, drafted


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "j.db") as opened:
        give(opened)
        yield opened


def test_what_is_forgotten_while_it_is_prepared_is_not_kept(store: Store) -> None:
    draft = drafted(store)
    material = read_material(store, draft)
    prepared = donating.make(material, PLAIN)
    one = next(one for one in attributes.list_all(store) if "nurse" in one.text)
    forgetting.forget_attribute(store, one.attribute_id)
    with pytest.raises(UserError, match="changed while"):
        donating.keep(store, draft.donation_id, prepared, material)
    assert donations.files(store, draft.donation_id) == {}
