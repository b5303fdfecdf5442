"""python -m cemnet: the same as the `cemnet` command."""

from .cli import main

main()
