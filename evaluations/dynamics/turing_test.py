"""An automatic Turing test of velocities: can a classifier tell a system's from a pianist's on the same notes?

    pip install lightgbm mido numpy
    python evaluations/dynamics/turing_test.py HUMAN_DATA [FOLDER ...] [--trees FOLDER]

HUMAN_DATA is `piano-asap`. A FOLDER holds the velocities of one system for the test fold and names it, a file for each
performance: its path with `__` for each `/` and `.json` behind, which holds
`{"path": "Bach/Prelude/bwv_854/LuA01M.mid", "velocities": [61, ...]}` in the order of onset tick and pitch. `--trees`
is what boosted_trees.py wrote with `--velocities`; the reference rows of trees need it.

Velocities are rounded and kept within 1 to 127. Clips are of 10 s, one after another from the first note, and have 20
notes or more. Each is told by 32 statistics. Two classifiers, boosted trees and logistic regression, learn to tell the
system's clips from the pianist's, and judge those of pieces that they did not learn from. The figure is the area under
the curve (AUC): one half where they are told apart by chance only, 1 where always.

Prints a table and writes turing_test.json beside this file.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import sys
import time

import lightgbm
import numpy

import asap

HERE = pathlib.Path(__file__).resolve().parent

CLIP_S = 10
LEAST_NOTES = 20
TOGETHER_S = 0.03
FOLDS = 8
LAGS = [1, 2, 3, 4, 8]

TREES = {
    "verbosity": -1,
    "seed": 1,
    "deterministic": True,
    "force_col_wise": True,
    "objective": "binary",
    "learning_rate": 0.05,
    "num_leaves": 15,
    "min_data_in_leaf": 20,
    "feature_fraction": 0.5,
}
ROUNDS = 200

# Of the weights of the logistic regression, whose statistics are standardised.
PENALTY = 1.0
# Standardised statistics are kept within this, so that a rare clip does not decide.
FARTHEST = 5.0

STATISTICS = (
    "mean deviation quantile-05 quantile-25 quantile-50 quantile-75 quantile-95 skewness kurtosis distinct "
    "most-frequent change change-deviation unchanged change-quantile-90 lag-1 lag-2 lag-3 lag-4 lag-8 "
    "pitch-correlation pitch-slope beside-line pitch-distance-correlation time-correlation chord-deviation "
    "chord-pitch-correlation top-above-rest bottom-above-rest nearest-pitch-change top-lag-1 top-change-correlation"
).split()


def statistics_of(onsets, pitches, velocities):
    """The 32 statistics of a clip in the order of STATISTICS. Its notes ascend by onset, in seconds, and pitch."""
    p, v = pitches.astype(float), velocities.astype(float)
    count = len(v)

    def correlation(a, b):
        a, b = a - a.mean(), b - b.mean()
        norm = numpy.sqrt((a * a).sum() * (b * b).sum())
        return (a * b).sum() / norm if norm > 1e-9 else 0.0

    def lag(series, by):
        around = series - series.mean()
        power = (around * around).sum()
        return (around[by:] * around[:-by]).sum() / power if power > 1e-9 else 0.0

    mean = v.mean()
    around = v - mean
    deviation = numpy.sqrt((around**2).mean())
    said = [mean, deviation, *numpy.quantile(v, [0.05, 0.25, 0.5, 0.75, 0.95])]
    flat = deviation < 1e-9
    said += [0.0 if flat else (around**3).mean() / deviation**3, 0.0 if flat else (around**4).mean() / deviation**4]
    times = numpy.unique(v, return_counts=True)[1]
    said += [len(times) / count, times.max() / count]

    changes = numpy.diff(v)
    said += [numpy.abs(changes).mean(), changes.std(), (changes == 0).mean(), numpy.quantile(numpy.abs(changes), 0.9)]
    said += [lag(v, by) for by in LAGS]

    around_pitch = p - p.mean()
    power = (around_pitch**2).mean()
    slope = (around_pitch * around).mean() / power if power > 1e-9 else 0.0
    said += [correlation(v, p), slope, numpy.sqrt(((around - slope * around_pitch) ** 2).mean())]
    said += [correlation(v, around_pitch**2), correlation(v, onsets)]

    # A chord is what begins within a moment of its first note.
    chords, first = [], -numpy.inf
    for note, onset in enumerate(onsets):
        if onset - first > TOGETHER_S:
            chords.append([])
            first = onset
        chords[-1].append(note)
    deviations, tops, bottoms, within_v, within_p, top_notes = [], [], [], [], [], []
    for chord in chords:
        chord = numpy.array(chord)
        of_v, of_p = v[chord], p[chord]
        top, bottom = of_p.argmax(), of_p.argmin()
        top_notes.append(chord[top])
        if len(chord) > 1:
            rest = lambda note: (of_v.sum() - of_v[note]) / (len(chord) - 1)
            deviations.append(of_v.std())
            tops.append(of_v[top] - rest(top))
            bottoms.append(of_v[bottom] - rest(bottom))
            within_v.extend(of_v - of_v.mean())
            within_p.extend(of_p - of_p.mean())
    if deviations:
        within = correlation(numpy.array(within_v), numpy.array(within_p))
        said += [numpy.mean(deviations), within, numpy.mean(tops), numpy.mean(bottoms)]
    else:
        said += [0.0] * 4

    # The latest of the eight notes before that is nearest in pitch.
    apart = []
    for note in range(1, count):
        before = numpy.arange(note - 1, max(note - 9, -1), -1)
        apart.append(abs(v[note] - v[before[numpy.abs(p[before] - p[note]).argmin()]]))
    said.append(numpy.mean(apart))

    top_v, top_p = v[top_notes], p[top_notes]
    if len(top_notes) > 2:
        said += [lag(top_v, 1), correlation(numpy.diff(top_v), numpy.diff(top_p))]
    else:
        said += [0.0, 0.0]
    return numpy.array(said)


def told_of(p, velocities, known):
    """The statistics of the clips of a performance, `[clip, statistic]`, of the notes that are known."""
    velocities = numpy.clip(numpy.floor(numpy.asarray(velocities, float) + 0.5), 1, 127)
    at = numpy.floor((p.onsets - p.onsets[0]) / CLIP_S).astype(int)
    clips = (numpy.flatnonzero((at == clip) & known) for clip in range(at.max() + 1))
    rows = [statistics_of(p.onsets[c], p.pitches[c], velocities[c]) for c in clips if len(c) >= LEAST_NOTES]
    return numpy.array(rows).reshape(-1, len(STATISTICS))


def folds_of(pieces):
    """The fold of each piece, pieces with most clips first, each into the fold that has fewest."""
    names, clips = numpy.unique(pieces, return_counts=True)
    filled, fold = numpy.zeros(FOLDS, int), {}
    for index in numpy.argsort(-clips, kind="stable"):
        fold[names[index]] = int(filled.argmin())
        filled[filled.argmin()] += clips[index]
    return fold


def auc(said, human):
    """The share of pairs of a human and another clip of which the human one is said to be more human; half for ties."""
    values, inverse, times = numpy.unique(said, return_inverse=True, return_counts=True)
    ranks = (numpy.cumsum(times) - (times - 1) / 2)[inverse]
    humans = human.sum()
    others = len(human) - humans
    return float((ranks[human].sum() - humans * (humans + 1) / 2) / (humans * others))


def by_trees(x, human, x_judged):
    model = lightgbm.train(TREES | {"num_threads": 1}, lightgbm.Dataset(x, human.astype(float)), ROUNDS)
    return model.predict(x_judged, num_threads=1)


def by_logistic(x, human, x_judged):
    """Newton's method for the logarithmic loss and the penalty; the constant is not penalised."""
    mean, deviation = x.mean(axis=0), x.std(axis=0)
    deviation[deviation < 1e-9] = 1

    def standard(x):
        inside = numpy.clip((x - mean) / deviation, -FARTHEST, FARTHEST)
        return numpy.concatenate([inside, numpy.ones((len(x), 1))], axis=1)

    inside, weights = standard(x), numpy.zeros(x.shape[1] + 1)
    penalty = numpy.append(numpy.full(x.shape[1], PENALTY), 1e-9)
    said = lambda inside: 1 / (1 + numpy.exp(-numpy.clip(inside @ weights, -30, 30)))
    for _ in range(50):
        p = said(inside)
        gradient = inside.T @ (p - human) + penalty * weights
        bend = (inside * (p * (1 - p))[:, None]).T @ inside + numpy.diag(penalty)
        step = numpy.linalg.solve(bend, gradient)
        weights = weights - step
        if numpy.abs(step).max() < 1e-8:
            break
    return standard(x_judged) @ weights


