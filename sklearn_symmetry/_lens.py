# SPDX-License-Identifier: BSD-3-Clause
"""The estimator: parameters, validation, fitted attributes. The mathematics is elsewhere."""

from numbers import Integral, Real
from typing import Any, Literal, Self

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.exceptions import ConvergenceWarning, InconsistentVersionWarning
from sklearn.utils import check_array, check_scalar
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted, validate_data

from . import __version__
from ._callbacks import CallbackSupportMixin, FitMonitor, verbose_callbacks, with_callbacks
from ._channels import join_channels, split_channels
from ._containers import check_container, check_type, float_dtypes, names_of
from ._html import lens_card
from ._lattices import fitted_grid, on_grid, position_names
from ._parameters import (
    check_jobs,
    check_level,
    check_parameters,
    check_shapes,
    resolve_device,
    seed_of,
)
from ._sources import column_names, is_source, judged, lazily, on_blocks, scored_rows, width_of
from ._torch_state import usual_torch
from ._validation import (
    check_channels,
    check_columns,
    check_data,
    check_summary,
    degenerate_samples,
    enough_memory,
    warn_caller,
)
from ._verdict import LEVEL, SEARCH, Verdict, fitted_setting, representation_grid, verdict
from .core.grid import Grid
from .core.losses import PAPER_WEIGHTS
from .core.rotation import generator
from .core.score import symmetry_score
from .nn import GroupConvolution
from .solver.paper import STEPS_PER_EPOCH, published_batch, published_steps
from .solver.shuffled import order_of
from .solver.solution import Settings
from .solver.solve import rows_needed, solve
from .solver.tuning import DEFAULT
from .statistics.blocks import is_lazy
from .statistics.summary import Summary, summarise

__all__ = ["SymmetryLens", "paper_settings"]

FARTHEST = 1e9  # steps: their rounding is beyond 1e-6 of a sample
RUNNING = ("n_channels", "n_jobs", "device", "verbose")  # parameters that change no result
VERSION_STAMP = "_sklearn_symmetry_version"
SETTINGS = tuple(
    name for name in Settings.__dataclass_fields__ if name not in ("device", "weights")
)


