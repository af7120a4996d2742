# SPDX-License-Identifier: BSD-3-Clause
"""Every number of the solver that was decided by measurement: its unit, its reason, its command.

The solver reads them from one :class:`Tuning`, so that a measurement can change one of them and
nothing else: ``dataclasses.replace(Tuning(), third_order=0.0)``. Guards against rounding are no
tuning, and stand where they are used.
"""

from dataclasses import dataclass, field

__all__ = ["DEFAULT", "Tuning"]

# Commands: devices switched off one at a time and numbers halved and doubled; cosines on sets with
# a known symmetry; random settings; cost.
ABLATION = "python tests/benchmarks/ablation_of_search.py"
ACCURACY = "python tests/benchmarks/accuracy.py"
ROBUSTNESS = "python tests/benchmarks/robustness.py"
CALIBRATION = "python tests/benchmarks/calibration.py"
SPEED = "python tests/benchmarks/speed.py"
STEP_COST = "python tests/benchmarks/step_cost.py"
BOUNDARY = "python tests/benchmarks/boundary.py"
LATTICES = "python tests/benchmarks/lattices.py"
SCALE = "python tests/benchmarks/scale.py"
SEPARATION = "python tests/benchmarks/separation.py"
SHUFFLED = "python tests/benchmarks/shuffled.py"


def _tuned(value, unit, reason, command=ABLATION):
    """A field of :class:`Tuning` that says why it has its value."""
    metadata = {"unit": unit, "reason": reason, "command": command}
    return field(default=value, metadata=metadata)


