"""From files, folders and the Hub to rows of a task."""
