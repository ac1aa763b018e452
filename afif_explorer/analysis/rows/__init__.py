"""Per-row results: effects, diagnostics, held-out losses, and measures of agreement."""