@dataclass(frozen=True)
class Tuning:
    """The numbers of the solver; ``fields(Tuning)`` have unit, reason and command as metadata."""

    # What a device may cost.
    budget: int = _tuned(
        2**32,
        "multiplications",
        "That a device may cost for one start, about half a second of a core: one that costs more "
        "is left out, or looks at less. Third order in a descent, signs, swaps, orders.",
        SPEED,
    )

    # The loss: what it adds to that of the paper.
    uniformity_bound: float | None = _tuned(
        0.15,
        "nats",
        "A larger divergence of a single pair counts as this much: real data are stationary in "
        "most places and not at all in a few. None: not bounded.",
    )
    full_conditionals: float = _tuned(
        2.0,
        "weight, pairs have 1",
        "Pairs barely notice directions of little variance, which fix the fine structure of smooth "
        "signals.",
    )
    pooled: float = _tuned(
        0.32,
        "weight, pairs have 1",
        "Resolution rewards rows of unequal variance, and neighbours of a slow drift hardly "
        "differ: without it the loss leaves the truth on rows of photographs.",
    )
    third_order: float = _tuned(
        1.0,
        "weight, pairs have 1",
        "The first thing that sees the signs of principal axes: wide signals, digits of 15 pixels "
        "and Legendre functions in 7 columns need it.",
    )
    fourth_order: float = _tuned(
        1.0,
        "weight, pairs have 1",
        "Smooth, nearly periodic and symmetric signals show in nothing of lower order which of "
        "many solutions is right: a watch, waveforms, pulse waves.",
    )
    largest_size: float = _tuned(
        0.5,
        "nats a column",
        "Cumulants of an order that are larger are scaled down to it: no expansion about the "
        "Gaussian describes them, and they would outweigh all else.",
    )
    emphasis: float = _tuned(
        10.0,
        "times its weight",
        "Largest weight of uniformity, where samples are many and the spectrum is flat: alignment "
        "and resolution pull noisy rows away from the truth.",
    )
    steep_emphasis: float = _tuned(
        3.0,
        "times its weight",
        "The same of a steep spectrum: resolution buys nats with a divergence that is no chance. "
        "Heart beats, pulse waves and bursts need it; photographs, not that stationary, bear no "
        "more.",
        ACCURACY,
    )
    emphasis_from: float = _tuned(
        10.0,
        "samples for every entry of the covariance",
        "Fewer do not say enough for that. Of 85 random trials of up to 12 columns, four more are "
        "right than from 40 on, and two fewer.",
        ROBUSTNESS,
    )
    n_modes: int = _tuned(64, "modes", "Of the fourth-order cumulants, that are kept.")
    loud_modes: int = _tuned(24, "modes", "Of them for signs: weak ones say little.", SPEED)
    peak_width: float = _tuned(
        0.15,
        "standard deviations",
        "Sharpest peak the entropy resolves; a sharper one has kinks that stall the descent.",
        ACCURACY,
    )

    # Views: the set about its origin, and about its mean.
    offset: float = _tuned(
        3.0,
        "squared Mahalanobis norm",
        "A mean beyond adds a search about it: stationary signals have 1 to 3, digits 4 to 7.",
        ROBUSTNESS,
    )

    # Descents.
    memory: int = _tuned(12, "pairs", "Of steps and gradients that L-BFGS remembers.")
    largest_turn: float = _tuned(
        0.3, "radians, root mean square", "Of an axis in one step; longer ones leave the basin."
    )
    backtracks: int = _tuned(8, "trials", "Of one line search before it gives up.")
    shrink: float = _tuned(0.4, "factor", "Of the step, from one trial to the next.")
    refresh: int = _tuned(40, "iterations", "Between two estimates of the curvature.")
    probes: int = _tuned(16, "gradients", "For one estimate of the curvature, in the search.")
    refinement_probes: int = _tuned(
        32, "gradients", "The same in the refinement, whose valleys are long.", ACCURACY
    )
    soon: int = _tuned(
        12,
        "iterations",
        "Of a refinement without fourth order; a longer one goes on with it. Clean sets of several "
        "signals are done in 4 to 11, sets with noise or of one signal a sample take 14 to 170.",
        ROBUSTNESS,
    )
    probe_angle: float = _tuned(1e-2, "radians times sqrt(d)", "Turn between the two gradients.")
    curvature_floor: float = _tuned(1e-3, "of the mean", "Added to every curvature.")
    fisher_samples: int = _tuned(4000, "samples", "For the curvature of the entropies.", SPEED)

    # Position operators.
    recipes: tuple = _tuned(
        ((1.0, 0.5, False), (1.0, 0.5, True)),
        "exponents of whitening and contrast, centred or not",
        "They suit different signals; one wave of starts for each, in this order. What others "
        "would add the law has.",
    )
    n_operators: int = _tuned(8, "operators", "Enough to separate narrow signals.")
    contrast_floor: float = _tuned(
        0.1, "of the mean contrast", "Added to that of every sample: faint ones stay faint."
    )
    lanczos_tol: float = _tuned(
        1e-3, "relative", "Of eigenvalues that only start a descent.", SPEED
    )
    dense_limit: int = _tuned(
        60, "quadratic forms", "Below, forming the operator is faster than Lanczos.", SPEED
    )

    # Many columns, where starts are dear.
    many: int = _tuned(
        48,
        "columns",
        "Beyond which operators are found less exactly, paths take their dear moves last, and "
        "joint diagonalisations begin near their end and go by blocks.",
        SCALE,
    )
    loose_tol: float = _tuned(
        0.03,
        "relative",
        "Of eigenvalues with many columns: the strongest are nearly equal, and any of their "
        "mixtures is a position. A third of the products at 257 columns, for starts as good.",
        SCALE,
    )

    many_recipes: tuple = _tuned(
        ((0.75, 0.5, False), (1.0, 0.5, False)),
        "as `recipes`",
        "The same where cumulants of third order cost too much; the first one in a second look at "
        "fewer columns than that, too. Less whitening amplifies the noise of weak axes less; with "
        "0.65 they are lost.",
        SEPARATION,
    )
    columns_an_operator: int = _tuned(
        16,
        "columns",
        "For every operator of as many columns: with more, not all operators are positions, and "
        "of slow ones alone neighbours differ little.",
        SEPARATION,
    )
    most_operators: int = _tuned(
        32, "operators", "Enough to separate 513 narrow signals; more are dear.", SCALE
    )
    rows_a_column: int = _tuned(
        160,
        "rows",
        "That a sample holds for every column, if that is more than `batch_size`: with half as "
        "many, operators of oscillating signals are mostly noise at 257 columns.",
        SEPARATION,
    )
    window_reach: int = _tuned(
        12,
        "rows",
        "On either side of a mixed one, that are solved as a set of their own.",
        SCALE,
    )
    mixed_extent: float = _tuned(
        2.0,
        "rows",
        "Standard deviation of means of entropies about a row: five to nine are mixed together.",
        SCALE,
    )
    mixed_from: float = _tuned(
        5.0,
        "standard errors",
        "Excess of the entropies about a row that is mixed; at right ends of 257 columns it is "
        "4.2 at most.",
        SCALE,
    )
    unmixed_share: float = _tuned(
        0.25,
        "of rows",
        "Have low entropies however many others are mixed: the highest of these tells the mean of "
        "all that are right.",
        SCALE,
    )
    local_rounds: int = _tuned(
        12,
        "rounds",
        "Of all mixed places; they end with the first that is no gain.",
        SCALE,
    )
    far_off: float = _tuned(
        1.0,
        "nats",
        "A start of many columns whose loss is above the best of its wave by this is not tried: "
        "of Gaussian signals of 257 columns chains are above by 3, and end as far off.",
        SCALE,
    )

    # Starts.
    left_out: tuple = _tuned((), "names", "Ways of starting that are not tried: none.")
    continued: bool = _tuned(
        True,
        "yes or no",
        "Chains go on from their clearest link, which unmixes axes of equal variance: half of the "
        "starts on Legendre signals were wrong without.",
    )
    silent: float = _tuned(0.01, "of the strongest", "Coupling below which an axis is noise.")
    weak_links: int = _tuned(2, "links", "Of a chain that are tried with both signs.")
    alike: float = _tuned(
        0.1, "squared relative difference", "Of variances that samples and edges mix."
    )
    longest_segment: int = _tuned(8, "items", "Carried elsewhere in one move.", SPEED)
    path_moves: int = _tuned(
        200,
        "moves",
        "Of one improvement of an order, and for every `many` items; seldom reached.",
        SPEED,
    )
    power_floor: float = _tuned(
        0.02, "of the largest", "Power of the operators along an axis that is amplified fully."
    )
    affinity_samples: int = _tuned(4000, "samples", "For the affinities of separated rows.", SPEED)

    orbit_unexplained: float = _tuned(
        0.03,
        "of the variance",
        "Off a closed curve of few corners: oscillators with one period have 0, with noise of a "
        "tenth .021; of other sets a few wide bumps have .043, a heart .050, all others more.",
        ACCURACY,
    )
    orbit_roundness: float = _tuned(
        0.8,
        "of the median",
        "That the corner next to the middle of their plane is away from it: oscillators have .92 "
        "to .97, spectra and other open curves up to .71.",
        ACCURACY,
    )
    orbit_corners: int = _tuned(
        400,
        "samples",
        "Of the curve on which phases are ranks: with half of them a relaxation oscillation begins "
        "at .8 instead of .95.",
        ACCURACY,
    )
    orbit_harmonics: int = _tuned(
        50,
        "harmonics",
        "Of the curve, more than windows have columns; as many corners tell whether it is closed.",
        ACCURACY,
    )
    orbit_neighbours: int = _tuned(
        5,
        "corners",
        "Next to one, which tell their order; with 3 noise breaks the curve, 10 are no better.",
        ACCURACY,
    )
    orbit_error: float = _tuned(
        0.5,
        "of its power",
        "In a harmonic that may say what the frequency is; between .1 and 1 all the same.",
        ACCURACY,
    )
    orbit_frequencies: int = _tuned(
        4,
        "frequencies",
        "That explain the harmonics best; with odd ones alone, any and its mirror do.",
        ACCURACY,
    )
    orbits: int = _tuned(
        2,
        "starts",
        "Of them, the lowest by the rough loss: the right one was among two in all runs.",
        ACCURACY,
    )

    # Starts from the law, that is from cumulants alone.
    lawful_recipes: tuple = _tuned(
        ((1.0, 1.0, True), (0.5, 1.0, True)),
        "as `recipes`",
        "More chains: without contrast, and with less noise from weak axes.",
    )
    lawful_starts: int = _tuned(8, "starts", "Of the most stationary proposals.")
    random_starts: int = _tuned(
        120,
        "rotations",
        "From which the law is descended in addition with few columns: random trials 38, 120 and "
        "172 have the truth as its lowest minimum, which all other starts miss.",
        ROBUSTNESS,
    )
    axes_budgets: int = _tuned(
        2,
        "times `budget`",
        "That one look at all changes of sign of all stationary axes may cost: nine guesses of 39 "
        "columns, three of 48, none of 65.",
        ACCURACY,
    )
    pitches: int = _tuned(
        9,
        "frequencies",
        "About which a guess of the spectral density of a line lies, from 0 to half of the band; "
        "the law of even orders is the same of the other half.",
        ACCURACY,
    )
    pitches_again: int = _tuned(
        3,
        "ends",
        "Of them, the lowest, whose covariance gives the density of another guess.",
        ACCURACY,
    )
    projections: int = _tuned(
        10, "rounds", "Of those on stationary covariances and on that spectrum.", ACCURACY
    )
    wave_guesses: int = _tuned(
        3,
        "guesses",
        "Of the signs of principal axes as waves along a line, or of their phases around a ring. "
        "More are right no oftener since descents on the law of windows follow.",
        ACCURACY,
    )
    wave_budgets: int = _tuned(
        8,
        "times `budget`",
        "That one look at all changes of all guesses may cost: three guesses of 40 columns, one "
        "of 48, none of 65, where six took nine tenths of the time of Legendre signals.",
        ACCURACY,
    )
    wave_rounds: int = _tuned(
        2, "rounds", "Of exchanges of waves, and a descent on the law after each.", ACCURACY
    )
    wave_distance: int = _tuned(
        4,
        "steps of frequency",
        "Between waves of a line that are exchanged. Variance says about where an axis stands; "
        "with all pairs it takes four times as long, and ends in other minima.",
        ACCURACY,
    )
    many_steps: tuple = _tuned(
        (40, 100),
        "steps",
        "From all starts of few columns at once, and from the lowest quarter of them.",
        ROBUSTNESS,
    )
    lawful_mended: int = _tuned(1, "ends", "Of them, that are mended on the law.")
    lawful_rounds: int = _tuned(4, "rounds", "Of that mending.")
    law_iterations: int = _tuned(100, "iterations", "Of a descent on the law.")
    law_probes: int = _tuned(4, "gradients", "For its curvature.")
    recent: int = _tuned(5, "values", "Whose highest a step of such a descent must not exceed.")
    lawful_alike: float = _tuned(1.1, "times the law", "Up to which it says the same.", ROBUSTNESS)
    lawful_weight: float = _tuned(
        0.2,
        "nats for a factor of e of the law",
        "In the rank of a candidate: what the law says is evidence, what resolution says is not. "
        "Its noise, and that of real sets, is proportional to its value at the truth.",
        ROBUSTNESS,
    )
    lawless: float = _tuned(
        1.3, "times the lowest law", "Of windows, above which an end is not tried.", ACCURACY
    )
    lawful_least: int = _tuned(
        2,
        "candidates",
        "From the law before one is certain; one where all its descents end in one place.",
    )
    vain: int = _tuned(3, "candidates", "After a stationary leader: from the most lawful on.")

    # Few columns, where statistics of few numbers mislead.
    few: int = _tuned(
        12,
        "columns",
        "The chain is short, more operators and all orders are worth a try, and two starts that "
        "agree prove little.",
        ROBUSTNESS,
    )
    fewest: int = _tuned(
        6,
        "columns",
        "Wrong optima look stationary as well: a wave is refined to its end, and energies are "
        "weighed against the loss.",
        CALIBRATION,
    )
    deciding: int = _tuned(
        100,
        "samples",
        "Fewer tell no solution of few columns from another: the first start, refined, is as right "
        "as all, mended, on Gaussian signals of 7 columns and 110 samples more so (five of six, "
        "three of six), in a tenth of the time. No script repeats this look.",
        SPEED,
    )
    beam_width: int = _tuned(60, "orders", "Kept in every step of the search for orders.")
    beam_depth: int = _tuned(4, "swaps", "From the order of falling variance.")
    orders: int = _tuned(24, "orders", "Looked at with all signs, for each kind of waves.")
    ordered_starts: int = _tuned(4, "starts", "For each kind of waves, and signs of an order.")
    more_ordered_starts: int = _tuned(10, "starts", "The same with very few columns.", CALIBRATION)

    # The search.
    search_samples: int = _tuned(4000, "samples", "Entropies of its descents.", SPEED)
    scout_samples: int = _tuned(1000, "samples", "To rank repairs.", SPEED)
    judge_samples: int = _tuned(10000, "samples", "To rank candidates, others than above.")
    coarse_iterations: int = _tuned(
        80, "iterations", "Of a descent on uniformity mostly; 0: none.", ABLATION
    )
    coarse_uniformity: float = _tuned(10.0, "times its weight", "In that descent.")
    coarse_entropies: float = _tuned(0.3, "times their weights", "In that descent.")
    fine_iterations: int = _tuned(45, "iterations", "Of the descent on the loss that follows.")
    search_tol: float = _tuned(1e-4, "nats", "Gain over `search_patience` that is still progress.")
    search_patience: int = _tuned(5, "iterations", "See `search_tol`.")
    hopeless: float = _tuned(
        0.1, "nats", "A view whose best loss is lower by this takes over from the earlier one."
    )
    same_loss: float = _tuned(
        0.02, "nats", "Losses on other samples that are the same; a half of a verdict takes the "
        "other's solution only for more.", CALIBRATION,
    )  # fmt: skip
    same: tuple = _tuned(
        ((0.995, 0.02), (0.98, 0.005)),
        "agreement (cosine) and difference of loss (nats)",
        "Within which two candidates are one solution. Where the minimum is flat, descents that "
        "fall equally low stop some way from each other.",
    )
    near: float = _tuned(0.97, "agreement (cosine)", "Of a start with its end that is near.")
    different: float = _tuned(0.9, "agreement (cosine)", "Below which two starts are independent.")
    stationary: float = _tuned(
        3.0,
        "energy divergence above 1, on `judge_samples`",
        "That counts as stationary: right solutions have 1 to 3, wrong ones 5 and more. Infinite: "
        "energies have no say.",
        CALIBRATION,
    )
    stationary_at_once: float = _tuned(
        2.0,
        "energy divergence above 1, on `judge_samples`",
        "The same at a first look, which may end the search: of 19 random trials that ended there, "
        "four of the five wrong ones had more, and two of the fourteen right ones.",
        ROBUSTNESS,
    )
    nudge: float = _tuned(0.3, "radians an axis", "From where a sharp minimum must lead back.")
    returned: float = _tuned(
        0.999,
        "agreement (cosine)",
        "After the way back; below -1: always. Energies alone accept wrong starts of few columns.",
        ROBUSTNESS,
    )

    # Repairs.
    mending_rounds: int = _tuned(4, "rounds", "Of signs and swaps for the leading candidate.")
    signs_tried: int = _tuned(1, "descents", "Changes of signs that are refined in a round.")
    swaps_tried: int = _tuned(3, "descents", "Swaps of axes that are refined in a round.")
    mending_iterations: int = _tuned(30, "iterations", "Of a descent that tries a repair.")
    mending_tol: float = _tuned(1e-4, "nats", "Of such a descent.")
    mending_gain: float = _tuned(1e-3, "nats", "A repair must win.")
    likely_signs: int = _tuned(8, "changes", "Of them that the loss looks at again.")
    swap_distance: int = _tuned(
        2, "steps of frequency", "Between axes that are swapped, or by which all are moved."
    )
    rolls_tried: int = _tuned(2, "descents", "Moves of all frequencies that are refined.")

    # Columns that were only shuffled.
    one_column: float = _tuned(
        0.95, "of the norm of a row", "From which it is called one column.", SHUFFLED
    )
    ridge: float = _tuned(
        1e-3, "of a variance", "Added before partial correlations are taken.", SHUFFLED
    )
    shuffled_starts: int = _tuned(10, "descents", "From the starts of the lowest cost.", SHUFFLED)
    shuffled_work: int = _tuned(
        3, "budgets", "That all descents together may cost; two there are always.", SHUFFLED
    )
    path_step: int = _tuned(7, "columns", "Between the first columns of two paths.", SHUFFLED)
    most_paths: int = _tuned(12, "paths", "Of many columns.", SHUFFLED)
    polarity: float = _tuned(
        6.0, "standard errors", "Against the others before a column changes its sign.", SHUFFLED
    )
    polarity_rounds: int = _tuned(4, "rounds", "Of order and signs in turn.", SHUFFLED)

    # Line or ring.
    smallest_ring: int = _tuned(4, "columns", "On fewer, all are neighbours of all.", BOUNDARY)
    ring_share: tuple = _tuned(
        (-0.5, 0.3, 0.45),
        "correlation across the ends, of that inside",
        "From which and up to which it is a line, and from which a ring: lines have 0, the least "
        "-.44 (digits of 6 pixels), rings 1, or less where the fit of the cut ring is poor. A "
        "wrong line through leaves, which are rings, has -.67.",
        BOUNDARY,
    )
    ring_error: float = _tuned(
        0.15, "standard error of that share", "From which the samples cannot tell.", BOUNDARY
    )
    ring_disorder: float = _tuned(
        0.25,
        "variance of correlations that distances do not explain",
        "Up to which the ends of a fit tell something: right ones have up to .005 beyond sampling "
        "on the simulated sets, random rotations from .44 on.",
        BOUNDARY,
    )

    ring_pairs: tuple = _tuned(
        (0.1, 2.0),
        "of all squared gaps between log eigenvalues, and of those that sampling gives to pairs",
        "Below which eigenvalues are pairs, and a ring is searched before a line. Lines of few "
        "noisy columns come near the second, narrow rings of many columns exceed the first.",
        BOUNDARY,
    )

    # Lattices: grids of several axes.
    lattice_recipes: tuple = _tuned(
        ((1.0, 0.5, False), (0.5, 0.5, False), (1.0, 1.0, True)),
        "as `recipes`",
        "For components that are laid out.",
        LATTICES,
    )
    wave_recipe: tuple = _tuned(
        (1.0, 1.0, True), "as `recipes`", "For principal axes as waves.", LATTICES
    )
    lattice_operators: int = _tuned(
        24, "operators", "To separate as many components as a lattice has.", LATTICES
    )
    closeness: float = _tuned(
        1.0, "steps", "Distance at which affinity counts less by exp(-1/2).", LATTICES
    )
    embeddings: int = _tuned(4, "vectors", "Of the Laplacian, two at a time.", LATTICES)
    layouts: int = _tuned(6, "orders", "Of the best embeddings, that are improved.", LATTICES)
    assignment_steps: int = _tuned(40, "steps", "Of Frank and Wolfe.", LATTICES)
    exchanges: int = _tuned(400, "exchanges", "Of two items; seldom reached.", LATTICES)
    wave_operators: int = _tuned(5, "operators", "Of which two are the positions.", LATTICES)
    wave_trials: int = _tuned(
        9, "trials", "For every two of them, each with another prior of the variances.", LATTICES
    )
    waves_loosened: int = _tuned(
        30, "waves", "Of the best matches, that are polished from a loose confinement.", LATTICES
    )
    wave_reach: tuple = _tuned(
        (3.0, 1.0, 0.3, 0.1),
        "squared relative differences of variance, one after another",
        "Within which a wave mixes axes: at once with the last, photographs stay wrong, .73 of a "
        "match of .75 in 5 x 5, .63 of .67 in 7 x 7.",
        LATTICES,
    )
    kick_reach: tuple = _tuned(
        (1.0, 0.1), "as `wave_reach`", "After a kick; with the last alone, 19 of 20 lead back.",
        LATTICES,
    )  # fmt: skip
    kick_alike: float = _tuned(
        0.35, "log variance", "Within which waves are mistaken for each other.", LATTICES
    )
    kick_axes: int = _tuned(
        3,
        "pairs",
        "Exchanged at once in a climb, at most. With one a set of 4 x 5 stays at .73 (.92), one of "
        "4 x 6 comes from .94 to .99: chance counts as well.",
        LATTICES,
    )
    wave_starts: int = _tuned(3, "starts", "Of the best matches.", LATTICES)
    kicks: int = _tuned(240, "trials", "Of the local search for waves.", LATTICES)
    laid_iterations: int = _tuned(40, "iterations", "From components laid out.", LATTICES)
    wave_iterations: int = _tuned(60, "iterations", "From waves, coarse.", LATTICES)
    settling_iterations: int = _tuned(120, "iterations", "Of the most hopeful ends.", LATTICES)
    settled: int = _tuned(2, "ends", "That settle, before a closer look and after.", LATTICES)
    too_many: int = _tuned(
        4, "solutions", "Different and stationary, after which the samples tell nothing.", LATTICES
    )
    steps_ahead: int = _tuned(
        3,
        "of `energy_step`",
        "By which a sharp best end of a search stands out. Photographs are not stationary enough "
        "to be certain (4.2 in 5 x 5, wrong ones 9.6 and more), and climbs cost half a minute.",
        LATTICES,
    )
    climbers: int = _tuned(2, "climbs", "From the lowest minima of the law.", LATTICES)
    changes_in_vain: int = _tuned(
        24,
        "changes",
        "After which a climb ends: turns lead on from a lattice that lies askew (digits of 7 x 7 "
        "under noise of .5 go from .65 to .99, photographs from .5 to .95), both, with "
        "exchanges of axes, where an oblong one lies across (a set of 4 x 6 from .55 to .94).",
        LATTICES,
    )
    lattice_probes: int = _tuned(8, "gradients", "For the curvature of all these.", SPEED)
    lattice_stationary: float = _tuned(
        2.0, "energy divergence", "That counts as stationary, of the worst axis.", LATTICES
    )
    lattice_spread: float = _tuned(
        10.0,
        "energy divergence, over the pairs of neighbours",
        "Added to that: the mean of few numbers varies.",
        LATTICES,
    )
    lattice_nudge: float = _tuned(
        0.2,
        "radians an axis",
        "As `nudge`; from 0.3 right solutions of small lattices fall into other, higher minima.",
        LATTICES,
    )
    lattice_returned: float = _tuned(
        0.98, "agreement (cosine)", "As `returned`, of the worse axis.", LATTICES
    )
    energy_step: float = _tuned(1.5, "factor", "Of energies that are the same rank.", LATTICES)
    telling: float = _tuned(
        12.0, "energy divergence", "Of the best above which losses come first.", LATTICES
    )
    worth_mending: float = _tuned(
        8.0,
        "energy divergence",
        "Up to which an end is worth mending, and may stand out; one of 9.6 that did was wrong.",
        LATTICES,
    )
    arrangements: int = _tuned(
        5,
        "rounds",
        "Of other places for the rows, and a descent from there: digits of 9 x 9 go from .61, .63 "
        "and .96 to .9996, of 12 x 12 from .87 to .9992. More than four were never needed.",
        LATTICES,
    )
    reflection_rounds: int = _tuned(5, "rounds", "Of changes of signs and places.", LATTICES)
    waves_tried: int = _tuned(
        4,
        "descents",
        "On the law in such a round, from other signs of waves: with 16 digits of 5 x 5 and 7 x 7 "
        "under noise of .5 come out no better, in half as much time again.",
        LATTICES,
    )
    reflections_tried: int = _tuned(
        3, "descents", "In such a round, from other signs of principal axes.", LATTICES
    )
    packet_width: float = _tuned(
        1.3,
        "steps",
        "Of a packet whose sign is tried: what is left between ends of digits of 9 x 9 and 12 x 12 "
        "and the truth has its squares, .05, .25, .4, .25, .05.",
        LATTICES,
    )
    reflection_pairs: int = _tuned(16, "axes", "Of which any two change together.", LATTICES)

    # The refinement.
    max_iter: int = _tuned(400, "iterations", "Seldom reached: `tol` stops it.", ACCURACY)
    batch_size: int = _tuned(
        20000, "samples", "Wide signals need them, others hardly notice.", ACCURACY
    )

    # The paper's procedure; all else of it is published.
    compiled_from: int = _tuned(
        300,
        "steps",
        "Of a run that pays for compiling its networks, some 15 s where it was not done before.",
        STEP_COST,
    )

    def affords(self, multiplications):
        """Whether a device of this cost is within the budget."""
        return multiplications <= self.budget


DEFAULT = Tuning()
