"""CEM-Net for ComfyUI, emotional talking faces: hands `comfy_entrypoint` and the folder of help pages to ComfyUI."""

try:
    from .nodes import comfy_entrypoint as comfy_entrypoint
except ImportError as error:
    if not (error.name or "").startswith("comfy_api"):
        raise
    raise ImportError("CEM-Net needs ComfyUI 0.3.52 or newer. Update ComfyUI, then start it again.") from None

WEB_DIRECTORY = "./web"