CLASSIFIERS = {"boosted trees": by_trees, "logistic regression": by_logistic}


def judged(performances, velocities):
    """How well a system's clips are told from human ones, on the performances that it has. Notes whose velocity is NaN
    are left out of both."""
    of = [p for p in performances if p.path in velocities]
    known = {p.path: ~numpy.isnan(velocities[p.path]) for p in of}
    told_human = [told_of(p, p.velocities, known[p.path]) for p in of]
    human_rows = numpy.concatenate(told_human)
    system_rows = numpy.concatenate([told_of(p, numpy.nan_to_num(velocities[p.path]), known[p.path]) for p in of])
    pieces = numpy.concatenate([[p.piece] * len(rows) for p, rows in zip(of, told_human)])
    fold = folds_of(pieces)
    x = numpy.concatenate([human_rows, system_rows])
    human = numpy.arange(len(x)) < len(human_rows)
    clips_in = numpy.tile(numpy.array([fold[piece] for piece in pieces]), 2)
    row = {"clips": len(human_rows), "performances": len(of), "pieces": len(fold)}
    names = numpy.unique(pieces)
    random = numpy.random.default_rng(1)
    for name, classifier in CLASSIFIERS.items():
        said = numpy.empty(len(x))
        for judged_fold in numpy.unique(clips_in):
            learnt, held = clips_in != judged_fold, clips_in == judged_fold
            said[held] = classifier(x[learnt], human[learnt], x[held])
        # Pieces are drawn anew to see how much the figure leans on them.
        clips_of_piece = {piece: numpy.flatnonzero(numpy.tile(pieces == piece, 2)) for piece in names}
        drawn = []
        for _ in range(200):
            clips = numpy.concatenate([clips_of_piece[piece] for piece in random.choice(names, len(names))])
            drawn.append(auc(said[clips], human[clips]))
        row[name] = {"auc": auc(said, human), "auc_95": list(map(float, numpy.quantile(drawn, [0.025, 0.975])))}
    alone = {name: auc(x[:, at], human) for at, name in enumerate(STATISTICS)}
    most = sorted(alone, key=lambda name: -abs(alone[name] - 0.5))[:6]
    row["most_telling_alone"] = {name: round(alone[name], 3) for name in most}
    return row


