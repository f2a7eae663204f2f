"""What `data check` holds the shipped pairs to."""
