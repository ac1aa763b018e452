"""How few training rows carry a decision, or the sign of a result."""
