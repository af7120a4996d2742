# SPDX-License-Identifier: BSD-3-Clause
"""
Discover that a data set wants a Fourier-like transform
=======================================================

A recorder keeps the coefficients of a sine transform, with their signs. In these nothing looks
like a shift; after a sine transform everything does. The lens finds that transform from the
coefficients alone. (A spectrometer keeps no signs: its spectra have peaks at fixed places, and no
such symmetry.)
"""

# %%
# Coefficients of signals
# -----------------------
#
# Bumps anywhere in eleven columns, of which we are given only the coefficients of the discrete sine
# transform (``symmetry="frequency"``).

import matplotlib.pyplot as plt
import numpy as np
from scipy.fft import dst

from sklearn_symmetry import SymmetryLens
from sklearn_symmetry.datasets import make_symmetric_signals
from sklearn_symmetry.inspection import GeneratorDisplay, RepresentationDisplay
from sklearn_symmetry.metrics import generator_similarity

signals = make_symmetric_signals(5000, 11, symmetry="frequency", random_state=0)
X = signals.data

lens = SymmetryLens(random_state=0).fit(X)
generator_similarity(lens.generator_, signals.generator)

# %%
# What the lens learned
# ---------------------
#
# Row k of the group convolution matrix is what position k looks like in the frequencies: a sampled
# sine wave, one more half wave per position. Nobody told the lens about sines.

sine_transform = dst(np.eye(11), type=1, norm="ortho")

figure, axes = plt.subplots(1, 2, figsize=(6.5, 3.7), layout="constrained", sharey=True)
for ax, matrix, title in zip(
    axes, (lens.group_conv_matrix_, sine_transform), ("learned", "sine transform"), strict=True
):
    ax.imshow(matrix, cmap="RdBu_r", vmin=-0.45, vmax=0.45)
    ax.set(title=title, xlabel="frequency", ylabel="position")

# %%
# Sign and direction are conventions. In the better of the four cases, the cosine of the two is

learned = lens.group_conv_matrix_
float(max(abs(np.vdot(learned, m)) / 11 for m in (sine_transform, sine_transform[::-1])))

# %%
# What that makes of the samples
# ------------------------------

RepresentationDisplay.from_estimator(lens, X[:20], basis=signals.basis)

# %%
# The generator in the frequencies: a matrix that no eye would take for a shift. Applied again and
# again, it moves the bumps along a line that the spectrum does not show.

GeneratorDisplay.from_estimator(lens)
