"""The swipe app: image quality labels from a phone."""
