"""How frames and sound become a file: H.264 and AAC in an MP4, written aside and renamed when it is whole."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

import av
import numpy as np
from av.audio.stream import AudioStream
from av.video.reformatter import ColorRange, Colorspace
from av.video.stream import VideoStream
from numpy.typing import NDArray

from character_flow.errors import ToolError
from character_flow.studio.paint import LABEL
from character_flow.studio.plate import yuv_of
from character_flow.studio.speech import RATE

Packet: TypeAlias = "av.Packet[AudioStream]"

_AAC_BITS = 128_000
_ITU709 = 1  # the number of BT.709 among primaries and transfers


class Film:
    """An open MP4; frames and then the sound are added in order."""

    def __init__(self, container: av.container.OutputContainer, video: VideoStream, audio: AudioStream) -> None:
        self._container, self._video, self._audio = container, video, audio

    def add_frame(self, pixels: NDArray[np.uint8]) -> None:
        """Append one RGB frame, height x width x 3."""
        self._container.mux(self._video.encode(yuv_of(pixels)))

    def add_planes(self, pixels: NDArray[np.uint8]) -> None:
        """Append one frame as the planes of `plate.Plate.pixels`."""
        self._container.mux(self._video.encode(av.VideoFrame.from_ndarray(pixels, format="yuv420p")))

    def add_sound(self, packets: list[Packet]) -> None:
        """Append what `encoded_sound` gave."""
        for packet in packets:
            packet.stream = self._audio
            self._container.mux(packet)

    def finish(self) -> None:
        """Write what the encoder still holds back."""
        self._container.mux(self._video.encode(None))


def encoded_sound(pcm: NDArray[np.float32]) -> list[Packet]:
    """Encode sound at 44.1 kHz: (2, samples) or (samples, 2), or mono (samples,), heard on both sides.

    It needs no film, so that it may be done beside the frames.
    """
    sides = np.repeat(pcm[None, :], 2, axis=0) if pcm.ndim == 1 else pcm if pcm.shape[0] == 2 else pcm.T
    encoder = av.CodecContext.create("aac", "w")
    encoder.sample_rate, encoder.layout, encoder.format, encoder.bit_rate = RATE, "stereo", "fltp", _AAC_BITS
    encoder.time_base = Fraction(1, RATE)
    packets: list[Packet] = []
    for start in range(0, sides.shape[1], 1024):
        piece = np.ascontiguousarray(sides[:, start : start + 1024], dtype=np.float32)
        frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout="stereo")
        frame.sample_rate = RATE
        frame.pts = start
        frame.time_base = Fraction(1, RATE)
        packets += encoder.encode(frame)
    return packets + encoder.encode(None)


@contextmanager
def new_film(out: Path, *, size: tuple[int, int], fps: int, title: str) -> Iterator[Film]:
    """Open a film under a temporary name beside `out`; it gets its name only if the block ends well."""
    aside = out.with_name(f".tmp-{os.getpid()}-{out.name}")
    try:
        container = av.open(str(aside), "w", format="mp4", options={"movflags": "+faststart"})
        with container:
            container.metadata.update({"title": title, "comment": LABEL})
            film = Film(container, _video(container, size, fps), _audio(container))
            yield film
            film.finish()
        _durable(aside)
        os.replace(aside, out)
    except (av.FFmpegError, OSError) as error:
        raise ToolError(f"{out}: the video could not be written ({error})") from error
    finally:
        aside.unlink(missing_ok=True)


def _video(container: av.container.OutputContainer, size: tuple[int, int], fps: int) -> VideoStream:
    stream = container.add_stream("libx264", rate=fps)
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    context.colorspace, context.color_range = Colorspace.ITU709, ColorRange.MPEG
    context.color_primaries, context.color_trc = _ITU709, _ITU709
    # A fixed number of threads: with "as many as there are", two machines give different frames.
    stream.thread_count = 2
    # Without macroblock trees: x264's vector code for them reads memory nobody wrote, so that the same frames gave
    # different packets (measured: 12 encodings in one process, up to 11 different; without it, or without asm, one).
    stream.options = {"preset": "veryfast", "crf": "23", "profile": "high", "x264-params": "no-mbtree=1"}
    return stream


def _audio(container: av.container.OutputContainer) -> AudioStream:
    stream = container.add_stream("aac", rate=RATE, layout="stereo")
    stream.bit_rate = _AAC_BITS
    return stream


def _durable(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
