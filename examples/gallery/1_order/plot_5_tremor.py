# SPDX-License-Identifier: BSD-3-Clause
"""
Time steps of a volcano's tremor, out of order
==============================================

Windows of 33 time steps, cut from the record of a volcano, with the steps shuffled: as where
columns were made anonymous. The order of time comes back, forwards or backwards.

Twenty-one seismometers around Soufriere Hills, Montserrat, in a test file of the package obspy
(``pip install obspy``, in the extra ``docs``).
"""

# %%
# Windows of a record
# -------------------

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import obspy
from numpy.lib.stride_tricks import sliding_window_view

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.baselines import SpectralSeriation

file = Path(obspy.__file__).parent / "io/seisan/tests/data/9701-30-1048-54S.MVO_21_1"
traces = np.array([trace.data.astype(float) for trace in obspy.read(str(file))])
traces -= traces.mean(axis=1, keepdims=True)
traces /= traces.std(axis=1, keepdims=True)
windows = np.concatenate([sliding_window_view(trace, 33)[::3] for trace in traces])
stations = np.repeat(np.arange(len(traces)), len(windows) // len(traces))

rng = np.random.default_rng(0)
steps = rng.permutation(33)
X = windows[:, steps]
print(X.shape)

# %%
# The order of time
# -----------------

lens = SymmetryLens(mixing="permutation", random_state=0).fit(X)
print("time steps, in the order found:")
print(steps[lens.column_order_])

# %%
# Windows of one station are not independent. With ``groups`` all of a station are in one half, and
# what one half of the stations found is judged on the other.

lens.verdict(X, groups=stations)

# %%
# A wave goes up and down: steps that are half a period apart are unlike each other, but those
# a whole period apart are alike. Ordering by similarity alone mistakes the second for neighbours.

seriation = SpectralSeriation().fit(X)
other = steps[np.abs(seriation.group_conv_matrix_).argmax(axis=1)]
window = np.abs(windows).max(axis=1).argmax()

figure, axes = plt.subplots(1, 3, figsize=(7, 3.2), layout="constrained", sharey=True)
pictures = {
    "given": X[window],
    "this lens": lens.transform(X[[window]])[0],
    "seriation": windows[window][other],
}
for ax, (title, values) in zip(axes, pictures.items(), strict=True):
    ax.plot(values, ".-")
    ax.set(title=title, xlabel="step")
