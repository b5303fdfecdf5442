"""python -m cemnet: the same as the `cemnet` command."""

from .cli.commands import main

main()
