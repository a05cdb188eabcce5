"""Reading what others wrote, bounded, and writing what must be whole."""
