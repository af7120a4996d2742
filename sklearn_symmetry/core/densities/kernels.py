# SPDX-License-Identifier: BSD-3-Clause
"""The mixtures of the paper as compiled loops over exact tables of their networks (needs numba).

A network that sees one number v is piecewise linear in it: between two breaks, where a hidden unit
changes its side, its outputs are ``slope * v + intercept``. For every slot the table of all pieces
is the hidden layer summed up in the order of the breaks, one unit a piece, and gradients in the
weights are the sums of those in the pieces, taken in that order again. So the hidden layer is
passed once a batch instead of once a sample; nothing is approximated.

Everything is in double precision. Logarithm and exponential are polynomials of a relative error
below 1e-8, without a branch, so that the compiler can take several numbers at a time. Sorting is
left to numpy, and slices are filled by loops: of both the compiler would make seconds of work.
"""

import math

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

__all__ = ["conditional_mixture", "gradient_in_values", "marginal_mixture"]

# Not "fast" in what it assumes: a nan has to stay one.
OPTIONS = {
    "error_model": "numpy", "fastmath": {"reassoc", "contract", "arcp", "nsz"}, "nogil": True,
    "cache": True,
}  # fmt: skip
LOG_2PI = math.log(2.0 * math.pi)
LOG2_E, LN_2, SQRT_2 = 1.0 / math.log(2.0), math.log(2.0), math.sqrt(2.0)
MANTISSA, ONE = (1 << 52) - 1, 1023 << 52
BLOCK = 64  # samples of a block, whose kernels stay in the first cache


@intrinsic
def _as_float(typing, bits):
    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(types.int64), generate


@intrinsic
def _as_bits(typing, value):
    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], ir.IntType(64))

    return types.int64(types.float64), generate


@njit(**OPTIONS)
def _exp(x):
    x = min(max(x, -300.0), 300.0)
    power = np.int32(x * LOG2_E + 1023.5)
    r = x - (np.float64(power) - 1023.0) * LN_2
    p = 1.0 + r * (1.0 / 7.0)
    p = 1.0 + r * (1.0 / 6.0) * p
    p = 1.0 + r * (1.0 / 5.0) * p
    p = 1.0 + r * (1.0 / 4.0) * p
    p = 1.0 + r * (1.0 / 3.0) * p
    p = 1.0 + r * (1.0 / 2.0) * p
    p = 1.0 + r * p
    return p * _as_float(np.int64(power) << 52)


@njit(**OPTIONS)
def _log(x):
    """Of a positive, normal number."""
    bits = _as_bits(x)
    power = np.float64(np.int32(bits >> 52)) - 1023.0
    m = _as_float((bits & MANTISSA) | ONE)
    large = m > SQRT_2
    m = 0.5 * m if large else m
    power = power + 1.0 if large else power
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    p = 1.0 + z * (1.0 / 3.0 + z * (1.0 / 5.0 + z * (1.0 / 7.0 + z * (1.0 / 9.0))))
    return power * LN_2 + 2.0 * s * p


@njit(**OPTIONS)
def _tanh(x):
    return 1.0 - 2.0 / (_exp(2.0 * x) + 1.0)


@njit(**OPTIONS)
def _log_mixtures(size, x, logits, means, spreads, log_density, slope, shares):
    """Log densities of mixtures at x, their slopes in x, and shares of the kernels.

    Kernels are the first axis of the other arguments; logits become weights ``exp / sum exp``. The
    three inputs are overwritten by the slopes in logits, means and spreads, the latter of the log
    variances.
    """
    n_kernels = len(logits)
    largest, total, whole = shares[n_kernels], shares[n_kernels + 1], shares[n_kernels + 2]
    for e in range(size):
        largest[e] = -np.inf
        total[e] = 0.0
        whole[e] = 0.0
        slope[e] = 0.0
    for k in range(n_kernels):
        for e in range(size):
            precision = _exp(-spreads[k, e])
            distance = x[e] - means[k, e]
            exponent = logits[k, e] - 0.5 * (distance * distance * precision + spreads[k, e])
            shares[k, e] = exponent
            means[k, e] = distance * precision
            spreads[k, e] = 0.5 * (distance * distance * precision - 1.0)
            largest[e] = max(largest[e], exponent)
            weight = _exp(logits[k, e])
            logits[k, e] = weight
            whole[e] += weight
    for k in range(n_kernels):
        for e in range(size):
            share = _exp(shares[k, e] - largest[e])
            shares[k, e] = share
            total[e] += share
    for e in range(size):
        log_density[e] = largest[e] + _log(total[e] / whole[e]) - 0.5 * LOG_2PI
        total[e] = 1.0 / total[e]
        whole[e] = 1.0 / whole[e]
    for k in range(n_kernels):
        for e in range(size):
            share = shares[k, e] * total[e]
            logits[k, e] = share - logits[k, e] * whole[e]
            means[k, e] *= share
            spreads[k, e] *= share
            slope[e] -= means[k, e]
    for e in range(size):
        log_density[e] += 0.0 * slope[e]  # the bounds of the exponential swallow a nan


