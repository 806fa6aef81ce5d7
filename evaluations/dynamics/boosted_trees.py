"""Boosted trees that foretell the velocities of piano performances: the opponents of the network.

    pip install lightgbm mido numpy
    python evaluations/dynamics/boosted_trees.py [DATA] [--rounds 500] [--share 0.3] [--velocities FOLDER]

Reads `piano-asap` with the folds of asap.py. No model hears a velocity; three are told three things. `grid`: onsets and
releases rounded to quarters of an annotated beat, the place in the bar, one tempo. `performed`: onsets and releases in
seconds. `performed and beats`: both, and how far the one is from the other.

Prints tables and writes boosted_trees.json beside this file. Parameters are LightGBM's own but for those in PARAMETERS,
and were not tuned; the number of trees is the best on the validation fold.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import time

import lightgbm
import numpy
from numpy.lib.stride_tricks import sliding_window_view

import asap

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]

PARAMETERS = {
    "verbosity": -1,
    "seed": 1,
    "deterministic": True,
    "force_col_wise": True,
    "learning_rate": 0.1,
    "num_leaves": 63,
    "min_data_in_leaf": 100,
    "feature_fraction": 0.5,
}
PATIENCE = 20

# A group is what begins within this time of its first note.
TOGETHER_S = 0.03

STEPS_PER_BEAT = 4
WINDOWS = {"grid": [2, 4, 8, 16, 32], "seconds": [0.25, 0.5, 1, 2, 4]}

# Neighbouring groups that are told, and numbers of groups over which extremes are told.
NEIGHBOURS = [-4, -3, -2, -1, 1, 2, 3, 4]
EXTREMES = [2, 4, 8, 16]

SETS = {
    "test": lambda p: p.fold == "test",
    "test, only 4/4": lambda p: p.fold == "test" and p.only_4_4,
    "reserved": lambda p: p.fold == "reserved",
    "validation": lambda p: p.fold == "validation",
}


def groups_of(onsets, together):
    """The group of each note; onsets ascend."""
    groups = numpy.empty(len(onsets), int)
    group, first = -1, -numpy.inf
    for note, onset in enumerate(onsets):
        if onset - first > together:
            group, first = group + 1, onset
        groups[note] = group
    return groups


def sounding_at(starts, first_of, onsets, releases, pitches):
    """How many pitches sound at the start of each group, its own included, the highest and the lowest of them."""
    until = numpy.full(128, -numpy.inf)
    told = numpy.empty((len(starts), 3))
    ends = numpy.append(first_of[1:], len(onsets))
    for group, start in enumerate(starts):
        own = slice(first_of[group], ends[group])
        until[pitches[own]] = numpy.maximum(until[pitches[own]], numpy.maximum(releases[own], start + 1e-9))
        sounds = numpy.flatnonzero(until > start)
        told[group] = len(sounds), sounds[-1], sounds[0]
    return told


def since_struck(onsets, pitches):
    """How long ago the pitch was struck, and how long it is until it is struck again."""
    order = numpy.lexsort((onsets, pitches))
    gaps = numpy.where(numpy.diff(pitches[order]) == 0, numpy.diff(onsets[order]), numpy.nan)
    since, until = numpy.full((2, len(onsets)), numpy.nan)
    since[order[1:]] = gaps
    until[order[:-1]] = gaps
    return [since, until]


def numbers_of(onsets, releases, pitches, together, windows):
    """What is told of each note by onsets and releases in some unit, as columns. Notes ascend by onset and pitch; what
    is not known is NaN."""
    count = len(onsets)
    groups = groups_of(onsets, together)
    first_of = numpy.flatnonzero(numpy.diff(groups, prepend=-1))
    sizes = numpy.bincount(groups)
    lengths = releases - onsets
    starts = onsets[first_of]
    top = numpy.maximum.reduceat(pitches, first_of).astype(float)
    bottom = numpy.minimum.reduceat(pitches, first_of).astype(float)
    by_pitch = numpy.lexsort((pitches, groups))
    rank = numpy.empty(count)
    rank[by_pitch] = numpy.arange(count) - first_of[groups]
    columns = [pitches, pitches % 12, lengths, sizes[groups], rank, sizes[groups] - 1 - rank]
    columns += [top[groups] - pitches, pitches - bottom[groups], onsets - starts[groups]]
    columns += since_struck(onsets, pitches)

    def beside(of_groups, by):
        """Numbers of the group so many groups away."""
        padded = numpy.pad(of_groups.astype(float), 4, constant_values=numpy.nan)
        return padded[4 + by : 4 + by + len(of_groups)][groups]

    longest = numpy.maximum.reduceat(lengths, first_of)
    columns += [longest[groups]]
    for by in NEIGHBOURS:
        columns += [abs(beside(starts, by) - onsets), beside(top, by) - pitches, beside(bottom, by) - pitches]
        columns += [beside(sizes, by), beside(longest, by)]

    # The nearest pitch within eight notes before and after, and how far away in time it is.
    for way in [-1, 1]:
        nearest, away = numpy.full(count, numpy.inf), numpy.full(count, numpy.nan)
        interval = numpy.full(count, numpy.nan)
        for by in range(1, 9):
            other = numpy.arange(count) + way * by
            there = (other >= 0) & (other < count)
            note, other = numpy.flatnonzero(there), other[there]
            apart = pitches[other] - pitches[note]
            nearer = numpy.abs(apart) < nearest[note]
            note, other, apart = note[nearer], other[nearer], apart[nearer]
            nearest[note], interval[note], away[note] = numpy.abs(apart), apart, numpy.abs(onsets[other] - onsets[note])
        columns += [interval, away]

    for reach in EXTREMES:
        for of_groups, extreme, worst in [(top, numpy.max, -numpy.inf), (bottom, numpy.min, numpy.inf)]:
            padded = numpy.pad(of_groups, reach, constant_values=worst)
            columns.append(extreme(sliding_window_view(padded, 2 * reach + 1), axis=1)[groups] - pitches)

    sum_of = lambda values: numpy.concatenate([[0.0], numpy.cumsum(values, dtype=float)])
    sums, squares, held = sum_of(pitches), sum_of(pitches.astype(float) ** 2), sum_of(lengths)
    for window in windows:
        for begin, end in [(onsets - window, onsets), (onsets, onsets + window)]:
            left, right = numpy.searchsorted(onsets, begin, "left"), numpy.searchsorted(onsets, end, "right")
            notes = right - left
            chords = numpy.searchsorted(starts, end, "right") - numpy.searchsorted(starts, begin, "left")
            columns += [notes, chords, (sums[right] - sums[left]) / notes - pitches]
        left = numpy.searchsorted(onsets, onsets - window, "left")
        right = numpy.searchsorted(onsets, onsets + window, "right")
        notes = right - left
        mean = (sums[right] - sums[left]) / notes
        spread = numpy.sqrt(numpy.maximum((squares[right] - squares[left]) / notes - mean**2, 0))
        columns += [mean, spread, (pitches - mean) / (spread + 1), (held[right] - held[left]) / notes]

    sounding = sounding_at(starts, first_of, onsets, releases, pitches)
    columns += [sounding[groups, 0], sounding[groups, 1] - pitches, pitches - sounding[groups, 2]]
    whole = onsets[-1] - onsets[0]
    rates = [count / max(whole, 1), len(starts) / max(whole, 1)]
    of_piece = [*rates, pitches.mean(), pitches.std(), lengths.mean(), count]
    columns += [numpy.full(count, number, float) for number in of_piece]
    columns += [(onsets - onsets[0]) / max(whole, 1), numpy.arange(count), numpy.arange(count)[::-1]]
    return numpy.stack([numpy.asarray(column, numpy.float32) for column in columns], axis=1)


def told_on_grid(p):
    """What a grid of annotated sixteenths with bars and one tempo tells, `[note, number]`."""
    steps = numpy.floor(p.in_beats(p.onsets) * STEPS_PER_BEAT + 0.5)
    ends = numpy.floor(p.in_beats(p.releases) * STEPS_PER_BEAT + 0.5)
    order = numpy.lexsort((ends, p.pitches, steps))
    columns = numbers_of(steps[order], ends[order], p.pitches[order], 0, WINDOWS["grid"])
    told = numpy.empty_like(columns)
    told[order] = columns
    # The place in the bar, counted from the last downbeat; before the first downbeat, towards it.
    downbeats = numpy.flatnonzero(p.downbeats)
    bars = downbeats if len(downbeats) else numpy.array([0])
    bar = numpy.clip(numpy.searchsorted(bars * STEPS_PER_BEAT, steps, "right") - 1, 0, len(bars) - 1)
    place = steps - bars[bar] * STEPS_PER_BEAT
    lengths = numpy.append(numpy.diff(bars), numpy.nan)[bar]
    tempo = numpy.full(len(steps), 60 / numpy.median(numpy.diff(p.beats)))
    beside = [place, steps % STEPS_PER_BEAT, lengths, bar, bar % 2, bar % 4, tempo]
    return numpy.concatenate([told, numpy.stack(beside, axis=1)], axis=1).astype(numpy.float32)


def told_performed(p):
    """What the moments in seconds tell, `[note, number]`."""
    return numbers_of(p.onsets, p.releases, p.pitches, TOGETHER_S, WINDOWS["seconds"])


def told_both(p):
    """Moments, beats, and how far notes are from their steps and beats from a steady tempo."""
    places = p.in_beats(p.onsets) * STEPS_PER_BEAT
    beat = numpy.clip(numpy.floor(places / STEPS_PER_BEAT).astype(int), 0, len(p.beats) - 2)
    lengths = numpy.diff(p.beats)
    padded = numpy.pad(lengths, 2, mode="edge")
    late = places - numpy.floor(places + 0.5)
    beside = [late, late * lengths[beat] / STEPS_PER_BEAT]
    beside += [padded[2 + by + beat] / numpy.median(lengths) for by in range(-2, 3)]
    beside = numpy.stack(beside, axis=1).astype(numpy.float32)
    return numpy.concatenate([told_performed(p), told_on_grid(p), beside], axis=1)


TOLD = {"grid": told_on_grid, "performed": told_performed, "performed-and-beats": told_both}


def correlation(a, b):
    """Pearson's correlation; 0 where one of the two is constant."""
    if len(a) < 2 or numpy.ptp(a) < 1e-9 or numpy.ptp(b) < 1e-9:
        return 0.0
    return float(numpy.corrcoef(a, b)[0, 1])


