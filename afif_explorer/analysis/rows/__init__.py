"""What each row did: effects, diagnostics, held-out losses, and how well numbers agree."""
