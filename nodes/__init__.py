"""The nodes that ComfyUI shows: each is a schema and a short execute over `cemnet.pipeline`."""

from pathlib import Path

from comfy_api.latest import ComfyExtension

from .dependencies import require_dependencies


async def comfy_entrypoint() -> ComfyExtension:
    """The pack's extension; ComfyUI calls this once. ImportError where a package that the nodes need is missing."""
    require_dependencies()
    import folder_paths

    from .extension import CEMNetExtension
    from .loader import register_model_folder
    from .samples import offer_samples
    from .sockets import shorten_error_names

    shorten_error_names()
    register_model_folder()
    offer_samples(Path(folder_paths.get_input_directory()))
    return CEMNetExtension()