# ---------------------------------------------------------------------------------- marginal ones


@njit(**OPTIONS)
def marginal_mixture(columns, inside, logits, means, log_variances, clip):
    """Log densities of columns under their own mixture and under those of their neighbours.

    Parameters
    ----------
    columns : ndarray of shape (m, n)
    inside : ndarray of bool, shape (2, m)
        Which columns have a successor, and which a predecessor.
    logits, means, log_variances : ndarray of shape (kernels, m)
    clip : float

    Returns
    -------
    entropy : ndarray of shape (m,)
    difference : ndarray of shape (2, m)
        Mean log density under the own mixture minus that under the neighbour's.
    own, slopes : ndarray of shape (m, n), (2, m, n)
        Slopes in the values: of the own log density, and of the difference.
    gradients : tuple of three ndarrays of shape (kernels, m)
        Of the mean of the entropies in logits, means and log variances.
    """
    size, n_samples = columns.shape
    n_kernels = len(logits)
    sums, own_sum = np.zeros((2, size)), np.zeros(size)
    own, slopes = np.empty((size, n_samples)), np.zeros((2, size, n_samples))
    g_logits, g_means = np.zeros((n_kernels, size)), np.zeros((n_kernels, size))
    g_variances = np.zeros((n_kernels, size))
    length = 8 * BLOCK
    work = np.empty((3, n_kernels, length))
    shares = np.empty((n_kernels + 3, length))
    log_density, slope = np.empty(length), np.empty(length)
    factor = -1.0 / (n_samples * size)
    for column in range(size):
        for role in range(3):
            step = 0 if role == 0 else (1 if role == 1 else -1)
            source = (column - step) % size
            if role > 0 and not inside[role - 1, source]:
                continue
            for first in range(0, n_samples, length):
                count = min(length, n_samples - first)
                for k in range(n_kernels):
                    logit = min(max(logits[k, column], -clip), clip)
                    variance = min(max(log_variances[k, column], -clip), clip)
                    for e in range(count):
                        work[0, k, e] = logit
                        work[1, k, e] = means[k, column]
                        work[2, k, e] = variance
                x = columns[source, first : first + count]
                _log_mixtures(count, x, work[0], work[1], work[2], log_density, slope, shares)
                total = 0.0
                for e in range(count):
                    total += log_density[e]
                if role > 0:
                    sums[role - 1, source] -= total
                    for e in range(count):
                        slopes[role - 1, source, first + e] -= slope[e]
                    continue
                own_sum[column] += total
                for e in range(count):
                    own[column, first + e] = slope[e]
                    slopes[0, column, first + e] += slope[e]
                    slopes[1, column, first + e] += slope[e]
                for k in range(n_kernels):
                    a, b, c = 0.0, 0.0, 0.0
                    for e in range(count):
                        a += work[0, k, e]
                        b += work[1, k, e]
                        c += work[2, k, e]
                    # Beyond the clip nothing moves.
                    g_logits[k, column] += factor * a * (abs(logits[k, column]) <= clip)
                    g_means[k, column] += factor * b
                    g_variances[k, column] += factor * c * (abs(log_variances[k, column]) <= clip)
    difference = (sums + own_sum) / n_samples
    return -own_sum / n_samples, difference, own, slopes, (g_logits, g_means, g_variances)


# ------------------------------------------------------------------------------- conditional ones


@njit(**OPTIONS)
def _tabulate(slot, weights_in, biases_in, weights_out, biases_out, leak, order, table):
    """Pieces of the three networks where column `slot` is what they see."""
    n_hidden, n_outputs = weights_out.shape[1:]
    for net in range(3):
        slopes, intercepts = table[net, 0, 0], table[net, 0, 1]
        for o in range(n_outputs):
            slopes[o] = 0.0
            intercepts[o] = biases_out[net, o]
        for h in range(n_hidden):
            w, b = weights_in[net, slot, h], biases_in[net, h]
            side = 1.0 if w < 0.0 or (w == 0.0 and b > 0.0) else leak
            for o in range(n_outputs):
                slopes[o] += side * w * weights_out[net, h, o]
                intercepts[o] += side * b * weights_out[net, h, o]
        for r in range(n_hidden):
            h = order[net, slot, r]
            w, b = weights_in[net, slot, h], biases_in[net, h]
            change = (1.0 - leak) * (1.0 if w > 0.0 else (-1.0 if w < 0.0 else 0.0))
            w, b = change * w, change * b
            before, after = table[net, r], table[net, r + 1]
            for o in range(n_outputs):
                after[0, o] = before[0, o] + w * weights_out[net, h, o]
                after[1, o] = before[1, o] + b * weights_out[net, h, o]


