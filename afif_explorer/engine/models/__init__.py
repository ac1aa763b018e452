"""Models: what maps rows to outputs; linear maps, perceptrons and modules of torch."""
