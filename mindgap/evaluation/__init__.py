"""Metrics, and the paper's protocol."""
