# SPDX-License-Identifier: BSD-3-Clause
"""The estimator: parameters, validation, fitted attributes. The mathematics is elsewhere."""

import warnings
from numbers import Real

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_array, check_random_state, check_scalar
from sklearn.utils.validation import check_is_fitted, validate_data

from ._callbacks import CallbackSupportMixin, FitMonitor, verbose_callbacks, with_callbacks
from ._validation import check_data, check_parameters, check_shapes, resolve_device
from ._verdict import verdict
from .core.generator import crop_matrix, generator
from .core.score import symmetry_score
from .solver.objective import UNIFORMITY_BOUND, solver_uniformity
from .solver.solution import Settings
from .solver.solve import solve

__all__ = ["SymmetryLens", "paper_settings"]

SETTINGS = tuple(name for name in Settings.__dataclass_fields__ if name != "device")


class SymmetryLens(
    CallbackSupportMixin, ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator
):
    """Find the hidden one-parameter symmetry of raw vectors, and make it a plain shift.

    From samples alone it learns the minimal generator G of the group that leaves their distribution
    unchanged, a resolving filter that is local along the symmetry, and the group convolution
    matrix W of the two. ``transform`` is the linear map ``X @ W.T``; in its output the hidden
    symmetry shifts columns.

    Parameters
    ----------
    n_powers : int or None, default=None
        Number m of powers of the generator, the columns of the output, from 2 to D. None: d.
    alignment, uniformity, resolution, information : float, default=1.0, 2.0, 1.0, 1.0
        Nonnegative weights of the terms of the loss (eq. 13, 12, 15, 16; eq. 17).
    boundary : {"open", "circulant"}, default="open"
        Whether the symmetry carries features out of the window or around it. A circulant symmetry
        needs an odd number of features to be a rotation.
    padding : int, default=6
        Components p added on each side, so that the generator acts in D = d + 2 p dimensions.
        Ignored when circulant (D = d).
    init : {"auto", "random"} or ndarray of shape (n_powers, n_features), default="auto"
        ``"auto"``: starts from fourth-order statistics, refined by a quasi-Newton method;
        ``"random"``: the paper's procedure, from a generator near the identity; an array: the group
        convolution matrix to refine.
    density : {"closed_form", "mixture"}, default="closed_form"
        How entropies and divergences are estimated: in closed form and from smoothed histograms, or
        by the trained mixtures of the paper (slow).
    max_iter : int or None, default=None
        Most iterations of the refinement. None: 200, or 100,000 steps for the paper's procedure.
    batch_size : int or None, default=None
        Samples the entropies see in the refinement. None: 10,000, or ``500 n_powers`` for the
        paper's procedure. Second moments always use all samples.
    learning_rate : float or None, default=None
        Of Adam; used by the paper's procedure only (``init="random"`` or ``density="mixture"``).
        None: 1e-4.
    tol : float, default=1e-5
        The refinement has converged when the loss fell by less than this over eight iterations.
    n_init : int or None, default=None
        Most starts tried. None: as many as there are (at most 16); fewer are
        tried once two agree.
    n_jobs : int or None, default=None
        Starts refined at the same time, in threads; does not change the result.
    device : str, default="auto"
        Torch device of the optimisation. ``"auto"``: the GPU when there is one.
    warm_start : bool, default=False
        Whether to refine the previous solution instead of searching anew.
    random_state : int, RandomState instance or None, default=None
        Order in which samples are used. Results vary little with it. None: another one in every
        fit; numpy's global state is neither read nor changed.
    verbose : int, default=0
        1 shows a progress bar (needs rich).

    Attributes
    ----------
    generator_ : ndarray of shape (d, d)
        Central crop of the generator.
    padded_generator_ : ndarray of shape (D, D)
        The generator, a rotation: ``expm(lie_algebra_)``.
    lie_algebra_ : ndarray of shape (D, D)
        Antisymmetric.
    filter_ : ndarray of shape (d,)
        The resolving filter, of unit norm.
    group_conv_matrix_ : ndarray of shape (m, d)
        Row k is the central crop of ``G**powers_[k] @ pad(filter_)`` (eq. 11).
    powers_ : ndarray of shape (m,)
        Integers around 0.
    loss_curve_ : list of float
        Loss at every iteration of the refinement.
    loss_terms_ : dict of str to list of float
        Its terms, before weighting.
    n_iter_ : int
        Iterations of the refinement.
    converged_ : bool
        Whether it stopped by itself.
    candidates_ : list of dict
        Starts tried: how each was made (``"start"``), the ``"loss"`` it led to, and the
        ``"agreement"`` of its generator with the one chosen, a cosine.
    device_ : str
        Where the optimisation ran.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (d,)
        Only when the input has string column names.

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

    def __init__(
        self,
        n_powers=None,
        *,
        alignment=1.0,
        uniformity=2.0,
        resolution=1.0,
        information=1.0,
        boundary="open",
        padding=6,
        init="auto",
        density="closed_form",
        max_iter=None,
        batch_size=None,
        learning_rate=None,
        tol=1e-5,
        n_init=None,
        n_jobs=None,
        device="auto",
        warm_start=False,
        random_state=None,
        verbose=0,
    ):
        self.n_powers = n_powers
        self.alignment = alignment
        self.uniformity = uniformity
        self.resolution = resolution
        self.information = information
        self.boundary = boundary
        self.padding = padding
        self.init = init
        self.density = density
        self.max_iter = max_iter
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.tol = tol
        self.n_init = n_init
        self.n_jobs = n_jobs
        self.device = device
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    @with_callbacks
    def fit(self, X, y=None):
        """Learn generator and filter.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Finite; more samples than features, at least two features. Not modified.
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
            If the loss is not finite; names term and iteration.

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
        X, checked = check_data(self, X)
        check_shapes(self, X.shape[1])
        settings = self._settings(X.shape[1], device)
        seed = _seed(self.random_state)

        def attributes(solution):
            return _fitted_attributes(solution, checked, X.dtype, device)

        with verbose_callbacks(self):
            monitor = FitMonitor(self, X, attributes)
            try:
                solution = solve(X, settings, random_state=seed, monitor=monitor)
                monitor.finish(solution)
            except KeyboardInterrupt:
                if monitor.snapshot is not None:
                    self._set_fitted(attributes(monitor.snapshot()))
                raise
            except torch.OutOfMemoryError as error:
                error.add_note(
                    f"The fit did not fit into the memory of {device}. Use device='cpu', or a "
                    f"smaller batch_size than {settings.batch_size or 10000}."
                )
                raise
        self._set_fitted(attributes(solution))
        if not self.converged_:
            warnings.warn(
                _not_converged(self.n_iter_, monitor.stopped), ConvergenceWarning, stacklevel=3
            )
        return self

    def transform(self, X):
        """Represent samples so that the hidden symmetry shifts columns.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        Y : ndarray of shape (n_samples, m)
            ``X @ group_conv_matrix_.T``: linear, without centring, and so exactly equivariant.
        """
        return self._checked(X) @ self.group_conv_matrix_.T

    def inverse_transform(self, X):
        """Samples whose representation is closest to the given one, in the least squares sense.

        Parameters
        ----------
        X : array-like of shape (n_samples, m)
            Representations.

        Returns
        -------
        samples : ndarray of shape (n_samples, n_features)
        """
        check_is_fitted(self)
        representation = check_array(X, dtype=[np.float64, np.float32])
        if representation.shape[1] != len(self.powers_):
            raise ValueError(
                f"inverse_transform expects {len(self.powers_)} columns, one per power; got "
                f"{representation.shape[1]}"
            )
        return representation @ np.linalg.pinv(self.group_conv_matrix_).T

    def shift(self, X, steps=1):
        """Act on samples with the learned group.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        steps : float, default=1
            Power of the generator, any real number.

        Returns
        -------
        shifted : ndarray of shape (n_samples, n_features)
            ``X @ G**steps``, with the central crop of the power: what the symmetry carries out of
            the window is lost.
        """
        check_scalar(steps, "steps", Real)
        if not np.isfinite(steps):
            raise ValueError(f"steps must be finite; got {steps}")
        samples = self._checked(X)
        power = generator(torch.as_tensor(np.asarray(self.lie_algebra_, np.float64) * steps))
        return samples @ crop_matrix(power, self.n_features_in_).numpy().astype(samples.dtype)

    def score(self, X, y=None):
        """Symmetry and locality on the given samples, whatever the loss coefficients.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            At least 3 samples.
        y : None
            Ignored.

        Returns
        -------
        score : float
            Minus the loss with weights 1, 2, 1, 1 at full rank, independent of the unit of `X`;
            greater is better. See :func:`sklearn_symmetry.core.score.symmetry_score`.
        """
        cyclic = self.boundary == "circulant"
        return symmetry_score(
            self._checked(X),
            self.group_conv_matrix_,
            cyclic=cyclic,
            uniformity=solver_uniformity(cyclic),
            bound=UNIFORMITY_BOUND,
        )

    def verdict(self, X, *, level=0.05):
        """Tell, without knowing the truth, whether there is a symmetry and whether this is it.

        Either half of the samples is fitted anew from default starts and judged on the other half.
        Costs two fits to half of the samples; the lens itself is not changed.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Independent samples: those of the fit, or new ones. More than twice as many samples as
            features. Copies of a sample in both halves make the verdict too kind.
        level : float, default=0.05
            Of the tests, above 0 and at most 0.5.

        Returns
        -------
        verdict : Verdict
            True where the lens can be trusted; print it for the reasons. ``symmetric``, ``found``,
            ``p_value``, ``repeatability``, ``uncertainty`` (d, d) and more are its attributes.

        Raises
        ------
        NotFittedError
            If the lens is not fitted.
        ValueError
            If there are too few samples, or `level` is out of range.

        Notes
        -----
        ``docs/trust.md`` states the null hypothesis and shows how often the verdict is wrong. With
        fewer than five features (seven when circulant) there are too few orders to tell one from
        chance, and the verdict is always no.

        Examples
        --------
        >>> from sklearn_symmetry import SymmetryLens
        >>> from sklearn_symmetry.datasets import make_symmetric_signals
        >>> X = make_symmetric_signals(4000, 7, symmetry="orthogonal", random_state=0).data
        >>> verdict = SymmetryLens(random_state=0).fit(X).verdict(X)
        >>> verdict.symmetric, verdict.found, verdict.repeatability > 0.99
        (True, True, True)
        """
        check_scalar(level, "level", Real, min_val=0, max_val=0.5, include_boundaries="right")
        return verdict(self, self._checked(X), float(level))

    def _settings(self, n_features, device):
        options = {name: getattr(self, name) for name in SETTINGS}
        if self.warm_start and hasattr(self, "group_conv_matrix_"):
            if n_features != self.n_features_in_:
                raise ValueError(
                    f"warm_start=True needs the number of features of the previous fit, "
                    f"{self.n_features_in_}; X has {n_features}. Use warm_start=False."
                )
            options["init"] = self.group_conv_matrix_
        return Settings(**options, device=device)

    def _set_fitted(self, attributes):
        """Replace the fitted attributes, all at once."""
        self.__dict__.pop("feature_names_in_", None)
        self.__dict__.update(attributes)

    def _checked(self, X):
        check_is_fitted(self)
        return validate_data(self, X, dtype=[np.float64, np.float32], reset=False)

    @property
    def _n_features_out(self):
        return len(self.powers_)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _seed(random_state):
    """Seed of the solver; fresh entropy for None, which leaves numpy's global state alone."""
    if random_state is None:
        return int(np.random.default_rng().integers(2**31 - 1))
    try:
        return int(check_random_state(random_state).randint(2**31 - 1))
    except ValueError as error:
        raise ValueError(
            f"random_state must be None, a RandomState or an int from 0 to 2**32 - 1; got "
            f"random_state={random_state!r}"
        ) from error


