"""The type checker that conftest hangs on every function of cemnet: shapes and types are checked while tests run."""

from beartype import BeartypeConf, beartype

check = beartype(conf=BeartypeConf(is_pep484_tower=True))
