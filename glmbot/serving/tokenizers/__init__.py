"""The ChatGLM family's tokenizers."""
