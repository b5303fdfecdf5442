"""Motions sent to running programs: packets that others can read, in the motion's own time."""

import socket
import struct

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from cemnet.arkit import ARKIT_NAMES, NUM_EXPRESSIONS
from cemnet.errors import CEMNetError
from cemnet.export.streaming import live_link_packets, parse_address, send_motion, vmc_packets
from cemnet.motion.live_link import CURVE_COLUMNS
from cemnet.types import Motion


def moving(frames: int = 5, fps: float = 30.0) -> Motion:
    generator = torch.Generator().manual_seed(0)
    head = torch.tensor([[0.3, 0.2, 0.1]]).repeat(frames, 1)
    return Motion(torch.rand(frames, NUM_EXPRESSIONS, generator=generator), head, fps)


def as_unreal_reads(packet: bytes) -> dict:
    """The parts of a packet in the order in which Unreal's plugin takes them from its archive."""
    place = 1

    def text() -> str:
        nonlocal place
        (length,) = struct.unpack_from("!i", packet, place)
        found = packet[place + 4 : place + 4 + length].decode()
        place += 4 + length
        return found

    device, subject = text(), text()
    frame, share, numerator, denominator, count = struct.unpack_from("!ifiiB", packet, place)
    values = struct.unpack_from(f"!{count}f", packet, place + 17)
    assert len(packet) == place + 17 + 4 * count
    return {
        "version": packet[0], "device": device, "subject": subject, "frame": frame, "share": share,
        "rate": numerator / denominator, "values": dict(zip(CURVE_COLUMNS, values, strict=True)),
    }  # fmt: skip


@pytest.mark.parametrize("fps", [25.0, 24_000 / 1001, 60.0])
def test_unreal_reads_every_curve(fps):
    motion = moving(fps=fps)
    read = [as_unreal_reads(packet) for packet in live_link_packets(motion, "Grace Höpper")]
    assert [each["frame"] for each in read] == [0, 1, 2, 3, 4]
    assert len({each["device"] for each in read}) == 1 and len(read[0]["device"]) == 36
    for number, each in enumerate(read):
        assert (each["version"], each["subject"], each["share"]) == (6, "Grace Höpper", 0.0)
        assert each["rate"] == pytest.approx(fps, rel=1e-6)
        for column, name in enumerate(ARKIT_NAMES):
            assert each["values"][name[0].upper() + name[1:]] == pytest.approx(float(motion.expression[number, column]))
        turned = [each["values"][f"Head{axis}"] for axis in ("Yaw", "Pitch", "Roll")]
        assert turned == pytest.approx([0.3, 0.2, 0.1])


def test_avatars_read_weights_and_the_turn_of_the_head():
    bundles = pytest.importorskip("pythonosc.osc_bundle", reason="VMC needs python-osc, the extra vmc")
    motion = moving()
    read = [list(bundles.OscBundle(packet)) for packet in vmc_packets(motion)]
    for number, messages in enumerate(read):
        weights = dict(message.params for message in messages if message.address == "/VMC/Ext/Blend/Val")
        assert list(weights) == list(ARKIT_NAMES)
        assert list(weights.values()) == pytest.approx(motion.expression[number].tolist())
        assert messages[-1].address == "/VMC/Ext/Blend/Apply"
        (bone,) = (message.params for message in messages if message.address == "/VMC/Ext/Bone/Pos")
        assert bone[0] == "Head" and len(bone) == 8


def test_an_avatar_turns_and_nods_the_right_way():
    """Unity: x to the avatar's right, y up, z to where it looks; a positive yaw is to the person's left."""
    bundles = pytest.importorskip("pythonosc.osc_bundle", reason="VMC needs python-osc, the extra vmc")
    motion = Motion(torch.zeros(2, NUM_EXPRESSIONS), torch.tensor([[0.3, 0.0, 0.0], [0.0, 0.3, 0.0]]), 25.0)
    looks = []
    for packet in vmc_packets(motion):
        (bone,) = (message.params for message in bundles.OscBundle(packet) if message.address == "/VMC/Ext/Bone/Pos")
        looks.append(Rotation.from_quat(bone[4:]).apply([0.0, 0.0, 1.0]))  # the formula is the same in either space
    assert looks[0][0] < -0.2 and looks[1][1] < -0.2


def test_packets_arrive_in_the_motions_own_time():
    motion, now, slept = moving(fps=50.0), [100.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(10)
        sent = send_motion(motion, listener.getsockname(), clock=lambda: now[0], sleep=sleep)
        received = [as_unreal_reads(listener.recv(4096)) for _ in range(sent)]
    assert sent == 5 and [each["frame"] for each in received] == [0, 1, 2, 3, 4]
    np.testing.assert_allclose(slept, [0, 0.02, 0.02, 0.02, 0.02], atol=1e-9)


def test_a_repeated_motion_goes_on_until_it_is_interrupted():
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds
        if now[0] > 0.5:
            raise KeyboardInterrupt

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(10)
        with pytest.raises(KeyboardInterrupt):
            send_motion(moving(fps=20.0), listener.getsockname(), repeat=True, clock=lambda: now[0], sleep=sleep)
        frames = [as_unreal_reads(listener.recv(4096))["frame"] for _ in range(10)]
    assert frames == list(range(10))


def test_addresses():
    assert parse_address("127.0.0.1", "live-link") == ("127.0.0.1", 11111)
    assert parse_address("studio.local", "vmc") == ("studio.local", 39539)
    assert parse_address("10.0.0.2:9000", "vmc") == ("10.0.0.2", 9000)
    for wrong in ("", ":5", "host:", "host:0", "host:70000", "host:x"):
        with pytest.raises(CEMNetError, match="no address"):
            parse_address(wrong, "live-link")
    with pytest.raises(CEMNetError, match="Nothing can be sent"):
        send_motion(moving(1), ("no-such-host.invalid", 11111))