def scores(performances, foretold):
    """Figures of foretold velocities, one array for each performance."""
    errors = numpy.concatenate([said - p.velocities for p, said in zip(performances, foretold)])
    by_piece = {}
    for p, said in zip(performances, foretold):
        by_piece.setdefault(p.piece, []).append(correlation(said, p.velocities))
    of_pieces = numpy.array([numpy.mean(rs) for rs in by_piece.values()])
    drawn = numpy.random.default_rng(1).integers(0, len(of_pieces), (10000, len(of_pieces)))
    low, high = numpy.quantile(of_pieces[drawn].mean(axis=1), [0.025, 0.975])
    return {
        "mae": float(numpy.abs(errors).mean()),
        "rmse": float(numpy.sqrt((errors**2).mean())),
        "r": float(numpy.mean(numpy.concatenate(list(by_piece.values())))),
        "r_by_piece": float(of_pieces.mean()),
        "r_by_piece_95": [float(low), float(high)],
        "spread": float(numpy.mean([numpy.std(said) for said in foretold])),
        "spread_human": float(numpy.mean([numpy.std(p.velocities) for p in performances])),
    }


def nearest_of_last(p, last, before):
    """The true velocity of the nearest pitch among the last notes, the latest where several are as near."""
    said, nearest = numpy.full(len(p.pitches), float(before)), numpy.full(len(p.pitches), numpy.inf)
    for back in range(1, last + 1):
        apart = numpy.abs(p.pitches[back:] - p.pitches[:-back])
        nearer = apart < nearest[back:]
        said[back:][nearer] = p.velocities[:-back][nearer]
        nearest[back:][nearer] = apart[nearer]
    return said


