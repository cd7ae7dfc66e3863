"""Makes the values of conversations small.

A conversation's whole state is kept after each step, all messages included, so that what is kept of it grows with the
square of its length. The texts of one state repeat each other, and so compress well.
"""

from __future__ import annotations

import zlib

from langgraph.checkpoint.serde.encrypted import EncryptedSerializer
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

CIPHER = "zlib"


class MalformedValue(Exception):
    """A value that is not whole, which no database checks by itself."""


class Compression:
    """In LangGraph's terms a cipher, the one place where it lets bytes be changed."""

    def encrypt(self, plaintext: bytes) -> tuple[str, bytes]:
        """The value's new form, with the name under which it is read again."""
        return CIPHER, zlib.compress(plaintext)

    def decrypt(self, ciphername: str, ciphertext: bytes) -> bytes:
        """The value as it was; raises `MalformedValue`."""
        try:
            return zlib.decompress(ciphertext)
        except zlib.error as error:
            raise MalformedValue(f"a malformed value: {error}") from error


def compressing() -> EncryptedSerializer:
    """A serializer that compresses; it reads what was not compressed, too."""
    return EncryptedSerializer(Compression(), JsonPlusSerializer())
