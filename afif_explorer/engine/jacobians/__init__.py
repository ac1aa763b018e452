"""First derivatives of a model's outputs at one parameter vector."""
