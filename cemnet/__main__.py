"""Runs the `cemnet` command as `python -m cemnet`."""

from .cli.commands import main

main()
