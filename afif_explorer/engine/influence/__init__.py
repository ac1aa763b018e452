"""What each row did: methods, effects, leverages, and the way on towards the refit."""
