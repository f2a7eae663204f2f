"""make bench: every benchmark, one after the other."""

from benchmarks import comparison, sequence_limit

if __name__ == "__main__":
    comparison.main()
    sequence_limit.main()
