"""The main job in steps: read, compare label spaces, candidates, choose, save, predict, evaluate."""
