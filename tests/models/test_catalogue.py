"""The catalogue: finding, fitting, and the form of what is recommended."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.catalogue import (
    PROVIDERS,
    RECOMMENDED,
    STARTER,
    Memory,
    ModelSpec,
    by_fit,
    downloaded,
    find,
    fit,
    gguf_path,
    is_loopback,
    memory_needed,
    open_backend,
)
from models.errors import ModelError, UnavailableError

GB = 1_000_000_000


def test_every_recommendation_has_a_source_and_a_plain_form() -> None:
    assert len({entry.id for entry in RECOMMENDED}) == len(RECOMMENDED)
    for entry in RECOMMENDED:
        assert entry.source, entry.id
        assert entry.filename.endswith("Q4_K_M.gguf")
        assert Path(entry.filename).name == entry.filename
        assert entry.repo.count("/") == 1
        assert 0.3 * GB < entry.size_bytes < 10 * GB
    assert list(RECOMMENDED) == sorted(RECOMMENDED, key=lambda entry: entry.size_bytes)


@pytest.mark.parametrize(
    ("needed", "verdict"),
    [(3 * GB, "fits"), (6 * GB, "tight"), (20 * GB, "too large")],
)
def test_fit(needed: int, verdict: str) -> None:
    assert fit(needed, Memory(total=16 * GB, available=4 * GB)) == verdict


def test_memory_needed_counts_file_and_both_contexts() -> None:
    small = memory_needed(1 * GB, 100_000, 1000)
    assert small > 1 * GB + 2 * 1000 * 100_000
    assert memory_needed(1 * GB, None, 1000) > small  # what is not known counts as much


def test_most_capable_that_fits_comes_first() -> None:
    rated = by_fit(Memory(total=16 * GB, available=6 * GB))
    verdicts = [verdict for _, verdict in rated]
    assert verdicts == sorted(verdicts, key=["fits", "tight", "too large"].index)
    fitting = [entry.size_bytes for entry, verdict in rated if verdict == "fits"]
    assert fitting == sorted(fitting, reverse=True)
    assert {"fits", "tight"} <= set(verdicts)
    everything = by_fit(Memory(total=GB // 2, available=GB // 4))
    assert {verdict for _, verdict in everything} == {"too large"}


def test_finding(tmp_path: Path) -> None:
    own = {"mine": ModelSpec(ref="mine", name="mine", kind="gguf", path=tmp_path / "a.gguf")}
    entry = RECOMMENDED[0]
    assert find("starter", own, tmp_path) is STARTER
    assert find("mine", own, tmp_path) is own["mine"]
    assert find("~/x/B.gguf", own, tmp_path).path == Path("~/x/B.gguf").expanduser()
    with pytest.raises(UnavailableError, match=f"models download {entry.id}"):
        find(entry.id, own, tmp_path)
    assert downloaded(tmp_path) == []
    (tmp_path / entry.filename).write_bytes(b"GGUF")
    assert find(entry.id, own, tmp_path).size_bytes == 4
    assert [spec.ref for spec in downloaded(tmp_path)] == [entry.id]
    with pytest.raises(ModelError, match="did you mean `mine`"):
        find("mina", own, tmp_path)


def test_a_file_that_is_no_model_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.gguf"
    spec = ModelSpec(ref="a", name="a", kind="gguf", path=path)
    with pytest.raises(UnavailableError, match="not there"):
        gguf_path(spec)
    path.write_bytes(b"PK\x03\x04")
    with pytest.raises(UnavailableError, match="not a GGUF file"):
        gguf_path(spec)
    path.write_bytes(b"GGUF....")
    assert gguf_path(spec) == path


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://localhost:11434/v1", True),
        ("http://127.0.0.1:8080/v1", True),
        ("http://[::1]:8080/v1", True),
        ("http://192.168.1.7:8080/v1", False),
        ("http://localhost.example.com/v1", False),
        ("https://api.openai.com/v1", False),
    ],
)
def test_where_words_go(url: str, local: bool) -> None:
    spec = ModelSpec(ref="a", name="a", kind="endpoint", base_url=url, model="m")
    assert is_loopback(url) is local
    assert spec.local is local
    assert (spec.where == "this machine") is local


def test_providers_that_leave_this_machine_want_a_key() -> None:
    assert {provider.id for provider in PROVIDERS.values() if not provider.local} == {
        "openai",
        "openrouter",
        "anthropic",
    }
    assert all(provider.key_name for provider in PROVIDERS.values() if not provider.local)


async def test_opening_loads_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.gguf"
    path.write_bytes(b"GGUF....")
    spec = ModelSpec(ref="a", name="A", kind="gguf", path=path, parameters_b=2)
    backend = open_backend(spec)
    assert backend.describe().name == "A"
    assert backend.describe().local
    assert backend.describe().parameters_b == 2
    await backend.close()


def test_the_page_about_models_shows_the_same_facts() -> None:
    page = (Path(__file__).parents[2] / "docs" / "models.md").read_text("utf-8")
    for entry in RECOMMENDED:
        for fact in (entry.repo, entry.filename, f"{entry.size_bytes:,}", *entry.source):
            assert fact in page, (entry.id, fact)


@pytest.mark.parametrize("text", ["~nobody-of-that-name/x.gguf", "a\0b.gguf", "gone/x.gguf"])
def test_a_path_that_leads_nowhere_is_a_sentence(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnavailableError, match="is not there"):
        open_backend(find(text, {}, tmp_path))


def test_a_cloud_model_of_a_local_ollama_is_not_called_local() -> None:
    base_url = PROVIDERS["ollama"].base_url
    local = ModelSpec("a", "a", "endpoint", base_url=base_url, model="qwen3:4b")
    cloud = ModelSpec("b", "b", "endpoint", base_url=base_url, model="gpt-oss:120b-cloud")
    assert local.local
    assert not cloud.local
    assert "ollama.com" in cloud.where
