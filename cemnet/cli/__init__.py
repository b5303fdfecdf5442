"""The `cemnet` command."""
