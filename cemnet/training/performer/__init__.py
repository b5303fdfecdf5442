"""The expert's rules that act a recording as ARKit curves."""