class SymmetryLens(
    CallbackSupportMixin, ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator
):
    """Find the hidden symmetry of raw vectors, along one axis or two, and make it a plain shift.

    From samples alone it learns the minimal generator G of the group that leaves their distribution
    unchanged, a resolving filter that is local along the symmetry, and the group convolution
    matrix W of the two. ``transform`` is the linear map ``X @ W.T``; in its output the hidden
    symmetry shifts columns.

    The parameters say, in this order, what is looked for (down to `padding`), how long (to
    `warm_start`), how it runs (to `verbose`) and what the loss weighs. Nothing but the slow
    procedure of the paper reads the *other parameters*.

    Parameters
    ----------
    n_powers : int or None, default=None
        Number m of powers of the generator, the columns of the output, from 2 to D (to d when
        circulant). None: d.
    mixing : {"rotation", "permutation"}, default="rotation"
        What the columns went through. ``"permutation"``: they were only shuffled, and some may have
        changed their sign. Then `group_conv_matrix_` is a signed permutation, found in less time
        and from fewer samples, and the columns of the output have the names of those of the input.
    boundary : {"open", "circulant", "auto"} or tuple of them, default="open"
        Whether the symmetry carries features out of the window or around it, which takes d >= 4.
        ``"auto"``: the samples decide; where waves come in pairs, or the ends of an open fit
        resemble neighbours or tell nothing, they are fitted around a ring. On a lattice one for
        both axes, or a tuple with one for each, none of them ``"auto"``.
    grid_shape : tuple of int, "auto" or None, default=None
        None: the positions are a line, or a ring. ``(h, w)``: they are a lattice of h rows and w
        columns, 3 at least, and there are two generators that commute. ``"auto"``: a lattice,
        whose shape the samples decide; the shorter axis comes first; not with
        ``mixing="permutation"``. It excludes `n_powers` and the paper's procedure; `n_jobs` has no
        effect.
    n_channels : int, default=1
        Channels of a sample, that share one symmetry: `n_channels` blocks of d columns, one after
        another. Every channel of every sample is one vector to learn from, and is transformed by
        itself.
    padding : int, default=6
        Components p added on each side, so that the generator acts in D = d + 2 p dimensions.
        Ignored when circulant: D = d, or d + 1 where d is even, since no real logarithm leads to
        a shift around an even ring without one component more, behind the others.
    n_init : int or None, default=None
        Most starts tried. None: as many as there are, up to 12, or 24 with up to 12
        features; mostly far fewer, since the search ends once two agree. Of the paper's procedure:
        random starts that are trained one after another, the lowest final loss (a mean over the
        last hundredth of the steps) wins; None: 1.
    max_iter : int or None, default=None
        Most iterations of the refinement. None: 400, or the published number of steps for the
        paper's procedure, 400,000 with 7 features and 100,000 with others.
    tol : float, default=1e-5
        The refinement has converged when the loss fell by less than this over eight iterations.
    batch_size : int or None, default=None
        Samples the entropies see in the refinement. None: 20,000, or 80 for every feature where
        that is more, or ``500 n_powers`` for the paper's procedure, which takes no more than there
        are samples. Second moments always use all samples, but in that procedure.
    init : {"auto", "random"} or ndarray of shape (m, d), default="auto"
        ``"auto"``: starts from fourth-order statistics, refined by a quasi-Newton method;
        ``"random"``: the paper's procedure, from a generator near the identity; an array: the group
        convolution matrix to refine.
    warm_start : bool, default=False
        Whether to refine the previous solution instead of searching anew.
    random_state : int, RandomState instance or None, default=None
        Order in which samples are used. Results vary little with it. None: another one in every
        fit; numpy's global state is neither read nor changed.
    n_jobs : int or None, default=None
        Starts refined at the same time, in threads; does not change the result.
    device : str, default="auto"
        Torch device of the optimisation. ``"auto"``: the GPU when there is one.
    verbose : int, default=0
        1 says what a fit costs, and how far it is, on the standard error stream; a verdict does so
        for either half.
    alignment, uniformity, resolution, information : float, default=1.0, 2.0, 1.0, 1.0
        Nonnegative weights of the terms of the loss (eq. 13, 12, 15, 16; eq. 17).

    Attributes
    ----------
    generator_ : ndarray of shape (d, d)
        Central crop of the generator; on a lattice, of that along the first axis.
    padded_generator_ : ndarray of shape (D, D)
        The generator, a rotation: ``expm(lie_algebra_)``. On a lattice, D is the product over the
        axes.
    lie_algebra_ : ndarray of shape (D, D)
        Antisymmetric.
    generators_, lie_algebras_ : ndarray of shape (k, d, d) and (k, D, D)
        One for each of the axes, k = 1 unless there is a `grid_shape`. Those of a lattice commute.
    grid_shape_ : tuple of int
        Positions along the axes: ``(d,)``, or ``(h, w)`` of a lattice, whose rows of
        `group_conv_matrix_` are in the order of :func:`numpy.ravel`.
    filter_ : ndarray of shape (d,)
        The resolving filter, of unit norm.
    group_conv_matrix_ : ndarray of shape (m, d)
        Row k is the central crop of ``G**powers_[k] @ pad(filter_)`` (eq. 11).
    powers_ : ndarray of shape (m,), on a lattice (m, 2)
        Integers around 0.
    boundary_ : {"open", "circulant"} or tuple of them
        `boundary`, or what the samples decided: open where they cannot tell.
    column_order_ : ndarray of int, shape (m,)
        The column at each position. Only where every row of `group_conv_matrix_` is one column, up
        to its sign and little else: always if `mixing` is ``"permutation"`` and no power leaves
        the window.
    location_ : ndarray of shape (d,)
        Point about which the group acts: zeros, unless the samples carry an offset that is not
        constant along the symmetry; then their mean. `transform` and `shift` are linear all the
        same: subtract it first where the shift is to be exact.
    loss_curve_ : list of float
        Loss at every iteration of the refinement. Fourth-order cumulants join it after 12
        iterations, if there are more, where the search needed none; they are in it from the first
        one where the start was given.
    loss_terms_ : dict of str to list of float
        Its terms, before weighting.
    n_iter_ : int
        Iterations of the refinement; 1 if `mixing` is ``"permutation"``, which has none.
    converged_ : bool
        Whether it stopped by itself.
    candidates_ : list of dict
        Starts tried: how each was made (``"start"``), the ``"loss"`` it led to (of an order of
        columns, its cost), and the ``"agreement"`` of its generator with the one chosen, a cosine.
        On a lattice that was mixed also its ``"shape"``, and the ``"divergence"`` of its energies,
        by which candidates are ranked first.
    device_ : str
        Where the optimisation ran.
    settings_ : dict
        Parameters of the fit that say which symmetry is wanted: weights, boundary, mixing and
        others. Used by `verdict` and names of the output, whatever the parameters are now; `score`
        and `verdict` take `boundary_` for the boundary.
    n_features_in_ : int
        ``n_channels * d``.
    feature_names_in_ : ndarray of shape (``n_features_in_``,)
        Only when the input has string column names.

    Other Parameters
    ----------------
    density : {"closed_form", "mixture"}, default="closed_form"
        How entropies and divergences are estimated: in closed form and from smoothed histograms, or
        by the trained mixtures of the paper (slow).
    learning_rate : float or None, default=None
        First learning rate of Adam for generator and filter. None: 1e-4. This parameter and those
        below are read by the paper's procedure only, ``init="random"`` or ``density="mixture"``.
    estimator_learning_rate : float, default=2.5e-3
        First learning rate of Adam for the mixture densities.
    learning_rate_decay : float, default=0.1
        Ratio of the last to the first of both learning rates, in (0, 1]; log-linear in between.
    filter_noise : float or None, default=None
        First standard deviation of the noise added to the filter (eq. 22). None: 0.1 from a random
        start, 0 from a given one.
    filter_noise_epochs : float, default=10.0
        Epochs, of 100 steps each, after which that noise has fallen to 1/e.
    rank_schedule : {"gradient_flow", "full"} or None, default=None
        Rank of the joint entropy (eq. 26): growing with the sum of the learning rates so far
        (eq. 21), or full from the first step. None: growing from a random start, full from a given
        one.
    n_kernels : int, default=4
        Gaussians in every mixture.
    hidden_factor : int, default=16
        Hidden units per power in the conditional networks.
    penalty : float, default=1e-5
        Weight of the Frobenius norms of the networks' weights.

    Notes
    -----
    Sign and direction of a solution are conventions. The entries of ``group_conv_matrix_`` sum to
    a positive number, and they do so when weighted by power times centred column index.

    References
    ----------
    Efe, O. B., and Ozakin, A. "SymmetryLens: Unsupervised Symmetry Learning via Locality and
    Density Preservation", Symmetry 17(3):425, 2025.

    Examples
    --------
    >>> from sklearn_symmetry import SymmetryLens
    >>> from sklearn_symmetry.datasets import make_symmetric_signals
    >>> from sklearn_symmetry.metrics import generator_similarity
    >>> signals = make_symmetric_signals(5000, 7, symmetry="permutation", random_state=0)
    >>> lens = SymmetryLens(random_state=0).fit(signals.data)
    >>> generator_similarity(lens.generator_, signals.generator) > 0.99
    True
    >>> lens.transform(signals.data).shape
    (5000, 7)
    """

    generator_: np.ndarray
    generators_: np.ndarray
    lie_algebras_: np.ndarray
    grid_shape_: tuple[int, ...]
    padded_generator_: np.ndarray
    lie_algebra_: np.ndarray
    filter_: np.ndarray
    group_conv_matrix_: np.ndarray
    powers_: np.ndarray
    boundary_: Literal["open", "circulant"] | tuple[str, ...]
    column_order_: np.ndarray
    location_: np.ndarray
    loss_curve_: list[float]
    loss_terms_: dict[str, list[float]]
    n_iter_: int
    converged_: bool
    candidates_: list[dict[str, Any]]
    device_: str
    settings_: dict[str, Any]
    n_features_in_: int
    feature_names_in_: np.ndarray

    def __init__(
        self,
        n_powers: int | None = None,
        *,
        mixing: Literal["rotation", "permutation"] = "rotation",
        boundary: Literal["open", "circulant", "auto"] | tuple[str, ...] = "open",
        grid_shape: Literal["auto"] | tuple[int, ...] | None = None,
        n_channels: int = 1,
        padding: int = 6,
        n_init: int | None = None,
        max_iter: int | None = None,
        tol: float = 1e-5,
        batch_size: int | None = None,
        init: Literal["auto", "random"] | ArrayLike = "auto",
        warm_start: bool = False,
        random_state: int | np.random.RandomState | None = None,
        n_jobs: int | None = None,
        device: str = "auto",
        verbose: int = 0,
        alignment: float = 1.0,
        uniformity: float = 2.0,
        resolution: float = 1.0,
        information: float = 1.0,
        density: Literal["closed_form", "mixture"] = "closed_form",
        learning_rate: float | None = None,
        estimator_learning_rate: float = 2.5e-3,
        learning_rate_decay: float = 0.1,
        filter_noise: float | None = None,
        filter_noise_epochs: float = 10.0,
        rank_schedule: Literal["gradient_flow", "full"] | None = None,
        n_kernels: int = 4,
        hidden_factor: int = 16,
        penalty: float = 1e-5,
    ) -> None:
        self.n_powers = n_powers
        self.mixing = mixing
        self.boundary = boundary
        self.grid_shape = grid_shape
        self.n_channels = n_channels
        self.padding = padding
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.batch_size = batch_size
        self.init = init
        self.warm_start = warm_start
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.device = device
        self.verbose = verbose
        self.alignment = alignment
        self.uniformity = uniformity
        self.resolution = resolution
        self.information = information
        self.density = density
        self.learning_rate = learning_rate
        self.estimator_learning_rate = estimator_learning_rate
        self.learning_rate_decay = learning_rate_decay
        self.filter_noise = filter_noise
        self.filter_noise_epochs = filter_noise_epochs
        self.rank_schedule = rank_schedule
        self.n_kernels = n_kernels
        self.hidden_factor = hidden_factor
        self.penalty = penalty

    @with_callbacks
    @usual_torch()
    def fit(self, X: ArrayLike | Summary, y: None = None) -> Self:
        """Learn generator and filter.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), iterable of such arrays, or Summary
            Finite; of each of the channels at least two features, and fewer than there are samples
            in all channels together. Not modified, and not copied if it is a float array. A
            memory-mapped file is read chunk by chunk, and so is an iterable of arrays or tables,
            such as a list, which must be readable twice; a dask array or table is summarised where
            its blocks lie. Of a :class:`~sklearn_symmetry.statistics.summary.Summary` its seed is
            used instead of `random_state`.
        y : None
            Ignored.

        Returns
        -------
        self : SymmetryLens

        Raises
        ------
        ValueError, TypeError
            For unusable parameters or data. The estimator is left as it was.
        FloatingPointError
            If the loss is not finite; names term and iteration. If the samples are so degenerate
            that linear algebra fails on them.

        Warns
        -----
        ConvergenceWarning
            If the refinement reached `max_iter`, or a callback stopped it.

        Notes
        -----
        An interrupt (Ctrl-C) leaves the best state so far in the fitted attributes.
        """
        check_parameters(self)
        device = resolve_device(self.device)
        summary, settings, checked = self._summary(X, device)
        with degenerate_samples():
            check_columns(summary, checked)

        def attributes(solution):
            fitted = _fitted_attributes(solution, checked, summary.sample.dtype, device)
            return fitted | {"settings_": _settings_of_the_fit(self)}

        size = summary.n_samples // self.n_channels, checked.n_features_in_
        with verbose_callbacks(self, size), degenerate_samples(), enough_memory(self):
            monitor = FitMonitor(self, X, attributes)
            try:
                solution = solve(summary, settings, monitor=monitor)
                monitor.finish(solution)
            except KeyboardInterrupt:
                if monitor.snapshot is not None:
                    self._set_fitted(attributes(monitor.snapshot()))
                raise
            except torch.OutOfMemoryError as error:
                error.add_note(
                    f"The fit did not fit into the memory of {device}. Use device='cpu', or a "
                    f"smaller batch_size than {settings.batch_size or DEFAULT.batch_size}."
                )
                raise
        loss = solution.loss_curve[-1:]  # none where a callback stopped the search
        if not np.isfinite(loss).all():
            raise FloatingPointError(
                f"the loss is {loss[0]}; use smaller coefficients, such as the "
                f"default ones: they are {settings.weights}"
            )
        self._set_fitted(attributes(solution))
        if not self.converged_:
            warn_caller(_not_converged(self.n_iter_, monitor.stopped), ConvergenceWarning)
        return self

    @usual_torch()
    def transform(self, X: ArrayLike) -> np.ndarray:
        """Represent samples so that the hidden symmetry shifts columns.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        Y : ndarray of shape (n_samples, n_channels * m)
            ``X @ group_conv_matrix_.T``, channel by channel: linear, without centring, and so
            exactly equivariant. Of a dask array or table a dask array, computed when it is asked
            for.
        """
        if is_lazy(X):
            return on_blocks(self, "transform", X)
        return join_channels(self._rows(X) @ self.group_conv_matrix_.T, self._n_channels)

    @usual_torch()
    def inverse_transform(self, X: ArrayLike) -> np.ndarray:
        """Samples whose representation is closest to the given one, in the least squares sense.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_channels * m)
            Representations.

        Returns
        -------
        samples : ndarray of shape (n_samples, n_features)
            Of a dask array a dask array.

        Raises
        ------
        ValueError
            If `X` has another number of columns, or the names of `transform` in another order.
        """
        check_is_fitted(self)
        if is_lazy(X):
            return lazily(self.inverse_transform, X)
        check_container(X)
        self._check_order(names_of(X))
        representation = check_array(X, dtype=float_dtypes(X), input_name="X")
        if representation.shape[1] != self._n_features_out:
            each = " and channel" if self._n_channels > 1 else ""
            raise ValueError(
                f"inverse_transform expects {self._n_features_out} columns, one per power{each}; "
                f"got {representation.shape[1]}"
            )
        rows = split_channels(representation, self._n_channels)
        return join_channels(rows @ np.linalg.pinv(self.group_conv_matrix_).T, self._n_channels)

    def _check_order(self, names):
        """Refuse the columns of a representation in another order than `transform` gives them."""
        own = list(self.get_feature_names_out())
        if names != own and sorted(map(str, names)) == sorted(own):
            raise ValueError(
                f"the columns of X are those of transform in another order; select them as "
                f"X[lens.get_feature_names_out()], which begins with {own[0]!r}"
            )

    @usual_torch()
    def shift(self, X: ArrayLike, steps: float | tuple[float, ...] = 1) -> np.ndarray:
        """Act on samples with the learned group.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        steps : float, or tuple of float on a lattice, default=1
            Power of the generator, any real number; on a lattice one for each axis.

        Returns
        -------
        shifted : ndarray of shape (n_samples, n_features)
            ``X @ G**steps``, channel by channel, with the central crop of the power: what the
            symmetry carries out of the window is lost. Around an even ring that is, for steps that
            are not whole, part of the alternating vector only. Of a dask array or table a dask
            array.
        """
        check_is_fitted(self)
        steps = self._checked_steps(steps)
        if is_lazy(X):
            return on_blocks(self, "shift", X, tuple(steps) if len(steps) > 1 else steps[0])
        rows = self._rows(X)
        log = np.tensordot(steps, np.asarray(self._lie_algebras, np.float64), 1)
        inside = fitted_grid(self).inside(fitted_setting(self, "padding")).numpy()
        power = generator(torch.as_tensor(log)).numpy()[np.ix_(inside, inside)]
        return join_channels(rows @ power.astype(rows.dtype), self._n_channels)

    def _checked_steps(self, steps):
        """One number for every axis."""
        n_axes = len(self._lie_algebras)
        if n_axes > 1:
            if np.ndim(steps) != 1 or len(steps) != n_axes:
                raise ValueError(
                    f"steps must be a tuple of {n_axes} numbers, one for each axis of the lattice; "
                    f"got {steps!r}"
                )
        else:
            steps = steps if isinstance(steps, tuple | list) and len(steps) == 1 else (steps,)
        for step in steps:
            if not isinstance(step, Real):
                what = "one real number on a line or ring" if n_axes == 1 else "real numbers"
                raise TypeError(f"steps must be {what}; got {step!r}")
            if not abs(step) <= FARTHEST:  # nor not a number
                raise ValueError(
                    f"steps must be finite, at most {FARTHEST:.0e} either way, beyond which "
                    f"rounding is all that is left; got {step}"
                )
        return np.array(steps, dtype=np.float64)

    @property
    def _lie_algebras(self):
        """For every axis; lenses of earlier versions have one."""
        return getattr(self, "lie_algebras_", self.lie_algebra_[None])

    @usual_torch()
    def score(self, X: ArrayLike, y: None = None) -> float:
        """Symmetry and locality on the given samples, whatever the loss coefficients.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), or as for `fit`
            At least 3 samples, in all channels together, not all alike. What is no array in memory
            is scored by a random sample of 20,000 rows; of a Summary, its own.
        y : None
            Ignored.

        Returns
        -------
        score : float
            Minus the loss with weights 1, 2, 1, 1 at full rank, independent of the unit of `X`;
            greater is better. See :func:`sklearn_symmetry.core.score.symmetry_score`.

        Notes
        -----
        Compare lenses of the same `n_powers`: fewer columns have fewer neighbours to disagree.
        Where components are nearly independent (narrow signals) the order of the rows counts for
        less than their being unmixed.
        """
        rows = scored_rows(self, X) - self.location_
        if not np.isfinite(rows).all():  # scikit-learn may have been told not to look
            raise ValueError("Input X contains NaN or infinity; drop or impute these entries")
        if len(rows) < 3:
            raise ValueError(f"X has n_samples={len(rows)}; a score needs at least 3")
        return symmetry_score(rows, self.group_conv_matrix_, representation_grid(self))

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> np.ndarray:
        """Names of the columns of the output.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Names of the columns of the input. None: `feature_names_in_`, or ``"x0"``, ``"x1"`` ...

        Returns
        -------
        names : ndarray of str objects
            With ``mixing="permutation"`` the name of the column at each position, after a minus
            where its sign was changed, row by row on a lattice; else, on a lattice,
            ``"pixel 0,0"``, ``"pixel 0,1"`` ..., row and column from 0, or the name of the class
            and a number.
        """
        check_is_fitted(self)
        known = hasattr(self, "column_order_")
        if not known or fitted_setting(self, "mixing") != "permutation":
            if not on_grid(self):
                return super().get_feature_names_out(input_features)
            _check_feature_names_in(self, input_features)
            return position_names(fitted_grid(self), self._n_channels)
        names = _check_feature_names_in(self, input_features).astype(str).astype(object)
        names = names.reshape(self._n_channels, -1)[:, self.column_order_]
        changed = self.group_conv_matrix_.sum(axis=1) < 0
        return np.where(changed, "-" + names, names).ravel()

    def to_torch(
        self, *, trainable: bool = False, dtype: torch.dtype | None = None
    ) -> GroupConvolution:
        """The lens as a torch module, for the front of a network.

        Parameters
        ----------
        trainable : bool, default=False
            Whether the group convolution matrix is a parameter, that training changes: its rows
            are then no longer one orbit of the group. False: a buffer.
        dtype : torch.dtype or None, default=None
            None: torch's default, as in any new layer.

        Returns
        -------
        module : sklearn_symmetry.nn.GroupConvolution
            From (n, n_channels * d) to (n, n_channels, m), as ``Conv1d`` takes it; on a lattice to
            (n, n_channels, h, w), as ``Conv2d`` does. A copy, in host memory.

        Examples
        --------
        >>> import torch
        >>> from sklearn_symmetry import SymmetryLens
        >>> from sklearn_symmetry.datasets import make_symmetric_signals
        >>> X = make_symmetric_signals(1000, 7, random_state=0).data
        >>> module = SymmetryLens(random_state=0).fit(X).to_torch()
        >>> network = torch.nn.Sequential(module, torch.nn.Conv1d(1, 4, kernel_size=3))
        >>> network(torch.as_tensor(X, dtype=torch.float32)).shape
        torch.Size([1000, 4, 5])
        """
        check_is_fitted(self)
        dtype = torch.get_default_dtype() if dtype is None else dtype
        if not dtype.is_floating_point:
            raise ValueError(f"dtype must be one of floating point; got {dtype}")
        with usual_torch():
            weight = torch.tensor(self.group_conv_matrix_, dtype=dtype, device="cpu")
            shape = tuple(self.grid_shape_) if on_grid(self) else None
            return GroupConvolution(weight, self._n_channels, shape=shape, trainable=trainable)

    @usual_torch()
    def verdict(
        self, X: ArrayLike, *, level: float = LEVEL, groups: ArrayLike | str | None = None
    ) -> Verdict:
        """Tell, without knowing the truth, whether there is a symmetry and whether this is it.

        Either half of the samples is fitted anew from default starts (and, where they disagree,
        from what the other found) and judged on the other half. Costs two fits to half of the
        samples, and two refinements more where these disagree; with ``verbose=1`` it says so
        beforehand, and each of them shows its progress. The lens itself is not changed, and judged
        by the parameters of its fit, whatever they are now.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), or as for `fit`
            Those of the fit, or new ones. More than twice as many different samples as features:
            equal samples count once. Of a Summary only its sample is judged.
        level : float, default=0.05
            Of the tests, from 0.01, the least p-value that there can be, to 0.5.
        groups : None, "blocks" or array-like of shape (n_samples,), default=None
            None: samples are independent. Labels: samples of one label, such as those of one
            person, are in one half, as by scikit-learn's ``GroupKFold``. ``"blocks"``: rows in the
            order of a recording, such as overlapping windows. Halves are then made of blocks of
            rows with gaps as long as rows remember each other, and tests see rows as far apart.

        Returns
        -------
        verdict : Verdict
            True where the lens can be trusted; print it for the reasons. ``symmetric``, ``found``,
            ``p_value``, ``repeatability``, ``uncertainty`` (d, d) and more are its attributes, see
            :class:`sklearn_symmetry.Verdict`.

        Raises
        ------
        NotFittedError
            If the lens is not fitted.
        ValueError
            If there are too few different samples, groups or blocks, or `level` is out of range.

        Notes
        -----
        ``docs/trust.md`` states the null hypothesis and shows how often the verdict is wrong. With
        fewer than five features (six when circulant) there are too few orders to tell one from
        chance, and the verdict is no, at once.

        Examples
        --------
        >>> from sklearn_symmetry import SymmetryLens
        >>> from sklearn_symmetry.datasets import make_symmetric_signals
        >>> X = make_symmetric_signals(4000, 13, symmetry="orthogonal", random_state=0).data
        >>> verdict = SymmetryLens(random_state=0).fit(X).verdict(X)
        >>> verdict.symmetric, verdict.found, verdict.repeatability > 0.99
        (True, True, True)
        """
        check_level(level)
        check_jobs(self)
        lens, samples, groups = judged(self, X, groups)
        if not set(SymmetryLens._get_param_names()) <= set(lens._get_param_names()):
            lens.__class__ = SymmetryLens  # the copy; a class of the user's has fixed some of them
        with config_context(transform_output="default"), degenerate_samples():
            names = getattr(self, "feature_names_in_", None)
            return verdict(lens, samples, float(level), groups, names)

    def _summary(self, X, device):
        """What is known of the samples, the settings of their solver, and who checked them."""
        names = None
        check_type(X)
        if not isinstance(X, Summary) and is_source(X):
            n_columns = width_of(X)
            check_channels(self.n_channels, n_columns)
            width = n_columns // self.n_channels
            check_shapes(self, None, width)  # before all of it is read
            settings = self._settings(width, device)
            names, options = column_names(X), {"capacity": rows_needed(settings, width)}
            options |= {"n_channels": self.n_channels, "seed": seed_of(self.random_state)}
            X = summarise(X, **options)
        if isinstance(X, Summary):
            checked = check_summary(self, X, self.n_channels, names)
            check_shapes(self, X.n_samples, X.n_features)
            return X, self._settings(X.n_features, device), checked
        X, checked = check_data(self, X, self.n_channels)
        n_features = X.shape[1] // self.n_channels
        check_shapes(self, len(X) * self.n_channels, n_features)
        settings = self._settings(n_features, device)
        options = {
            "capacity": rows_needed(settings, n_features),
            "seed": seed_of(self.random_state),
        }
        return summarise(X, n_channels=self.n_channels, **options), settings, checked

    def _settings(self, n_features, device):
        options = {name: getattr(self, name) for name in SETTINGS}
        options["weights"] = {name: float(getattr(self, name)) for name in PAPER_WEIGHTS}
        if self.warm_start and hasattr(self, "group_conv_matrix_"):
            if n_features != len(self.filter_):
                each = " in each channel" if self.n_channels > 1 or self._n_channels > 1 else ""
                raise ValueError(
                    f"warm_start=True needs the number of features of the previous fit, "
                    f"{len(self.filter_)}{each}; X has {n_features}. Use warm_start=False."
                )
            n_powers = n_features if self.n_powers is None else self.n_powers
            if n_powers != len(self.group_conv_matrix_):
                raise ValueError(
                    f"warm_start=True needs the n_powers of the previous fit, "
                    f"{len(self.group_conv_matrix_)}; got n_powers={self.n_powers}, which asks for "
                    f"{n_powers}. Use warm_start=False."
                )
            options["init"] = self.group_conv_matrix_
        return Settings(**options, device=device)

    def _set_fitted(self, attributes):
        """Replace the fitted attributes, all at once."""
        for name in ("feature_names_in_", "column_order_"):
            self.__dict__.pop(name, None)
        self.__dict__.update(attributes)

    def _rows(self, X):
        """Checked samples, every channel a row of its own."""
        check_is_fitted(self)
        check_container(X)
        X = validate_data(self, X, dtype=float_dtypes(X), reset=False)
        return split_channels(X, self._n_channels)

    @property
    def _n_channels(self):
        """Channels of the fit, whatever the parameter is now."""
        return self.n_features_in_ // len(self.filter_)

    def _html_repr(self):
        """What was found, above the parameters as scikit-learn draws them."""
        return lens_card(self) + super()._html_repr()

    def __getstate__(self):
        # scikit-learn stamps its own estimators only.
        return {**super().__getstate__(), VERSION_STAMP: __version__}

    def __setstate__(self, state):
        state = dict(state)
        version = state.pop(VERSION_STAMP, "unknown")
        if version != __version__:
            warn_caller(
                InconsistentVersionWarning(
                    estimator_name=f"{type(self).__name__} (sklearn_symmetry)",
                    current_sklearn_version=__version__,
                    original_sklearn_version=version,
                )
            )
        super().__setstate__(state)

    @property
    def _n_features_out(self):
        return self._n_channels * len(self.powers_)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _settings_of_the_fit(lens):
    """Parameters that say which symmetry is wanted, by value; not how, or how fast, it is found."""
    names = SymmetryLens._get_param_names()  # of which a class of the user's may have fewer
    wanted = {name: getattr(lens, name) for name in names if name not in (*SEARCH, *RUNNING)}
    if not isinstance(wanted["random_state"], Integral):
        wanted["random_state"] = None
    return {name: getattr(value, "item", lambda v=value: v)() for name, value in wanted.items()}


