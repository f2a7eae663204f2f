"""Benchmarks. Timings are ratios against a baseline in the same run."""
