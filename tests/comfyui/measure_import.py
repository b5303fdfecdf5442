"""How long ComfyUI waits for this pack at its start, beyond what it has imported itself: torch and its own modules.

`PYTHONPATH=tests .comfy/venv/bin/python -m comfyui.measure_import`
"""

import asyncio
import sys
import time

from comfy.cli_args import args

args.cpu = True

import folder_paths  # noqa: E402, F401
from comfyui.pack import load_pack  # noqa: E402

import nodes  # noqa: E402, F401


def main() -> None:
    before, start, start_cpu = set(sys.modules), time.perf_counter(), time.process_time()
    extension = asyncio.run(load_pack("cemnet_pack").comfy_entrypoint())
    for node in asyncio.run(extension.get_node_list()):
        node.GET_SCHEMA()
    brought = {name.split(".")[0] for name in set(sys.modules) - before} - {"cemnet_pack"}
    print(f"{time.perf_counter() - start:.2f} s, {time.process_time() - start_cpu:.2f} s of CPU; imported: {brought}")


if __name__ == "__main__":
    main()
