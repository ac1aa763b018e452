"""Components of figures: frame, head, marks, colours, text and numbers."""
