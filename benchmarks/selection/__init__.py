"""How well a method is chosen without target labels: a fixed list of shifts, candidates on each, and the measures."""
