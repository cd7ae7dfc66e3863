"""What people and programs talk to: the command line, the terminal chat, the demo."""
