"""Reading files of unknown size and origin, and writing files so that they are complete or absent."""
