"""CEM-Net for ComfyUI, emotional talking faces: hands `comfy_entrypoint` and the folder of help pages to ComfyUI."""

from .nodes import comfy_entrypoint as comfy_entrypoint

WEB_DIRECTORY = "./web"
