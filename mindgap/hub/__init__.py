"""Files of the Hugging Face Hub: listed, fetched, verified and found again. Nothing is fetched while serving."""

from mindgap.hub.fetch import fetch_files, find_files
from mindgap.hub.listing import HubFile, Listing, list_files

__all__ = ["HubFile", "Listing", "fetch_files", "find_files", "list_files"]
