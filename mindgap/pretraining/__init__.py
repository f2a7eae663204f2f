"""Pre-training of the compact encoder and the compact DPR."""
