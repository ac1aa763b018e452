"""Cards: one training row, one person of a split, and the picture of a row of pixels."""