def _not_converged(n_iter, stopped):
    if stopped:
        return f"A callback stopped the fit before it converged, after n_iter_={n_iter} iterations."
    return (
        f"The refinement did not converge in n_iter_={n_iter} iterations. Increase max_iter or "
        f"tol, or look at loss_curve_."
    )


def _fitted_attributes(solution, checked, dtype, device):
    """Numpy arrays in the dtype of the input and plain values, by the name of the attribute."""
    n_features = checked.n_features_in_
    padded = torch.as_tensor(solution.padded_generator)
    arrays = {
        "generator_": crop_matrix(padded, n_features).numpy(),
        "padded_generator_": solution.padded_generator,
        "lie_algebra_": solution.lie_algebra,
        "filter_": solution.filter,
        "group_conv_matrix_": solution.group_conv_matrix,
    }
    fitted = {name: np.array(value, dtype=dtype) for name, value in arrays.items()}
    fitted.update(
        powers_=np.array(solution.powers),
        loss_curve_=[float(loss) for loss in solution.loss_curve],
        loss_terms_={name: list(values) for name, values in solution.loss_terms.items()},
        n_iter_=int(solution.n_iter),
        converged_=bool(solution.converged),
        candidates_=[dict(candidate) for candidate in solution.candidates],
        device_=device,
        n_features_in_=n_features,
    )
    if hasattr(checked, "feature_names_in_"):
        fitted["feature_names_in_"] = checked.feature_names_in_
    return fitted


def paper_settings(n_features):
    """Keyword arguments of :class:`SymmetryLens` for the paper's own procedure.

    Parameters
    ----------
    n_features : int
        At least 2.

    Returns
    -------
    settings : dict
        Random start, trained mixture densities, 100,000 steps of Adam: hours to days on a CPU.

    Examples
    --------
    >>> paper_settings(7)["init"]
    'random'
    """
    return {
        "init": "random",
        "density": "mixture",
        "padding": n_features,
        "max_iter": 100_000,
        "batch_size": 2520 if n_features == 7 else 500 * n_features,
        "learning_rate": 1e-4,
    }
