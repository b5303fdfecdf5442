"""The nodes that ComfyUI shows: each is a schema and a short execute over `cemnet.pipeline`."""

from comfy_api.latest import ComfyExtension

from .dependencies import require_dependencies


async def comfy_entrypoint() -> ComfyExtension:
    """Called once by ComfyUI when it loads the pack; the nodes are imported only where everything for them is there."""
    require_dependencies()
    from .extension import CEMNetExtension
    from .loader import register_model_folder

    register_model_folder()
    return CEMNetExtension()
