"""Shared by the commands of this folder: the client, commits, tokens, and how a command prints and ends."""
