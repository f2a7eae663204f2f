"""Pictures of embeddings. A layout shows; only the embedding space itself is measured."""