@njit(**OPTIONS)
def _piece(breaks, value):
    """How many of the breaks lie below the value."""
    # Faster than a bisection, whose branches nobody can guess, up to several hundred.
    count = 0
    for r in range(len(breaks)):
        count += breaks[r] < value
    return count


@njit(**OPTIONS)
def _to_weights(slot, weights_in, biases_in, weights_out, leak, order, pieces,
                g_in, g_biases_in, g_out, g_biases_out):  # fmt: skip
    """Add the gradients in the weights, from those in the pieces of one slot."""
    n_hidden, n_outputs = weights_out.shape[1:]
    for net in range(3):
        total, above = np.zeros((2, n_outputs)), np.zeros((2, n_outputs))
        for r in range(n_hidden + 1):
            for o in range(n_outputs):
                total[0, o] += pieces[net, r, 0, o]
                total[1, o] += pieces[net, r, 1, o]
        for o in range(n_outputs):
            g_biases_out[net, o] += total[1, o]
        for r in range(n_hidden - 1, -1, -1):
            h = order[net, slot, r]
            w, b = weights_in[net, slot, h], biases_in[net, h]
            side, other = (1.0, leak) if w > 0.0 else (leak, 1.0)
            if w == 0.0:
                side = other = 1.0 if b > 0.0 else leak
            g_w, g_b = 0.0, 0.0
            for o in range(n_outputs):
                above[0, o] += pieces[net, r + 1, 0, o]
                above[1, o] += pieces[net, r + 1, 1, o]
                in_slope = side * above[0, o] + other * (total[0, o] - above[0, o])
                in_value = side * above[1, o] + other * (total[1, o] - above[1, o])
                g_out[net, h, o] += w * in_slope + b * in_value
                g_w += weights_out[net, h, o] * in_slope
                g_b += weights_out[net, h, o] * in_value
            g_in[net, slot, h] += g_w
            g_biases_in[net, h] += g_b


