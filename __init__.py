"""CEM-Net for ComfyUI: emotional talking faces. ComfyUI finds the nodes through `comfy_entrypoint`, their help in web."""

from .nodes import comfy_entrypoint as comfy_entrypoint

WEB_DIRECTORY = "./web"
