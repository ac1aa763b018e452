"""Other libraries on the same fits, each in an environment of its own."""
