"""Both GAN stages: networks, losses, the loop and its checkpoints."""