def _not_converged(n_iter, stopped):
    if stopped:
        return f"A callback stopped the fit before it converged, after n_iter_={n_iter} iterations."
    return (
        f"The refinement did not converge in n_iter_={n_iter} iterations. Increase max_iter or "
        f"tol, or look at loss_curve_."
    )


def _fitted_attributes(solution, checked, dtype, device):
    """Numpy arrays in the dtype of the input and plain values, by the name of the attribute."""
    inside = Grid.of(solution.shape, solution.boundary).inside(checked.padding).numpy()
    arrays = {
        "generators_": solution.padded_generators[:, inside[:, None], inside],
        "padded_generator_": solution.padded_generator,
        "lie_algebras_": solution.lie_algebras,
        "filter_": solution.filter,
        "group_conv_matrix_": solution.group_conv_matrix,
        "location_": np.broadcast_to(solution.location, len(solution.filter)),
    }
    fitted = {name: np.array(value, dtype=dtype) for name, value in arrays.items()}
    fitted.update(
        generator_=fitted["generators_"][0],
        lie_algebra_=fitted["lie_algebras_"][0],
        grid_shape_=solution.shape,
        powers_=np.array(solution.powers),
        loss_curve_=[float(loss) for loss in solution.loss_curve],
        loss_terms_={name: list(values) for name, values in solution.loss_terms.items()},
        n_iter_=int(solution.n_iter),
        converged_=bool(solution.converged),
        candidates_=[dict(candidate) for candidate in solution.candidates],
        boundary_=solution.boundary,
        device_=device,
        n_features_in_=checked.n_features_in_,
    )
    order = order_of(solution.group_conv_matrix)
    if order is not None:
        fitted["column_order_"] = order
    if hasattr(checked, "feature_names_in_"):
        fitted["feature_names_in_"] = checked.feature_names_in_
    return fitted


