"""Writing pairs elsewhere: what it would cost is said, and a budget is never gone over."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from models.embeddings import HashedEmbedder
from models.protocol import ChatEvent, ChatMessage, Finished, Lane, Sampling, Usage
from models.scripted import ScriptedBackend
from persona_tui.commands.respond import command
from persona_tui.config import Settings
from persona_tui.config_file import set_values
from persona_tui.db import StoreThread
from persona_tui.errors import UsageError
from persona_tui.jobs.compare.cost import Spending, Writer
from persona_tui.jobs.compare.orders import Order, orders
from persona_tui.jobs.compare.responding import make_ahead
from persona_tui.jobs.costs import Price
from persona_tui.paths import Paths
from store.audit import Arm, UserPrompt
from store.db import open_store, utc_now
from tests.persona_tui.audit_data import audit
from tests.persona_tui.jobs.compare.test_responding import PLAIN, judged

PRICE = Price(2.0, 10.0)
LONGEST = PLAIN.compare.max_tokens


class Costly(ScriptedBackend):
    """Counts a token for every byte sent, and always writes as much as it may."""

    async def chat(
        self,
        messages: Sequence[ChatMessage],
        *,
        sampling: Sampling = Sampling(),  # noqa: B008 - frozen
        lane: Lane = "chat",
    ) -> AsyncGenerator[ChatEvent, None]:
        size = sum(len(one.content.encode()) for one in messages)
        async for event in super().chat(messages, sampling=sampling, lane=lane):
            if isinstance(event, Finished):
                event = replace(event, usage=Usage(size, 0, sampling.max_tokens))
            yield event


def spending(
    *, max_usd: float | None = None, max_tokens: int | None = None, price: Price | None = PRICE
) -> Spending:
    one = Writer(True, price)
    return Spending(one, one, LONGEST, max_usd=max_usd, max_tokens=max_tokens)


@pytest.mark.parametrize("arm", ["relevant", "all", "model"])
@pytest.mark.parametrize("limit", [500, 3_000, 6_000, 12_000])
async def test_a_budget_is_never_gone_over(paths: Paths, limit: int, arm: Arm) -> None:
    async with StoreThread(paths.database) as db:
        await db.run(audit)
        await db.run(judged)
        model = Costly(["A good answer."] * 20, local=False)
        for spent in (spending(max_tokens=limit), spending(max_usd=limit / 1e5)):
            steps = make_ahead(
                db, PLAIN, backend=model, other=model, embedder=HashedEmbedder(), count=1, arm=arm,
                spending=spent,
            )  # fmt: skip
            async with aclosing(steps):
                made = [step.pair async for step in steps if step.pair is not None]
            assert spent.over == (not made)
            assert (spent.tokens.sent > 0) == bool(made)
            assert limit != spent._max_tokens or spent.tokens.sent + spent.tokens.written <= limit
            if spent.over:
                assert limit < 12_000
        assert spent.usd is not None
        assert spent.usd <= limit / 1e5


def order_of(arm: Arm = "relevant", *, planted: bool = False) -> Order:
    prompt = UserPrompt("p", "user", "What shall I cook tonight?", utc_now())
    return Order(prompt, arm, (("a", "The user is a vegetarian."),), planted)


def test_a_planted_pair_is_not_told_by_its_cost() -> None:
    assert spending().most(order_of()) == spending().most(order_of(planted=True))
    assert spending().estimate([order_of()]) == spending().estimate([order_of(planted=True)])


def test_choosing_costs_too_and_what_is_here_costs_nothing() -> None:
    plain, choosing = spending().most(order_of()), spending().most(order_of("model"))
    assert choosing[0].sent > plain[0].sent
    half = Spending(Writer(False), Writer(True, PRICE), LONGEST)
    tokens, usd = half.estimate([order_of("models")])
    assert tokens.written == LONGEST
    assert usd == PRICE.of(tokens.sent, LONGEST)
    assert Spending(Writer(False), Writer(False), LONGEST).estimate([order_of()])[1] == 0
    assert spending(price=None).estimate([order_of()])[1] is None


def test_the_verb_says_what_it_would_take_before_anything_is_sent(home: Path, paths: Paths) -> None:
    with open_store(paths.database) as store:
        audit(store)
        judged(store)
        assert orders(store, judging=PLAIN.judging, compare=Settings().compare)
    entry = {"kind": "endpoint", "base_url": "https://big.example/v1", "model": "m"}
    set_values(paths, {f"models.big.{key}": value for key, value in entry.items()})

    def run(*more: str) -> tuple[str, BaseException | None]:
        result = CliRunner().invoke(command, ["--model", "big", *more])
        return result.output, result.exception

    told, error = run("--estimate", "--price-in", "2", "--price-out", "10")
    assert error is None
    assert "2 pairs to write: about" in told
    assert "tokens to send to big.example, at most 1,600 to be written, about $0.0" in told
    told, error = run()
    assert "price not known" in told
    assert isinstance(error, UsageError)
    assert "would be sent to big.example" in str(error)
    _, error = run("--max-usd", "1", "--yes")
    assert "What big costs is not known" in str(error)
    told, error = run("--max-tokens", "10", "--yes", "--quiet")  # nothing is sent
    assert "the budget is too small" in str(error)
    told, error = run("--estimate", "--model", "starter")
    assert "2 pairs to write, on this machine." in told
