"""Open models: one a file or endpoint, shared, replaced when settings change."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from models.catalogue import STARTER, ModelSpec
from models.errors import ModelError, UnavailableError
from models.scripted import ScriptedBackend
from persona_tui.config import Settings, validated
from persona_tui.jobs.backends import Backends, options_of, ready
from persona_tui.jobs.models import new_entry, rows, try_out
from persona_tui.paths import Paths


class Opened:
    """Stands in for ``open_backend`` and remembers."""

    def __init__(self) -> None:
        self.specs: list[ModelSpec] = []
        self.options: list[Any] = []
        self.closed: list[str] = []

    def __call__(self, spec: ModelSpec, **options: Any) -> ScriptedBackend:
        self.specs.append(spec)
        self.options.append(options)
        backend = ScriptedBackend(["Paris."])
        close = backend.close

        async def closing() -> None:
            self.closed.append(spec.ref)
            await close()

        backend.close = closing  # type: ignore[method-assign]
        return backend


def settings(**changes: Any) -> Settings:
    return validated(changes, where="the test")


@pytest.fixture
def gguf(tmp_path: Path) -> Path:
    path = tmp_path / "a.gguf"
    path.write_bytes(b"GGUF....")
    return path


def gguf_entry(path: Path) -> Mapping[str, str]:
    return {"kind": "gguf", "path": str(path)}


class NoEmbedder:
    """An embedder that nobody asks."""


def backends(values: Settings, paths: Paths, opened: Opened) -> Backends:
    return Backends(values, paths, opener=opened, embedder=NoEmbedder())  # type: ignore[arg-type]


async def test_tasks_and_names_of_one_file_share_a_worker(paths: Paths, gguf: Path) -> None:
    opened = Opened()
    link = gguf.with_name("b.gguf")
    link.symlink_to(gguf)
    values = settings(
        chat={"model": "a"},
        extraction={"model": "b"},
        models={"a": gguf_entry(gguf), "b": gguf_entry(link)},
    )
    all_ = backends(values, paths, opened)
    assert all_.for_task("chat") is all_.for_task("extraction")
    assert all_.for_task("chat") is all_.get("a")
    assert len(opened.specs) == 1
    assert opened.options[0]["log_file"] == paths.worker_log
    await all_.close_all()
    await all_.close_all()
    assert opened.closed == ["a"]


async def test_changed_settings_close_what_they_concern(paths: Paths, gguf: Path) -> None:
    opened = Opened()
    first = settings(chat={"model": "a"}, models={"a": gguf_entry(gguf)})
    all_ = backends(first, paths, opened)
    old = all_.for_task("chat")
    await all_.replace(settings(chat={"model": "a", "temperature": 1.0}, models=first.models))
    assert all_.for_task("chat") is old
    await all_.replace(settings(chat={"model": "a"}, models=first.models, local={"n_ctx": 512}))
    assert opened.closed == ["a"]
    assert all_.for_task("chat") is not old
    assert opened.options[-1]["options"].n_ctx == 512


async def test_unknown_models_are_told(paths: Paths) -> None:
    all_ = backends(settings(chat={"model": "nope"}), paths, Opened())
    with pytest.raises(ModelError, match="no model called `nope`"):
        all_.for_task("chat")
    with pytest.raises(UnavailableError, match="not downloaded"):
        all_.get("qwen3-4b")


def test_options_come_from_the_settings() -> None:
    options = options_of(settings(local={"n_threads": 3}, remote={"timeout": 5.0}))
    assert (options.n_threads, options.timeout) == (3, 5.0)


def test_rows_and_what_is_ready(paths: Paths, gguf: Path) -> None:
    values = settings(
        chat={"model": "a"},
        models={
            "a": gguf_entry(gguf),
            "gone": gguf_entry(gguf.with_name("gone.gguf")),
            "far": {"kind": "endpoint", "base_url": "https://x.example/v1", "model": "m"},
        },
    )
    assert [spec.ref for spec in ready(values, paths)] == ["starter", "a", "gone", "far"]
    found = {row.spec.ref: row for row in rows(values, paths)}
    assert found["a"].used_for == ("chat",)
    assert found["starter"].used_for == ("extraction",)
    assert found["gone"].state == "missing"
    assert found["far"].record()["where"] == "x.example"
    assert found["far"].record()["local"] is False
    assert found["qwen3-4b"].state == "download"
    assert found["qwen3-4b"].record()["path"] is None


def test_new_entries_are_checked(gguf: Path) -> None:
    values = settings(models={"taken": gguf_entry(gguf)})
    assert new_entry(values, "a", gguf=str(gguf))["path"] == str(gguf)
    openai = new_entry(values, "a", provider="openai", model="gpt-x")
    assert openai["key"] == "openai"
    assert openai["base_url"] == "https://api.openai.com/v1"
    wrongs: list[dict[str, Any]] = [
        {"name": "a"},
        {"name": "taken", "gguf": str(gguf)},
        {"name": "starter", "gguf": str(gguf)},
        {"name": "a b", "gguf": str(gguf)},
        {"name": "a", "provider": "nobody", "model": "m"},
        {"name": "a", "provider": "openai"},
        {"name": "a", "base_url": "localhost:1", "model": "m"},
        {"name": "a", "base_url": "https://me:word@host/v1", "model": "m"},
        {"name": "a", "base_url": "http://x", "gguf": str(gguf), "model": "m"},
    ]
    for wrong in wrongs:
        with pytest.raises(Exception, match=r"\.$") as caught:
            new_entry(values, **wrong)
        assert caught.type.__name__ in ("UsageError", "ModelError"), wrong


async def test_trying_a_model_out_tells_speed() -> None:
    pieces = [piece async for piece in try_out(ScriptedBackend(["It is ", "Paris."]))]
    assert any(isinstance(piece, str) for piece in pieces)
    last = pieces[-1]
    assert not isinstance(last, str)
    assert last.answer
    assert last.load_seconds >= 0


def test_words_are_drawn_as_set_else_as_the_authors_recommend(paths: Paths) -> None:
    drawn = Backends(Settings(), paths).chat_sampling()
    assert (drawn.temperature, drawn.top_p) == (STARTER.temperature, STARTER.top_p)
    chosen = validated({"chat": {"temperature": 0.0, "max_tokens": 7}}, where="here")
    drawn = Backends(chosen, paths).chat_sampling()
    assert (drawn.temperature, drawn.top_p, drawn.max_tokens) == (0.0, STARTER.top_p, 7)
    other = validated(
        {
            "chat": {"model": "far"},
            "models": {"far": {"kind": "endpoint", "base_url": "http://h/v1", "model": "m"}},
        },
        where="here",
    )
    drawn = Backends(other, paths).chat_sampling()
    assert (drawn.temperature, drawn.top_p, drawn.repeat_penalty) == (0.7, 0.95, 1.0)
