"""What is watched while rows come and go."""
