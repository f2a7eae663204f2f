"""The Hugging Face Space: ZeroGPU, and what is checked before anything is uploaded."""
