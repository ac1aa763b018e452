"""The training rows with their effects: as bars, as a map, and how they are distributed."""
