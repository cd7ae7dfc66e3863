"""The page: the same conversation, actions and views as the terminal, to look at and to click."""