def paper_settings(n_features: int, n_samples: int | None = None) -> dict[str, Any]:
    """Keyword arguments of :class:`SymmetryLens` for the paper's own procedure, as published.

    Parameters
    ----------
    n_features : int
        At least 2.
    n_samples : int or None, default=None
        Samples of the set, at least 100. None: as many as the published set with so many features
        has, 252,000 for 7, 1,080,000 for 27, 1,650,000 for 33, and 50,000 a feature for others.

    Returns
    -------
    settings : dict
        Random start, trained mixture densities, batches of a hundredth of the samples (at least 8,
        and one for every feature), 400,000 steps of Adam for 7 features and 100,000 for others.
        The rest of the published settings (appendix E.1) are the defaults of the class.

    Raises
    ------
    TypeError, ValueError
        If `n_features` is not an integer of at least 2, or `n_samples` not one of at least 100.

    Notes
    -----
    Runs end in one of two places, which the final loss tells apart: add ``n_init=5`` for the best
    of five. ``docs/paper.md`` tells what the procedure gives, what a step costs, and where the
    authors' code and the paper differ; then the paper is followed.

    Examples
    --------
    >>> settings = paper_settings(7, n_samples=63_000)
    >>> settings["max_iter"], settings["batch_size"]
    (400000, 630)
    """
    check_scalar(n_features, "n_features", Integral, min_val=2)
    if n_samples is not None:
        check_scalar(n_samples, "n_samples", Integral)
        if n_samples < STEPS_PER_EPOCH:
            raise ValueError(
                f"n_samples == {n_samples}, must be >= {STEPS_PER_EPOCH}: a batch of the paper's "
                "procedure is a hundredth of the samples. For fewer use SymmetryLens() with its "
                "defaults, or pass a batch_size of your own."
            )
    return {
        "init": "random",
        "density": "mixture",
        "padding": n_features,
        "max_iter": published_steps(n_features),
        "batch_size": published_batch(n_features, n_samples),
        "learning_rate": 1e-4,
        "filter_noise": 0.1,
        "rank_schedule": "gradient_flow",
    }