def matched(p, other):
    """For each note of a performance the note of another by the same score, or -1. Notes of a pitch within half an
    annotated beat, the nearest pairs first, each note once."""
    here, there = p.in_beats(p.onsets), other.in_beats(other.onsets)
    note_of = numpy.full(len(here), -1)
    for pitch in numpy.unique(p.pitches):
        ours, theirs = numpy.flatnonzero(p.pitches == pitch), numpy.flatnonzero(other.pitches == pitch)
        left = numpy.searchsorted(there[theirs], here[ours] - 0.5, "left")
        right = numpy.searchsorted(there[theirs], here[ours] + 0.5, "right")
        pairs = [(abs(here[a] - there[b]), a, b) for a, l, r in zip(ours, left, right) for b in theirs[l:r]]
        taken = set()
        for _, a, b in sorted(pairs):
            if note_of[a] < 0 and b not in taken:
                note_of[a] = b
                taken.add(b)
    return note_of


def of_another_pianist(performances, random):
    """Another pianist's velocities on the timing of each performance that has another, the same without the notes that
    have no match, and how well they agree. A note without a match takes the velocity of the nearest one that has; an
    octave counts like an annotated beat."""
    velocities, matches, share, agreement = {}, {}, [], {}
    for p in performances:
        others = [
            o
            for o in performances
            if o.score == p.score and len(o.beats) == len(p.beats) and not numpy.array_equal(o.velocities, p.velocities)
        ]
        if not others:
            continue
        other = others[random.integers(len(others))]
        note_of = matched(p, other)
        has = numpy.flatnonzero(note_of >= 0)
        share.append(len(has) / len(note_of))
        agreement.setdefault(p.piece, []).append(
            numpy.corrcoef(other.velocities[note_of[has]], p.velocities[has])[0, 1]
        )
        matches[p.path] = numpy.where(note_of >= 0, other.velocities[note_of], numpy.nan)
        places = p.in_beats(p.onsets)
        for note in numpy.flatnonzero(note_of < 0):
            distance = numpy.abs(places[has] - places[note]) + numpy.abs(p.pitches[has] - p.pitches[note]) / 12
            note_of[note] = note_of[has[distance.argmin()]]
        velocities[p.path] = other.velocities[note_of]
    known = {
        "share_of_notes_matched": float(numpy.mean(share)),
        "r": float(numpy.mean(numpy.concatenate(list(agreement.values())))),
        "r_by_piece": float(numpy.mean([numpy.mean(rs) for rs in agreement.values()])),
    }
    return velocities, matches, known


