# SPDX-License-Identifier: BSD-3-Clause
"""What is known of the samples: numpy, mergeable, free of scikit-learn."""
