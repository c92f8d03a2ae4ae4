"""Settings: what is read, what is refused and how, what writing leaves alone."""

from __future__ import annotations

import subprocess
import sys

import pytest
from click.testing import CliRunner

from persona_tui import config_file
from persona_tui.commands.config import config as config_command
from persona_tui.config import Settings, load_settings
from persona_tui.config_file import set_value
from persona_tui.config_text import joined
from persona_tui.errors import USAGE, ConfigError
from persona_tui.paths import Paths
from tests.helpers import mode_of


def write(paths: Paths, text: str) -> None:
    paths.config.parent.mkdir(parents=True, exist_ok=True)
    paths.config.write_text(text, "utf-8")


def test_defaults_without_a_file(paths: Paths) -> None:
    settings = load_settings(paths, {})
    assert settings == Settings()
    assert settings.chat.model == "starter"
    assert not paths.config.exists()


def test_environment_beats_file_beats_default(paths: Paths) -> None:
    write(paths, '[chat]\ntemperature = 1\nmodel = "mine"\n')
    environ = {"PERSONA_TUI_CHAT__MODEL": "other", "PERSONA_TUI_EXTRACTION__LIVE": "no"}
    settings = load_settings(paths, environ)
    assert settings.chat.temperature == 1.0
    assert settings.chat.model == "other"
    assert settings.extraction.live is False
    assert settings.chat.top_p is None


def test_environment_is_read_by_type(paths: Paths) -> None:
    environ = {
        "PERSONA_TUI_LOCAL__N_CTX": "4096",
        "PERSONA_TUI_LOCAL__N_THREADS": "",
        "PERSONA_TUI_REMOTE__TIMEOUT": "2",
        "PERSONA_TUI_LANGUAGE": "none",
        "PERSONA_TUI_KEYS__OPENAI": "pass show openai",
        "PERSONA_TUI_EXTRACTION__STRATEGY": "holistic",
    }
    write(paths, "language = 'de'\n[local]\nn_threads = 3\n")
    settings = load_settings(paths, environ)
    assert (settings.local.n_ctx, settings.local.n_threads) == (4096, None)
    assert (settings.remote.timeout, settings.language) == (2.0, None)
    assert settings.keys == {"openai": "pass show openai"}
    assert settings.extraction.strategy == "holistic"


def test_environment_of_others_is_left_alone(paths: Paths) -> None:
    environ = {"PERSONA_TUI_HOME": "/x", "PERSONA_TUI_KEY_OPENAI": "k", "PERSONA_TUI_X": "1"}
    assert load_settings(paths, environ) == Settings()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[chat]\nmodle = 'x'", ["`chat.modle`", "`chat.model`"]),
        ("temperature = 1", ["`temperature`", "`chat.temperature`"]),
        ("[extracton]\nlive = true", ["`extracton`", "`extraction"]),
        ("[models.a]\nkind = 'gguf'\npth = 'x'", ["`models.a.pth`", "`models.a.path`"]),
        ("[chat]\ntemperature = 'hot'", ["`chat.temperature`", "must be a number", "“hot”"]),
        ("[chat]\ntemperature = 3", ["at most 2", "3"]),
        ("[chat]\nmax_tokens = 1.5", ["`chat.max_tokens`", "whole number"]),
        ("[extraction]\nlive = 'yes'", ["true or false"]),
        ("[extraction]\nstrategy = 'best'", ["auto, grounded or holistic", "“best”"]),
        ("theme = 1", ["`theme`", "must be text"]),
        ("chat = 1", ["`chat`", "a table"]),
        ("[models.a]\nkind = 'gguf'", ["`models.a`", "`path`"]),
        ("[models.a]\nkind = 'endpoint'\nbase_url = 'x'", ["http://"]),
        ("[models.a]\nkind = 'endpoint'\nbase_url = 'http://x/v1'", ["`model`"]),
        ("[models.starter]\nkind = 'gguf'\npath = 'x'", ["`models.starter`"]),
        ("[models.a]\npath = 'x'", ["`models.a.kind` is missing"]),
        ("models = 1", ["`models` must be a table, not 1"]),
        ("[models]\na = 'x.gguf'", ["`models.a` must be a table, not “x.gguf”"]),
        (
            "[models.a]\nkind = 'gguf'\npath = 'x'\n[models.'b.1']\nkind = 'x'",
            ['`models."b.1".kind` must be endpoint or gguf, not “x”'],
        ),
        ("[keymap]\nquit = 'q'\n'a.b' = 1", ['`keymap."a.b"` must be text, not 1']),
        ("[chat]\nmax_tokens = 0", ["`chat.max_tokens` must be a whole number, at least 1, not 0"]),
        ("[chat]\nmax_tokens = true", ["whole number", "not true"]),
        ("[chat]\ntop_p = nan", ["more than 0 and at most 1, not nan"]),
        ("[remote]\ntimeout = inf", ["`remote.timeout` must be a number", "not inf"]),
        ("[local]\nn_ctx = -1", ["`local.n_ctx` must be a whole number, at least 1, not -1"]),
        ("theme = 2026-01-01", ["`theme` must be text, not 2026-01-01"]),
        ('"a\\nb`" = 1', ['`"a\\nb`"`']),
    ],
)
def test_mistakes_are_told_in_one_sentence(paths: Paths, text: str, words: list[str]) -> None:
    write(paths, text)
    with pytest.raises(ConfigError) as caught:
        load_settings(paths, {})
    said = str(caught.value)
    assert said.startswith(str(paths.config))
    assert "\n" not in said
    assert [word for word in words if word not in said] == []
    assert caught.value.exit_code == USAGE


