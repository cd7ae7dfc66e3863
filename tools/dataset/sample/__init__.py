"""The bundled sample dataset."""
