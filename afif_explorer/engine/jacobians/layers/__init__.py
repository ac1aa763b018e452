"""First derivatives of networks made of layers: activations and backpropagated derivatives of each layer."""
