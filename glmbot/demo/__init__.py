"""The bundled demo model and its maker."""
