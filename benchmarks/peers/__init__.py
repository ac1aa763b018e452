"""The same questions to this and to other libraries: seconds, memory and accuracy in one run."""
