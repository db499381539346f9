"""The chat platforms: one file each, the only importer of its library."""
