"""What has no answer for a fit, and the sentences that say so."""
