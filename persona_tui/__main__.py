"""``python -m persona_tui``."""

from persona_tui.cli import main

main()
