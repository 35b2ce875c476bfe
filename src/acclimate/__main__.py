"""``python -m acclimate`` is the command line."""

from __future__ import annotations

from acclimate.cli import main

if __name__ == "__main__":
    main()
