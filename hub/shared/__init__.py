"""What the commands of this folder share: the client, commits, and how a command speaks."""
