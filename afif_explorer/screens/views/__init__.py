"""One module for each view: its parts in order."""
