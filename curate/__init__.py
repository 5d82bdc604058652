"""Images, measures, faces, labels, selections and sets: everything up to the training data."""
