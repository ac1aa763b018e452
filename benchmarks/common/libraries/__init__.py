"""Other libraries on the same fits, each in its own environment."""
