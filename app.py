"""The Space's entry: builds the page and launches it."""

from mindgap.ui.page import launch

if __name__ == "__main__":
    launch()