@njit(**OPTIONS)
def conditional_mixture(y, inside, weights_in, biases_in, weights_out, biases_out, order, breaks,
                        leak, scale):  # fmt: skip
    """Log densities of all columns given one, and given its neighbour moved along with them.

    Sample b conditions on column ``b mod m``.

    Parameters
    ----------
    y : ndarray of shape (n, m)
    inside : ndarray of bool, shape (2, m)
        Which columns have a successor, and which a predecessor.
    weights_in, biases_in, weights_out, biases_out : ndarray
        Shapes (3, m, hidden), (3, hidden), (3, hidden, kernels * m) and (3, kernels * m).
    order, breaks : ndarray of int and of float, shape (3, m, hidden)
        The hidden units by their breaks, the lowest first, and these; of none: inf.
    leak, scale : float
        Of the rectifier, and of logits and logarithms of the variances.

    Returns
    -------
    entropy : float
        Mean over all pairs of different columns.
    difference : ndarray of shape (2, m, m)
        ``[step, i, j]``: mean over the samples that condition on i of ``log p(j|i)`` minus
        ``log p(j+step|i+step)``.
    slopes : ndarray of shape (2, 2, n, m)
        Of these differences in the value (first) and in the condition, for every step.
    gradients : tuple of four ndarrays
        Of the entropy in the weights and biases.
    """
    n_samples, size = y.shape
    n_hidden, n_outputs = weights_out.shape[1:]
    n_kernels = n_outputs // size
    table = np.empty((3, n_hidden + 1, 2, n_outputs))
    pieces = np.empty(table.shape)
    sums, slopes = np.zeros((2, size, size)), np.zeros((2, 2, n_samples, size))
    g_in, g_biases_in = np.zeros(weights_in.shape), np.zeros(biases_in.shape)
    g_out, g_biases_out = np.zeros(weights_out.shape), np.zeros(biases_out.shape)
    length = BLOCK * size
    flat = np.empty((3, n_kernels * length))
    outputs, shares = flat.reshape((3, n_kernels, length)), np.empty((n_kernels + 3, length))
    # The derivatives of logits and log variances in what the networks put out.
    bends = np.empty((2, n_kernels, length))
    x, log_density, slope = np.empty(length), np.empty(length), np.empty(length)
    piece, gradient = np.empty((BLOCK, 3), np.int64), np.empty(n_outputs)
    in_condition = np.empty(n_outputs)
    # Where an output of the first sample of a block stands.
    place = np.empty(n_outputs, np.int64)
    for o in range(n_outputs):
        place[o] = (o // size) * length + o % size
    entropy, factor = 0.0, -1.0 / (n_samples * (size - 1))
    for slot in range(size):
        _tabulate(slot, weights_in, biases_in, weights_out, biases_out, leak, order, table)
        pieces[:] = 0.0
        for role in range(3):
            step = 0 if role == 0 else (1 if role == 1 else -1)
            given = (slot - step) % size
            if role > 0 and not inside[role - 1, given]:
                continue
            for first in range(given, n_samples, size * BLOCK):
                count = min(BLOCK, (n_samples - first + size - 1) // size)
                for c in range(count):
                    b = first + c * size
                    value = y[b, given]
                    for j in range(size):
                        x[c * size + j] = y[b, (j - step) % size]
                    for net in range(3):
                        p = _piece(breaks[net, slot], value)
                        piece[c, net] = p
                        for o in range(n_outputs):
                            flat[net, place[o] + c * size] = (
                                table[net, p, 0, o] * value + table[net, p, 1, o]
                            )
                total = count * size
                for index in range(2):
                    net = 2 * index  # the means are as they come
                    for k in range(n_kernels):
                        for e in range(total):
                            bent = _tanh(outputs[net, k, e])
                            outputs[net, k, e] = scale * bent
                            bends[index, k, e] = scale * (1.0 - bent * bent)
                _log_mixtures(
                    total, x, outputs[0], outputs[1], outputs[2], log_density, slope, shares
                )
                for index in range(2):
                    for k in range(n_kernels):
                        for e in range(total):
                            outputs[2 * index, k, e] *= bends[index, k, e]
                for c in range(count):
                    b = first + c * size
                    value = y[b, given]
                    in_condition[:] = 0.0
                    for net in range(3):
                        p = piece[c, net]
                        for o in range(n_outputs):
                            gradient[o] = flat[net, place[o] + c * size]
                        for o in range(n_outputs):
                            in_condition[o] += gradient[o] * table[net, p, 0, o]
                        if role == 0:
                            for k in range(n_kernels):
                                gradient[k * size + given] = 0.0
                            for o in range(n_outputs):
                                pieces[net, p, 0, o] += gradient[o] * (factor * value)
                                pieces[net, p, 1, o] += gradient[o] * factor
                    for j in range(size):
                        e, total_slope = c * size + j, 0.0
                        for k in range(n_kernels):
                            total_slope += in_condition[k * size + j]
                        if role > 0:
                            target = (j - step) % size
                            sums[role - 1, given, target] -= log_density[e]
                            slopes[role - 1, 0, b, target] -= slope[e]
                            slopes[role - 1, 1, b, target] -= total_slope
                            continue
                        entropy += factor * log_density[e] * (j != given)
                        for row in range(2):
                            sums[row, given, j] += log_density[e]
                            slopes[row, 0, b, j] += slope[e]
                            slopes[row, 1, b, j] += total_slope
        _to_weights(slot, weights_in, biases_in, weights_out, leak, order, pieces,
                    g_in, g_biases_in, g_out, g_biases_out)  # fmt: skip
    for given in range(size):
        n_given = max(1, (n_samples - given + size - 1) // size)
        for row in range(2):
            for j in range(size):
                sums[row, given, j] /= n_given
    return entropy, sums, slopes, (g_in, g_biases_in, g_out, g_biases_out)


@njit(**OPTIONS)
def gradient_in_values(g_entropy, g_marginal, g_conditional, own, marginal, conditional):
    """Gradient in the values, shape (n, m), from those in the means that were returned above.

    Parameters
    ----------
    g_entropy, g_marginal, g_conditional : ndarray of shape (m,), (2, m), (2, m, m)
    own, marginal, conditional : ndarray
        The slopes of :func:`marginal_mixture` and :func:`conditional_mixture`.
    """
    size, n_samples = own.shape
    gradient = np.empty((n_samples, size))
    for j in range(size):
        a, b, c = -g_entropy[j] / n_samples, g_marginal[0, j], g_marginal[1, j]
        b, c = b / n_samples, c / n_samples
        for i in range(n_samples):
            gradient[i, j] = a * own[j, i] + b * marginal[0, j, i] + c * marginal[1, j, i]
    for given in range(size):
        n_given = max(1, (n_samples - given + size - 1) // size)
        for b in range(given, n_samples, size):
            for row in range(2):
                for j in range(size):
                    weight = g_conditional[row, given, j] / n_given
                    gradient[b, j] += weight * conditional[row, 0, b, j]
                    gradient[b, given] += weight * conditional[row, 1, b, j]
    return gradient
