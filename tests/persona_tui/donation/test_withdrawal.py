"""A withdrawal: only who holds the token can make one that verifies."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona_tui.donation.identity import new_id, new_token, token_sha256
from persona_tui.donation.withdrawal import SCHEMA, Withdrawal, parse, request, verify
from persona_tui.errors import UserError
from tests.persona_tui.donation import given_data

TOKEN = given_data.TOKEN
ROW = given_data.rows()["contributors"][0]
ID = str(ROW["contributor_id"])


def test_a_request_verifies_against_the_row_of_its_bundle() -> None:
    made = request(TOKEN, ID)
    assert made == request(TOKEN, ID)
    assert parse(made) == Withdrawal(ID, TOKEN)
    assert parse(made).token_sha256 == ROW["withdrawal_token_sha256"] == token_sha256(TOKEN)
    assert verify(made, ROW)


def test_nobody_else_can_withdraw() -> None:
    assert not verify(request(new_token(), ID), ROW)
    assert not verify(request(TOKEN, new_id("c")), ROW)
    assert not verify(request(TOKEN, ID), {**ROW, "withdrawal_token_sha256": None})
    assert not verify(request(TOKEN, ID), {**ROW, "withdrawal_token_sha256": "é" * 64})
    assert not verify(request(TOKEN, ID), {})
    # The hash that everybody can read is no token.
    assert not verify(request(str(ROW["withdrawal_token_sha256"]), ID), ROW)


def test_a_wrong_token_is_not_quoted() -> None:
    with pytest.raises(ValueError, match="not a withdrawal token") as refused:
        request("hunter2" * 9, ID)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"{}", b"[]", b"null", b"\xff", b"[" * 4000, b"{" * 4000, b" " * 5000,
        json.dumps({"schema": SCHEMA}).encode(),
        json.dumps({"schema": SCHEMA, "withdrawal_token": TOKEN, "contributor_id": 3}).encode(),
        json.dumps({"schema": SCHEMA, "withdrawal_token": TOKEN + "\n", "contributor_id": ID}).encode(),
        request(TOKEN, ID).replace(b"withdrawal/1", b"withdrawal/2"),
    ],
)  # fmt: skip
def test_what_is_no_request_is_refused_with_one_sentence(raw: bytes) -> None:
    with pytest.raises(UserError) as refused:
        parse(raw)
    assert str(refused.value).endswith(".")
    assert TOKEN not in str(refused.value)
    assert not verify(raw, ROW)


@given(st.binary(max_size=600), st.integers(0, 300))
def test_anything_else_is_false_and_no_error(noise: bytes, at: int) -> None:
    good = request(TOKEN, ID)
    assert not verify(noise, ROW)
    made = good[:at] + noise + good[at + len(noise) :]
    verify(made, ROW)
