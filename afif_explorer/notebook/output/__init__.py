"""What a cell's output is made of: scripts and styles, the sign that the kernel answers, and pictures."""