@pytest.mark.parametrize(("text", "line"), [("a = 1\nb = =\n", "line 2"), ("\n\nx = [", "line 3")])
def test_broken_toml_names_the_line(paths: Paths, text: str, line: str) -> None:
    write(paths, text)
    with pytest.raises(ConfigError, match=line):
        load_settings(paths, {})


def test_file_that_is_not_text(paths: Paths) -> None:
    paths.config.parent.mkdir(parents=True)
    paths.config.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="UTF-8"):
        load_settings(paths, {})


def test_mistakes_in_the_environment_name_the_variable(paths: Paths) -> None:
    with pytest.raises(ConfigError, match="PERSONA_TUI_CHAT__MODLE"):
        load_settings(paths, {"PERSONA_TUI_CHAT__MODLE": "x"})
    with pytest.raises(ConfigError, match="PERSONA_TUI_CHAT__TOP_P must be a number"):
        load_settings(paths, {"PERSONA_TUI_CHAT__TOP_P": "much"})
    with pytest.raises(ConfigError, match="PERSONA_TUI_MODELS__A__PTH"):
        load_settings(paths, {"PERSONA_TUI_MODELS__A__PTH": "x"})
    with pytest.raises(ConfigError, match="at most 1"):
        load_settings(paths, {"PERSONA_TUI_CHAT__TOP_P": "7"})


def test_writing_keeps_comments_and_is_private(paths: Paths) -> None:
    write(paths, '# mine\ntheme = "nord"  # blue\n\n[chat]\n# warm\ntemperature = 1.0\n')
    set_value(paths, "chat.temperature", 0.5)
    settings = set_value(paths, "chat.model", "mine")
    text = paths.config.read_text("utf-8")
    assert [word for word in ("# mine", "# blue", "# warm") if word not in text] == []
    assert settings.chat.temperature == 0.5
    assert load_settings(paths, {}).chat.model == "mine"
    assert mode_of(paths.config) == "0600"


def test_names_with_dots_are_quoted(paths: Paths) -> None:
    key = joined("models", "qwen3.5")
    assert key == 'models."qwen3.5"'
    set_value(paths, key, {"kind": "gguf", "path": "~/a.gguf", "context_tokens": None})
    settings = set_value(paths, f"{key}.context_tokens", 4096)
    assert settings.models["qwen3.5"].context_tokens == 4096
    assert config_file.get_value(settings, key) == {
        "kind": "gguf",
        "path": "~/a.gguf",
        "base_url": None,
        "model": None,
        "key": None,
        "context_tokens": 4096,
        "parameters_b": None,
        "usd_per_million_input": None,
        "usd_per_million_output": None,
    }


def test_what_would_not_be_valid_is_not_written(paths: Paths) -> None:
    write(paths, "theme = 'nord'\n")
    before = paths.config.read_bytes()
    for key, value in (
        ("chat.temperature", 9),
        ("chat.temprature", 1),
        ("models.a", {"kind": "x"}),
    ):
        with pytest.raises(ConfigError):
            set_value(paths, key, value)
    with pytest.raises(ConfigError, match="not a key"):
        set_value(paths, "chat model", "x")
    assert paths.config.read_bytes() == before


def test_unset_brings_the_default_back(paths: Paths) -> None:
    set_value(paths, "chat.max_tokens", 7)
    assert set_value(paths, "chat.max_tokens", None).chat.max_tokens == 1024


def test_removed_model_is_not_used_any_more(paths: Paths) -> None:
    set_value(paths, "models.a", {"kind": "gguf", "path": "a.gguf"})
    set_value(paths, "chat.model", "a")
    settings = config_file.remove_model(paths, "a")
    assert settings.models == {}
    assert settings.chat.model == "starter"


def test_every_setting_is_documented() -> None:
    docs = config_file.documented()
    assert [doc.key for doc in docs if not doc.doc] == []
    keys = {doc.key for doc in docs}
    assert {"theme", "chat.model", "models.NAME.base_url", "extraction.merge_threshold"} <= keys
    by_key = {doc.key: doc for doc in docs}
    assert by_key["chat.temperature"][1:3] == ("a number, or nothing", None)
    assert by_key["local.n_ctx"][1:3] == ("a whole number, or nothing", None)
    assert by_key["extraction.strategy"].type == "auto, grounded or holistic"
    assert by_key["models.NAME.kind"].doc.startswith("`gguf`: a file")


def test_verbs(paths: Paths) -> None:
    run = CliRunner().invoke
    assert run(config_command, ["set", "chat.temperature", "0.2"]).exit_code == 0
    assert run(config_command, ["get", "chat.temperature"]).output == "0.2\n"
    assert run(config_command, ["unset", "chat.temperature"]).exit_code == 0
    assert run(config_command, ["get", "chat.temperature", "--json"]).output == "null\n"
    assert run(config_command, ["path"]).output.strip() == str(paths.config)
    listed = run(config_command, ["list"]).output
    assert "chat.model = " in listed
    assert isinstance(run(config_command, ["set", "chat.x", "1"]).exception, ConfigError)


def test_reading_settings_imports_nothing_heavy() -> None:
    code = (
        "import sys; from persona_tui.config import load_settings; "
        "from persona_tui.paths import default_paths; load_settings(default_paths()); "
        "print([m for m in ('pydantic','tomlkit','textual','numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
