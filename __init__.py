"""CEM-Net for ComfyUI: emotional talking faces, found through `comfy_entrypoint`; the help of the nodes lies in web."""

from .nodes import comfy_entrypoint as comfy_entrypoint

WEB_DIRECTORY = "./web"
