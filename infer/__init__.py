"""Portraits: tiles, candidates, blending, and the pictures made of them."""
