"""Fine-tuning: labelled rows, and what keeps the pretrained network's knowledge."""
