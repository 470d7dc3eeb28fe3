"""Medians, intervals and means. Pure functions; the tests hold them against known values."""
import math
import random


def median(values):
    return quantile(values, 0.5)


def quantile(values, part):
    """Linear between the neighbours in order (R's type 7)."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * part
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def spread(values):
    """The distance between the quartiles as a part of the median: 0.02 says that half of all runs lie in 2 %."""
    middle = median(values)
    return (quantile(values, 0.75) - quantile(values, 0.25)) / middle if middle else 0.0


def geometric_mean(values):
    return math.exp(sum(math.log(value) for value in values) / len(values))


def resampled(rounds, dice):
    """As many rounds as there were, drawn with replacement."""
    return [dice.randrange(rounds) for _ in range(rounds)]


def ratio_interval(ours, theirs, seed, draws=2000, level=0.95):
    """(ratio of medians, lower, upper): a percentile bootstrap over rounds.

    Round i of both ran next to each other, so a round is drawn as a whole: what disturbed the machine then is
    in both. Values are lists of the same length.
    """
    dice = random.Random(seed)
    found = []
    for _ in range(draws):
        drawn = resampled(len(ours), dice)
        found.append(median([ours[i] for i in drawn]) / median([theirs[i] for i in drawn]))
    tail = (1 - level) / 2
    return median(ours) / median(theirs), quantile(found, tail), quantile(found, 1 - tail)


def mean_interval(pairs, seed, draws=1000, level=0.95):
    """The geometric mean of ratios of medians over tasks, with its interval. `pairs`: [(ours, theirs)]."""
    dice = random.Random(seed)
    middle = geometric_mean([median(ours) / median(theirs) for ours, theirs in pairs])
    found = []
    for _ in range(draws):
        ratios = []
        for ours, theirs in pairs:
            drawn = resampled(len(ours), dice)
            ratios.append(median([ours[i] for i in drawn]) / median([theirs[i] for i in drawn]))
        found.append(geometric_mean(ratios))
    tail = (1 - level) / 2
    return middle, quantile(found, tail), quantile(found, 1 - tail)
