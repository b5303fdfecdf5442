"""CEM-Net: any portrait, any speech, and the voice decides the emotion."""

__version__ = "0.2.0"
