"""How the tables of older stores are changed, for Alembic: a file in ``versions`` for each version."""
