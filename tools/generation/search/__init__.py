"""Finding what is alike among very many: texts by their words, vectors by their angle."""
