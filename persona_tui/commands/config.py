"""``persona-tui config``: list, get, set, unset, path, edit."""

from __future__ import annotations

import json

import click

from persona_tui.commands._common import emit, visible
from persona_tui.errors import ConfigError
from persona_tui.paths import default_paths

_json = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")


@click.group("config")
def config() -> None:
    """Show and change settings."""


group = config


@config.command("list")
@_json
def list_(as_json: bool) -> None:
    """List every setting with its value; those that are not the default are marked with *."""
    from persona_tui.config import load_settings
    from persona_tui.config_file import SettingDoc, documented, get_value

    settings = load_settings(default_paths())
    docs: list[tuple[str, SettingDoc]] = []
    for doc in documented():
        if doc.key.startswith("models.NAME."):
            leaf = doc.key.removeprefix("models.NAME.")
            docs += [(f'models."{name}".{leaf}', doc) for name in settings.models]
        elif doc.key != "models":
            docs.append((doc.key, doc))
    for key, doc in docs:
        value = get_value(settings, key)
        if as_json:
            emit(
                {"key": key, "value": value, "default": doc.default, "type": doc.type}
                | {"doc": doc.doc}
            )
            continue
        mark = " " if value == doc.default else "*"
        click.echo(f"{mark} {visible(key)} = {visible(_shown(value))}")
        click.echo(f"    {doc.doc}")


def _shown(value: object) -> str:
    return "(not set)" if value is None else json.dumps(value, ensure_ascii=False)


@config.command("get")
@click.argument("key")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def get(key: str, as_json: bool) -> None:
    """Print the value of KEY, such as chat.model."""
    from persona_tui.config import load_settings
    from persona_tui.config_file import get_value

    value = get_value(load_settings(default_paths()), key)
    if as_json:
        emit(value)
    elif isinstance(value, dict):
        click.echo(json.dumps(value, ensure_ascii=False, indent=2))
    elif isinstance(value, bool):
        click.echo("true" if value else "false")
    else:
        click.echo("" if value is None else visible(str(value), newlines=True))


@config.command("set")
@click.argument("key")
@click.argument("value")
def set_(key: str, value: str) -> None:
    """Set KEY to VALUE in the file; comments in it stay."""
    from persona_tui.config_file import get_value, set_text

    settings = set_text(default_paths(), key, value)
    click.echo(f"{visible(key)} = {visible(_shown(get_value(settings, key)))}")


@config.command("unset")
@click.argument("key")
def unset(key: str) -> None:
    """Take KEY out of the file, so that its default holds."""
    from persona_tui.config import load_settings
    from persona_tui.config_file import get_value, set_value

    paths = default_paths()
    get_value(load_settings(paths), key)  # says so if there is no such key
    set_value(paths, key, None)
    click.echo(f"{visible(key)} has its default again.")


@config.command("path")
def path() -> None:
    """Print where the file is."""
    click.echo(default_paths().config)


@config.command("edit")
def edit() -> None:
    """Open the file in your editor; what is not valid is not taken over."""
    import tomllib

    from persona_tui.config import validated
    from persona_tui.paths import write_private

    file = default_paths().config
    before = file.read_text("utf-8") if file.exists() else "# persona-tui: see `config list`.\n"
    after = click.edit(before, extension=".toml")
    if after is None or after == before:
        click.echo("Nothing changed.")
        return
    try:
        validated(tomllib.loads(after), where="what you wrote")
    except (ConfigError, tomllib.TOMLDecodeError) as error:
        rejected = file.with_suffix(".rejected.toml")
        write_private(rejected, after.encode())
        raise ConfigError(
            f"Not taken over, for {str(error).rstrip('.')}. Your text is kept in {rejected}."
        ) from error
    write_private(file, after.encode())
    click.echo(f"Saved {file}.")
