"""Losses, batches, and the trainer of projections."""
