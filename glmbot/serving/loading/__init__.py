"""From the files of a checkpoint to a network in memory."""