def simple(performances):
    """The rows that need no library, which show that the figures are defined as in the table to be matched."""
    learnt = [p for p in performances if p.fold == "train"]
    pitches = numpy.concatenate([p.pitches for p in learnt])
    velocities = numpy.concatenate([p.velocities for p in learnt])
    mean = velocities.mean()
    linear, cubic = (numpy.polynomial.Polynomial.fit(pitches, velocities, degree) for degree in [1, 3])
    models = {
        "mean of all": lambda p: numpy.full(len(p.pitches), mean),
        "mean of the performance, known beforehand": lambda p: numpy.full(len(p.pitches), p.velocities.mean()),
        "line on pitch": lambda p: linear(p.pitches),
        "cubic on pitch": lambda p: cubic(p.pitches),
        "true velocity of the note before": lambda p: nearest_of_last(p, 1, mean),
        "true velocity of the nearest pitch of the last 8": lambda p: nearest_of_last(p, 8, mean),
    }
    rows = {}
    for name, model in models.items():
        of = {of: [p for p in performances if belongs(p)] for of, belongs in SETS.items()}
        rows[name] = {set_: scores(ps, [model(p) for p in ps]) for set_, ps in of.items()}
    return rows, {"mean": mean, "line": linear.convert().coef.tolist(), "cubic": cubic.convert().coef.tolist()}


def drawn_notes(performances, share):
    """A random share of the notes of each performance."""
    random = numpy.random.default_rng(1)
    return [numpy.flatnonzero(random.random(len(p.pitches)) < share) for p in performances]


