"""Sends a motion to a running program, frame by frame in its own time: Live Link Face (Unreal), or VMC (VRM avatars).

Live Link Face's packets, as Unreal's plugin reads them over UDP, big-endian: version 6 (one byte), device and subject
(each a length of four bytes and UTF-8), frame number and share of a frame, frames per second as a fraction, the number
of curves (one byte) and their values as floats, in the order of the CSV. VMC is OSC (protocol.vmc.info): a message for
each blendshape, one that applies them, and the rotation of the bone Head in Unity's left-handed space.
"""

import importlib.util
import socket
import struct
import time
import uuid
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Literal

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from ..arkit import ARKIT_NAMES
from ..errors import CEMNetError
from ..media.containers import exact_rate
from ..motion.live_link import CURVE_COLUMNS, curve_rows
from ..types import Motion
from .gltf import TURN_AXES

Protocol = Literal["live-link", "vmc"]
PORTS: dict[Protocol, int] = {"live-link": 11111, "vmc": 39539}
PACKET_VERSION = 6
UNITY = np.array([1.0, -1.0, -1.0, 1.0])  # a quaternion in a space whose x axis is mirrored


def parse_address(text: str, protocol: Protocol) -> tuple[str, int]:
    """Reads "192.168.1.20" or "192.168.1.20:11111"; without a port the protocol's usual one. CEMNetError otherwise."""
    host, colon, port = text.rpartition(":") if text.count(":") == 1 else (text, "", "")
    number = int(port) if port.isdecimal() else PORTS[protocol]
    if not host or (colon and not port.isdecimal()) or not 1 <= number <= 65535:
        raise CEMNetError(f"{text!r} is no address. Write it as 127.0.0.1:{PORTS[protocol]}.")
    return host, number


def live_link_packets(motion: Motion, subject: str = "CEMNet", first_frame: int = 0) -> Iterator[bytes]:
    """One packet for each frame. `subject` is the name that Unreal shows; all packets come from one made-up device."""
    device, rate = str(uuid.uuid4()).encode(), exact_rate(motion.fps)
    head = struct.pack("!B", PACKET_VERSION) + b"".join(
        struct.pack("!i", len(text)) + text for text in (device, subject.encode())
    )
    for frame, values in enumerate(curve_rows(motion), start=first_frame):
        timing = struct.pack("!ifii", frame, 0.0, rate.numerator, rate.denominator)
        yield head + timing + struct.pack(f"!B{len(values)}f", len(CURVE_COLUMNS), *values)


def vmc_packets(motion: Motion) -> Iterator[bytes]:
    """One OSC bundle for each frame. CEMNetError where python-osc is missing."""
    if importlib.util.find_spec("pythonosc") is None:
        raise CEMNetError("VMC needs python-osc. Install it: pip install python-osc.")
    from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
    from pythonosc.osc_message_builder import OscMessageBuilder

    def message(address: str, *values: str | float):
        builder = OscMessageBuilder(address)
        for value in values:
            builder.add_arg(value)
        return builder.build()

    expression = motion.expression.detach().cpu().double().numpy()
    for weights, turn in zip(expression, unity_turns(motion), strict=True):
        bundle = OscBundleBuilder(IMMEDIATELY)
        bundle.add_content(message("/VMC/Ext/OK", 1))
        bundle.add_content(message("/VMC/Ext/Bone/Pos", "Head", 0.0, 0.0, 0.0, *map(float, turn)))
        for name, weight in zip(ARKIT_NAMES, weights, strict=True):
            bundle.add_content(message("/VMC/Ext/Blend/Val", name, float(weight)))
        bundle.add_content(message("/VMC/Ext/Blend/Apply"))
        yield bundle.build().dgram


def unity_turns(motion: Motion) -> Float[np.ndarray, "frame 4"]:
    """The head's rotations as Unity has them: x, y, z, w; x to the avatar's right, z to where it looks."""
    return Rotation.from_euler(TURN_AXES, motion.head.detach().cpu().double().numpy()).as_quat() * UNITY


def send_motion(
    motion: Motion,
    address: tuple[str, int],
    protocol: Protocol = "live-link",
    subject: str = "CEMNet",
    repeat: bool = False,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Sends the motion by UDP in its own time, again and again with `repeat` (until interrupted); returns the packets.

    Nobody has to listen: UDP does not tell. CEMNetError where the address cannot be reached at all. A frame that comes
    late is followed at once by the next, so that the motion keeps its time.
    """
    rate, sent = Fraction(exact_rate(motion.fps)), 0
    try:
        family, _, _, _, place = socket.getaddrinfo(*address, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, socket.SOCK_DGRAM) as sender:
            begin = clock()
            while True:
                packets = live_link_packets(motion, subject, sent) if protocol == "live-link" else vmc_packets(motion)
                for packet in packets:
                    sleep(max(0.0, begin + float(sent / rate) - clock()))
                    sender.sendto(packet, place)
                    sent += 1
                if not repeat:
                    return sent
    except OSError as error:
        raise CEMNetError(f"Nothing can be sent to {address[0]}:{address[1]} ({error}). Check the address.") from error
