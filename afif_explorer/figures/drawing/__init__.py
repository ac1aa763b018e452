"""What figures are made of: frame, head, marks, colours, words and numbers."""