def boosted(performances, told, asked):
    """A row of figures, and the foretold velocities by performance."""
    begun = time.time()

    def data(fold):
        of = [p for p in performances if p.fold == fold]
        notes = drawn_notes(of, asked.share)
        x = numpy.concatenate([told(p)[kept] for p, kept in zip(of, notes)])
        return x, numpy.concatenate([p.velocities[kept] for p, kept in zip(of, notes)]).astype(float)

    train = lightgbm.Dataset(*data("train"), params=PARAMETERS | {"num_threads": asked.threads}).construct()
    x, y = data("validation")
    print(f"  {train.num_data():,} notes, {train.num_feature()} numbers, {time.time() - begun:.0f} s", flush=True)
    validation = lightgbm.Dataset(x, y, reference=train)
    stop = lightgbm.early_stopping(PATIENCE, verbose=False)
    parameters = PARAMETERS | {"num_threads": asked.threads, "objective": "regression"}
    model = lightgbm.train(parameters, train, asked.rounds, valid_sets=[validation], callbacks=[stop])
    print(f"  {model.best_iteration} trees, {time.time() - begun:.0f} s", flush=True)
    tested = [p for p in performances if p.fold != "train"]
    said = {p.path: numpy.clip(model.predict(told(p), num_threads=asked.threads), 1, 127) for p in tested}
    sets = {}
    for name, belongs in SETS.items():
        of = [p for p in tested if belongs(p)]
        sets[name] = scores(of, [said[p.path] for p in of])
    row = {
        "notes": train.num_data(),
        "numbers_told": train.num_feature(),
        "trees": model.best_iteration,
        "seconds": round(time.time() - begun, 1),
        "sets": sets,
    }
    return row, {p.path: said[p.path] for p in tested if p.fold == "test"}


def write_velocities(folder, foretold):
    """The velocities of each performance in the order of onset tick and pitch, for turing_test.py."""
    folder.mkdir(parents=True, exist_ok=True)
    for path, said in foretold.items():
        written = {"path": path, "velocities": [round(float(velocity), 2) for velocity in said]}
        (folder / asap.file_name(path)).write_text(json.dumps(written) + "\n")


def table(rows):
    lines = []
    for of in SETS:
        lines += [f"### {of}", "", "| | MAE | RMSE | r | r by piece | spread (human) |", "|---|---|---|---|---|---|"]
        for name, sets in rows.items():
            s = sets[of]
            low, high = s["r_by_piece_95"]
            lines.append(
                f"| {name} | {s['mae']:.2f} | {s['rmse']:.2f} | {s['r']:.3f} "
                f"| {s['r_by_piece']:.3f} ({low:.2f}-{high:.2f}) | {s['spread']:.1f} ({s['spread_human']:.1f}) |"
            )
        lines.append("")
    return "\n".join(lines)


def processor():
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown"


def command_line():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=pathlib.Path, nargs="?", default=ROOT.parent / "shared" / "data" / "piano-asap")
    parser.add_argument("--rounds", type=int, default=500, help="the most trees of a model")
    parser.add_argument("--share", type=float, default=0.3, help="of the notes of train and validation")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", nargs="*", choices=list(TOLD), default=list(TOLD))
    parser.add_argument("--velocities", type=pathlib.Path, help="a folder for the foretold velocities of the test fold")
    parser.add_argument("-o", "--output", type=pathlib.Path, default=HERE / "boosted_trees.json")
    return parser.parse_args()


def main():
    asked = command_line()
    begun = time.time()
    performances = asap.performances_of(asked.data, {"train", "validation", "test", "reserved"})
    rows, fitted = simple(performances)
    print(table(rows), flush=True)
    sets = {"train": lambda p: p.fold == "train"} | SETS
    counts = {}
    for name, belongs in sets.items():
        of = [p for p in performances if belongs(p)]
        notes = sum(len(p.pitches) for p in of)
        counts[name] = {"performances": len(of), "pieces": len({p.piece for p in of}), "notes": notes}
    report = {
        "date": datetime.date.today().isoformat(),
        "versions": {"lightgbm": lightgbm.__version__, "numpy": numpy.__version__, "python": platform.python_version()},
        "processor": processor(),
        "threads": asked.threads,
        "parameters": PARAMETERS | {"trees_max": asked.rounds, "patience": PATIENCE, "share_of_notes": asked.share},
        "tuned": False,
        "counts": counts,
        "simple": {"fitted": fitted, "rows": dict(rows)},
        "boosted": {},
    }
    for name in asked.only:
        print(name, flush=True)
        row, foretold = boosted(performances, TOLD[name], asked)
        report["boosted"][name] = row
        rows[name] = row["sets"]
        if asked.velocities:
            write_velocities(asked.velocities / name, foretold)
        report["seconds"] = round(time.time() - begun, 1)
        report["load_average"] = os.getloadavg()[0]
        asked.output.write_text(json.dumps(report, indent=1) + "\n")
    print(table(rows))


if __name__ == "__main__":
    main()