def read_system(folder, performances):
    """The velocities of a system by performance."""
    velocities = {}
    for p in performances:
        file = folder / asap.file_name(p.path)
        if file.exists():
            found = json.loads(file.read_text())
            if found["path"] != p.path or len(found["velocities"]) != len(p.velocities):
                sys.exit(f"{file}: wants {len(p.velocities)} velocities of {p.path}")
            velocities[p.path] = numpy.array(found["velocities"], float)
    if any(not numpy.isfinite(of).all() for of in velocities.values()):
        sys.exit(f"{folder}: velocities that are no numbers")
    if not velocities:
        sys.exit(f"{folder}: no velocities of the test fold, such as {asap.file_name(performances[0].path)}")
    if len(velocities) < len(performances):
        print(f"{folder}: {len(velocities)} of {len(performances)} performances", file=sys.stderr)
    return velocities


def with_noise(performances, velocities, random):
    """A system's velocities and independent noise, as large as the system's errors are."""
    errors = numpy.concatenate([p.velocities - velocities[p.path] for p in performances])
    draw = lambda p: velocities[p.path] + random.normal(0, errors.std(), len(p.velocities))
    return {p.path: draw(p) for p in performances}


def with_borrowed(performances, velocities, random):
    """A system's velocities and what a pianist added to them in another piece, note after note, from its start again
    where the other piece is shorter."""
    added = {}
    for p in performances:
        others = [o for o in performances if o.piece != p.piece]
        other = others[random.integers(len(others))]
        residuals = other.velocities - velocities[other.path]
        added[p.path] = velocities[p.path] + numpy.resize(residuals, len(p.velocities))
    return added


def references(performances, trees):
    """Systems that need no network, and what is known of them."""
    random = numpy.random.default_rng(1)
    all_paths = lambda make: {p.path: make(p) for p in performances}
    another, matches, known = of_another_pianist(performances, random)
    systems = {
        "constant, mean of the performance": all_paths(lambda p: numpy.full(len(p.velocities), p.velocities.mean())),
        "human, shuffled within the performance": all_paths(lambda p: random.permutation(p.velocities)),
        "another human's velocities on this timing": another,
        "the same, matched notes only": matches,
    }
    for name in ["grid", "performed", "performed-and-beats"]:
        if trees and (trees / name).is_dir():
            said = read_system(trees / name, performances)
            systems[f"trees, {name}"] = said
            systems[f"trees, {name}, and independent noise"] = with_noise(performances, said, random)
            systems[f"trees, {name}, and residuals of another piece"] = with_borrowed(performances, said, random)
    return systems, {"another human's velocities on this timing": known}


def table(rows):
    lines = ["| | clips | boosted trees | logistic regression | most telling alone |", "|---|---|---|---|---|"]
    for name, row in rows.items():
        cells = []
        for classifier in CLASSIFIERS:
            low, high = row[classifier]["auc_95"]
            cells.append(f"{row[classifier]['auc']:.3f} ({low:.2f}-{high:.2f})")
        telling = ", ".join(list(row["most_telling_alone"])[:3])
        lines.append(f"| {name} | {row['clips']:,} | {cells[0]} | {cells[1]} | {telling} |")
    return "\n".join(lines)


def command_line():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=pathlib.Path, metavar="HUMAN_DATA")
    parser.add_argument("systems", type=pathlib.Path, nargs="*", metavar="FOLDER")
    parser.add_argument("--trees", type=pathlib.Path, help="what boosted_trees.py wrote with --velocities")
    parser.add_argument("--only-systems", action="store_true", help="leave out the reference rows")
    parser.add_argument("-o", "--output", type=pathlib.Path, default=HERE / "turing_test.json")
    return parser.parse_args()


def main():
    asked = command_line()
    begun = time.time()
    performances = asap.performances_of(asked.data, {"test"})
    given = {folder.resolve().name: read_system(folder, performances) for folder in asked.systems}
    systems, known = ({}, {}) if asked.only_systems else references(performances, asked.trees)
    rows = {}
    for name, velocities in (systems | given).items():
        rows[name] = judged(performances, velocities) | known.get(name, {})
        print(f"{name}: {time.time() - begun:.0f} s", file=sys.stderr, flush=True)
    report = {
        "date": datetime.date.today().isoformat(),
        "versions": {"lightgbm": lightgbm.__version__, "numpy": numpy.__version__, "python": platform.python_version()},
        "clip_s": CLIP_S,
        "least_notes": LEAST_NOTES,
        "folds": FOLDS,
        "statistics": STATISTICS,
        "boosted_trees": TREES | {"trees": ROUNDS},
        "logistic_regression": {"penalty": PENALTY, "farthest": FARTHEST},
        "seconds": round(time.time() - begun, 1),
        "load_average": os.getloadavg()[0],
        "systems": rows,
    }
    asked.output.write_text(json.dumps(report, indent=1) + "\n")
    print(table(rows))


if __name__ == "__main__":
    main()
