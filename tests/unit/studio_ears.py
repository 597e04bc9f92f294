"""What a stranger's instruments hear: loudness and true peak by ffmpeg, and sound as it comes back from an AAC file."""

from fractions import Fraction
from io import BytesIO

import av
import numpy as np
from av.audio.frame import AudioFrame
from numpy.typing import NDArray

RATE = 44_100


def _frames(sound: NDArray[np.float32]) -> list[AudioFrame]:
    rows = np.atleast_2d(sound)
    frames = []
    for at in range(0, rows.shape[1], 4410):
        piece = np.ascontiguousarray(rows[:, at : at + 4410])
        frame = AudioFrame.from_ndarray(piece, format="fltp", layout="mono" if len(rows) == 1 else "stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE, at, Fraction(1, RATE)
        frames.append(frame)
    return frames


def heard(sound: NDArray[np.float32]) -> tuple[float, float]:
    """Return integrated loudness (LUFS) and true peak (dBTP) as ffmpeg's ebur128 measures them."""
    graph = av.filter.Graph()
    layout = "mono" if sound.ndim == 1 else "stereo"
    source = graph.add_abuffer(sample_rate=RATE, format="fltp", layout=layout, time_base=Fraction(1, RATE))
    meter, sink = graph.add("ebur128", "metadata=1:peak=true"), graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    loudness, peak = -70.0, 0.0
    for frame in [*_frames(sound), None]:
        source.push(frame)
        while True:
            try:
                measured = sink.pull()
            except (av.BlockingIOError, av.EOFError):
                break
            assert isinstance(measured, AudioFrame)
            # A last piece of less than 100 ms carries no reading.
            loudness = float(measured.metadata.get("lavfi.r128.I", loudness))
            peak = max(peak, float(measured.metadata.get("lavfi.r128.true_peak", peak)))
    return loudness, float(20 * np.log10(max(peak, 1e-6)))


def through_aac(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return stereo sound as a player hears it after it was written at 128 kbit/s."""
    written = BytesIO()
    with av.open(written, "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=RATE, layout="stereo")
        stream.bit_rate = 128_000
        for at in range(0, sound.shape[1], 1024):
            frame = AudioFrame.from_ndarray(np.ascontiguousarray(sound[:, at : at + 1024]), "fltp", "stereo")
            frame.sample_rate, frame.pts, frame.time_base = RATE, at, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    written.seek(0)
    with av.open(written, "r") as container:
        return np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1)
