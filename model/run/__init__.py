"""The mechanism of a run: workers and jobs, the run folder, checkpoints, saved networks, arithmetic."""
