"""CEM-Net for ComfyUI: emotional talking faces. ComfyUI finds the nodes through `comfy_entrypoint`."""

from .nodes import comfy_entrypoint as comfy_entrypoint
