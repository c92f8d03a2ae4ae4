"""Where every file of the program lies.

``PERSONA_TUI_HOME`` moves all of them under one directory. Directories are made 0700 and files
0600 before anything is written into them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ENV_HOME = "PERSONA_TUI_HOME"


@dataclass(frozen=True, slots=True)
class Paths:
    """The directories; the files in them are properties."""

    config_dir: Path
    data_dir: Path
    cache_dir: Path
    log_dir: Path

    @property
    def config(self) -> Path:
        return self.config_dir / "config.toml"

    @property
    def database(self) -> Path:
        return self.data_dir / "persona.db"

    @property
    def backups(self) -> Path:
        return self.data_dir / "backups"

    @property
    def donations(self) -> Path:
        """Donations as files, and requests to withdraw them."""
        return self.data_dir / "donations"

    @property
    def models(self) -> Path:
        """Downloaded GGUF files."""
        return self.data_dir / "models"

    @property
    def state(self) -> Path:
        """What the app remembers between two starts (last screen, filters)."""
        return self.data_dir / "state.json"

    @property
    def log(self) -> Path:
        return self.log_dir / "persona-tui.log"

    @property
    def worker_log(self) -> Path:
        """What llama.cpp itself prints."""
        return self.log_dir / "worker.log"


def default_paths() -> Paths:
    """The paths in force: ``$PERSONA_TUI_HOME``, else the platform's own directories."""
    home = os.environ.get(ENV_HOME)
    if home:
        root = Path(os.path.expanduser(home)).absolute()  # noqa: PTH111 - this one does not raise
        return Paths(root / "config", root / "data", root / "cache", root / "logs")
    import platformdirs

    dirs = platformdirs.PlatformDirs("persona-tui", appauthor=False)
    return Paths(
        Path(dirs.user_config_dir),
        Path(dirs.user_data_dir),
        Path(dirs.user_cache_dir),
        Path(dirs.user_log_dir),
    )


def private_dir(path: Path) -> Path:
    """Make ``path`` (and its parents) and see that only the owner may enter it."""
    from store.files import private_directory

    private_directory(path)
    return path


def write_private(path: Path, data: bytes) -> None:
    """Write a whole file that only the owner may read, atomically."""
    private_dir(path.parent)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException as error:
        part.unlink(missing_ok=True)
        if isinstance(error, OSError):
            error.filename = str(path)  # a full disk does not say for which file
        raise


def write_new_private(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file where the person asked for it: mode 0600, an existing file is refused.

    Unlike :func:`write_private` the directory is the person's own and is left as it is. If it cannot
    be written to its end (the disk is full), none of it is left.

    Raises FileExistsError, FileNotFoundError or PermissionError as the system says.
    """
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            file.writelines(pieces)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
