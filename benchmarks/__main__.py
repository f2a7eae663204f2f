"""make bench: every benchmark, one after the other."""

from benchmarks import comparison, fusion, gpu, loading, placement, sequence_limit

if __name__ == "__main__":
    comparison.main()
    fusion.main()
    sequence_limit.main()
    placement.main()
    loading.main()
    gpu.main()
