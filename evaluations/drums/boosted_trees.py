"""Boosted trees that foretell drums, their velocities and their moments: the opponents of the network.

    pip install lightgbm mido numpy
    python evaluations/drums/boosted_trees.py [--data ../shared/data] [--rounds 1000] [--threads 1]

Reads `groove-drums` with its own folds. Nine drums, the loudest stroke of each in a step, steps from 0 to the last
stroke. Which drums are struck: a model for each drum, told the strokes of the last 32 steps and the place in the bar,
and, in a second row, also the running mean of past bars at the place. How they are struck: a model for velocities and
one for moments, told what was heard of the drum before.

Prints tables and writes boosted_trees.json beside this file. Parameters are LightGBM's own but for those in PARAMETERS,
and were not tuned; the number of trees is the best on the validation fold.
"""

import argparse
import csv
import datetime
import json
import os
import pathlib
import platform
import time

import lightgbm
import mido
import numpy

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]

DRUMS = "kick snare closed open low-tom mid-tom high-tom crash ride".split()
SIX = [0, 1, 2, 3, 6, 8]
PITCHES = [[36], [37, 38, 40], [22, 42, 44], [26, 46], [43, 58], [45, 47], [48, 50], [49, 52, 55, 57], [51, 53, 59]]
DRUM_OF = {pitch: drum for drum, pitches in enumerate(PITCHES) for pitch in pitches}

# Steps that the trees are told.
HEARD = 32

# The running mean of past bars: what is left of it after a bar, and the weight of what is usual at the place.
KEPT = 0.87
SMOOTH = 0.6

PARAMETERS = {"verbosity": -1, "seed": 1, "deterministic": True, "force_col_wise": True, "learning_rate": 0.1}
PATIENCE = 20

SETS = {
    "test, beats in 4/4": lambda p: p.fold == "test" and p.common,
    "test, all files": lambda p: p.fold == "test",
    "test, eval_session": lambda p: p.fold == "test" and p.evaluation,
    "test, beats in 4/4 of other sessions": lambda p: p.fold == "test" and p.common and not p.evaluation,
    "validation, beats in 4/4": lambda p: p.fold == "validation" and p.common,
}
FITTED_ON = {
    "beats in 4/4": lambda p: p.fold == "train" and p.common,
    "all files": lambda p: p.fold == "train",
}


class Performance:
    """A file on a grid: velocities and offsets in steps, `[step, drum]`."""

    def __init__(self, row, events, per_quarter):
        self.fold = row["split"]
        self.common = row["beat_type"] == "beat" and row["time_signature"] == "4-4"
        self.evaluation = row["session"].endswith("eval_session")
        beats, unit = map(int, row["time_signature"].split("-"))
        self.bar = per_quarter * 4 * beats // unit
        self.tempo = float(row["bpm"])
        self.step_ms = 60000 / self.tempo / per_quarter
        placed = []
        for quarters, drum, velocity in events:
            at = int(numpy.floor(quarters * per_quarter + 0.5))
            placed.append((at, drum, velocity, quarters * per_quarter - at))
        steps = max(at for at, *_ in placed) + 1
        self.velocities = numpy.zeros((steps, 9), numpy.float32)
        self.offsets = numpy.zeros((steps, 9), numpy.float32)
        for at, drum, velocity, offset in placed:
            if velocity > self.velocities[at, drum]:
                self.velocities[at, drum] = velocity
                self.offsets[at, drum] = offset
        self.struck = self.velocities > 0
        self.places = numpy.arange(steps) % self.bar


def events_of(path):
    """The strokes of the kit in a file: quarter notes from its start, drum, velocity."""
    midi = mido.MidiFile(path)
    events = []
    for track in midi.tracks:
        ticks = 0
        for message in track:
            ticks += message.time
            if message.type == "note_on" and message.velocity > 0 and message.note in DRUM_OF:
                events.append((ticks / midi.ticks_per_beat, DRUM_OF[message.note], message.velocity))
    return events


def usual(performances, bar):
    """How often each drum is struck at each place of a bar of 4/4."""
    struck, times = numpy.zeros((bar, 9)), numpy.zeros((bar, 1))
    for p in performances:
        numpy.add.at(struck, p.places % bar, p.struck)
        numpy.add.at(times, p.places % bar, 1)
    return struck / times


def running_mean(p, usual):
    """The running mean of the past bars at each step, `[step, drum]`."""
    sums, weights = numpy.zeros((p.bar, 9)), numpy.zeros((p.bar, 1))
    means = numpy.empty(p.struck.shape, numpy.float32)
    for at, struck in enumerate(p.struck):
        place = p.places[at]
        expected = usual[place % len(usual)]
        means[at] = (sums[place] + SMOOTH * expected) / (weights[place] + SMOOTH)
        sums[place] = sums[place] * KEPT + struck
        weights[place] = weights[place] * KEPT + 1
    return means


def heard(p):
    """The strokes of the last steps and the place, `[step, number]`; before the start there is silence."""
    silence = numpy.zeros((HEARD, 9), numpy.float32)
    padded = numpy.concatenate([silence, p.struck.astype(numpy.float32)])
    last = [padded[HEARD - back : len(padded) - back] for back in range(1, HEARD + 1)]
    return numpy.concatenate([*last, p.places[:, None].astype(numpy.float32)], axis=1)


def told_of_strokes(p):
    """What is known of each stroke: `[stroke, number]`, with and without the other strokes of its step, and what is
    wanted, `[stroke, velocity and ms]`. What is not known is NaN."""
    nothing = numpy.full(2, numpy.nan)
    last = numpy.full((9, 2), numpy.nan)
    last_at = numpy.full(9, -1000)
    sums, weights = numpy.zeros((p.bar, 9, 2)), numpy.zeros((p.bar, 9))
    all_sums, all_weights = numpy.zeros((9, 2)), numpy.zeros(9)
    played = numpy.stack([p.velocities, p.offsets * p.step_ms], axis=2)
    told, beside, wanted = [], [], []
    for at, struck in enumerate(p.struck):
        place = p.places[at]
        for drum in numpy.flatnonzero(struck):
            bar_ago = at - p.bar
            copied = played[bar_ago, drum] if bar_ago >= 0 and p.struck[bar_ago, drum] else nothing
            mean = sums[place, drum] / weights[place, drum] if weights[place, drum] > 0 else nothing
            of_drum = all_sums[drum] / all_weights[drum] if all_weights[drum] > 0 else nothing
            since = min(at - last_at[drum], 64)
            told.append([drum, place, p.tempo, since, *last[drum], *copied, *mean, *of_drum, *struck])
            known = numpy.full((9, 2), numpy.nan)
            known[:drum][struck[:drum]] = played[at, :drum][struck[:drum]]
            beside.append(known.ravel())
            wanted.append(played[at, drum])
        sums[place] *= KEPT
        weights[place] *= KEPT
        for drum in numpy.flatnonzero(struck):
            last[drum], last_at[drum] = played[at, drum], at
            sums[place, drum] += played[at, drum]
            weights[place, drum] += 1
            all_sums[drum] += played[at, drum]
            all_weights[drum] += 1
    return numpy.array(told, numpy.float32), numpy.array(beside, numpy.float32), numpy.array(wanted, numpy.float32)


def scores(foretold, struck):
    """Nats a step, of nine and of six drums, and F1."""
    p = numpy.clip(foretold.astype(numpy.float64), 1e-6, 1 - 1e-6)
    nats = -numpy.log(numpy.where(struck, p, 1 - p)).mean(axis=0)
    said = p > 0.5
    f1 = lambda drums: float(
        2 * (said & struck)[:, drums].sum() / max(1, said[:, drums].sum() + struck[:, drums].sum())
    )
    return {
        "nats_9": float(nats.sum()),
        "nats_6": float(nats[SIX].sum()),
        "f1": f1(list(range(9))),
        "f1_6": f1(SIX),
        "nats_by_drum": dict(zip(DRUMS, map(float, nats))),
    }


def boost(x, y, x_validation, y_validation, asked, categories="auto", **parameters):
    """A model of y, with as many trees as are best on the validation fold."""
    train = lightgbm.Dataset(x, numpy.ascontiguousarray(y), categorical_feature=categories)
    validation = lightgbm.Dataset(x_validation, numpy.ascontiguousarray(y_validation), reference=train)
    parameters = PARAMETERS | {"num_threads": asked.threads} | parameters
    stop = lightgbm.early_stopping(PATIENCE, verbose=False)
    return lightgbm.train(parameters, train, asked.rounds, valid_sets=[validation], callbacks=[stop])


def strokes_foretold(performances, per_quarter, fitted_on, with_mean, asked):
    """Which drums are struck: a row of figures."""
    begun = time.time()
    learnt = [p for p in performances if FITTED_ON[fitted_on](p)]
    validation = [p for p in performances if SETS["validation, beats in 4/4"](p)]
    common = [p for p in performances if FITTED_ON["beats in 4/4"](p)]
    rates = usual(common, 4 * per_quarter)

    def features(of):
        rows = [heard(p) for p in of]
        if with_mean:
            rows = [numpy.concatenate([row, running_mean(p, rates)], axis=1) for row, p in zip(rows, of)]
        return numpy.concatenate(rows)

    struck = lambda of: numpy.concatenate([p.struck for p in of])
    x, y, xv, yv = features(learnt), struck(learnt), features(validation), struck(validation)
    models = []
    for drum in range(9):
        models.append(boost(x, y[:, drum], xv, yv[:, drum], asked, objective="binary"))
        print(f"  {DRUMS[drum]}: {models[-1].best_iteration} trees, {time.time() - begun:.0f} s", flush=True)
    sets = {}
    for name, belongs in SETS.items():
        of = [p for p in performances if belongs(p)]
        numbers = features(of)
        foretold = numpy.stack([m.predict(numbers, num_threads=asked.threads) for m in models], axis=1)
        sets[name] = scores(foretold, struck(of))
    return {
        "steps": len(x),
        "numbers_told": x.shape[1],
        "trees": {drum: m.best_iteration for drum, m in zip(DRUMS, models)},
        "seconds": round(time.time() - begun, 1),
        "sets": sets,
    }


def counted(performances, per_quarter):
    """The rows of mere counting, which show that the figures are defined as in the table to be matched."""
    common = [p for p in performances if FITTED_ON["beats in 4/4"](p)]
    rates = usual(common, 4 * per_quarter)
    marginal = numpy.concatenate([p.struck for p in common]).mean(axis=0)
    models = {
        "as often as ever": lambda p: numpy.broadcast_to(marginal, p.struck.shape),
        "as often as ever at the place": lambda p: rates[p.places % len(rates)],
        "running mean of past bars": lambda p: running_mean(p, rates),
    }
    rows = {}
    for name, model in models.items():
        rows[name] = {}
        for of, belongs in SETS.items():
            files = [p for p in performances if belongs(p)]
            foretold = numpy.concatenate([model(p) for p in files])
            rows[name][of] = scores(foretold, numpy.concatenate([p.struck for p in files]))
    return rows


def manner_foretold(performances, fitted_on, told_others, asked, told_of):
    """How strokes are struck: a row of mean absolute errors."""
    begun = time.time()

    def data(belongs):
        rows = [told_of[id(p)] for p in performances if belongs(p)]
        told, beside, wanted = (numpy.concatenate(column) for column in zip(*rows))
        return numpy.concatenate([told, beside], axis=1) if told_others else told, wanted

    x, y = data(FITTED_ON[fitted_on])
    xv, yv = data(SETS["validation, beats in 4/4"])
    kind = {"objective": "regression_l1", "categories": [0]}
    models = [boost(x, y[:, i], xv, yv[:, i], asked, **kind) for i in range(2)]
    sets = {}
    for name, belongs in SETS.items():
        x_set, wanted = data(belongs)
        errors = [
            float(numpy.abs(m.predict(x_set, num_threads=asked.threads) - wanted[:, i]).mean())
            for i, m in enumerate(models)
        ]
        sets[name] = {"velocity_mae": errors[0], "offset_mae_ms": errors[1], "strokes": len(wanted)}
    return {
        "strokes": len(x),
        "numbers_told": x.shape[1],
        "trees": {"velocity": models[0].best_iteration, "offset": models[1].best_iteration},
        "seconds": round(time.time() - begun, 1),
        "sets": sets,
    }


def manner_counted(performances, told_of):
    """The rows of mere counting for how strokes are struck."""
    data = lambda belongs: [told_of[id(p)] for p in performances if belongs(p)]
    parts = data(FITTED_ON["beats in 4/4"])
    told, wanted = numpy.concatenate([t for t, _, _ in parts]), numpy.concatenate([w for _, _, w in parts])
    drum, place = told[:, 0].astype(int), told[:, 1].astype(int)
    of_drum = numpy.array([wanted[drum == d].mean(axis=0) for d in range(9)])
    places = place.max() + 1
    at_place = numpy.repeat(of_drum[:, None], places, axis=1)
    for d in range(9):
        for at in range(places):
            here = (drum == d) & (place == at)
            if here.any():
                at_place[d, at] = wanted[here].mean(axis=0)

    def models(told):
        drum, place = told[:, 0].astype(int), told[:, 1].astype(int) % places
        copied = numpy.where(numpy.isnan(told[:, 6:8]), at_place[drum, place], told[:, 6:8])
        on_time = numpy.stack([of_drum[drum][:, 0], numpy.zeros(len(drum))], axis=1)
        return {
            "mean of the drum, on time": on_time,
            "mean of the drum at the place": at_place[drum, place],
            "as in the last bar, where it was struck": copied,
        }

    rows = {}
    for of, belongs in SETS.items():
        parts = data(belongs)
        told, wanted = numpy.concatenate([t for t, _, _ in parts]), numpy.concatenate([w for _, _, w in parts])
        for name, said in models(told).items():
            errors = numpy.abs(said - wanted).mean(axis=0)
            row = {"velocity_mae": float(errors[0]), "offset_mae_ms": float(errors[1]), "strokes": len(wanted)}
            rows.setdefault(name, {})[of] = row
    return rows


def strokes_table(title, rows):
    lines = [f"### {title}", "", "| | " + " | ".join(f"{name}: nats 9 / 6 | F1" for name in SETS) + " |"]
    lines.append("|---" * (1 + 2 * len(SETS)) + "|")
    for name, sets in rows.items():
        cells = [f"{s['nats_9']:.3f} / {s['nats_6']:.3f} | {s['f1']:.3f}" for s in sets.values()]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def manner_table(rows):
    lines = ["### How strokes are struck, sixteenths: mean absolute errors", ""]
    lines.append("| | " + " | ".join(f"{name}: velocity | ms" for name in SETS) + " |")
    lines.append("|---" * (1 + 2 * len(SETS)) + "|")
    for name, sets in rows.items():
        cells = [f"{s['velocity_mae']:.2f} | {s['offset_mae_ms']:.2f}" for s in sets.values()]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def processor():
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown"


def command_line():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=pathlib.Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--rounds", type=int, default=1000, help="the most trees of a model")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", nargs="*", choices=["sixteenths", "thirty-seconds", "manner"])
    parser.add_argument("--fitted-on", nargs="*", choices=list(FITTED_ON), default=list(FITTED_ON))
    parser.add_argument("-o", "--output", type=pathlib.Path, default=HERE / "boosted_trees.json")
    return parser.parse_args()


def main():
    asked = command_line()
    begun = time.time()
    folder = asked.data / "groove-drums"
    with open(folder / "info.csv") as table:
        files = [(row, events_of(folder / row["midi_filename"])) for row in csv.DictReader(table)]
    files = [(row, events) for row, events in files if events]
    wanted = lambda part: not asked.only or part in asked.only
    report = {
        "date": datetime.date.today().isoformat(),
        "versions": {"lightgbm": lightgbm.__version__, "numpy": numpy.__version__, "python": platform.python_version()},
        "processor": processor(),
        "threads": asked.threads,
        "parameters": PARAMETERS | {"trees_max": asked.rounds, "patience": PATIENCE, "heard_steps": HEARD},
        "tuned": False,
    }

    def save():
        report["seconds"] = round(time.time() - begun, 1)
        report["load_average"] = os.getloadavg()[0]
        asked.output.write_text(json.dumps(report, indent=1) + "\n")

    for grid, per_quarter in [("sixteenths", 4), ("thirty-seconds", 8)]:
        performances = [Performance(row, events, per_quarter) for row, events in files]
        if grid == "sixteenths":
            counts = {name: sum(map(belongs, performances)) for name, belongs in (SETS | FITTED_ON).items()}
            report["files"] = counts
        if wanted(grid):
            rows = counted(performances, per_quarter)
            report[grid] = {"counted": rows, "boosted": {}}
            print(strokes_table(grid, rows), flush=True)
            for with_mean in [False, True] if grid == "sixteenths" else [False]:
                for fitted_on in asked.fitted_on:
                    told = "last 32 steps and place" + (" and running mean" if with_mean else "")
                    name = f"{told}; fitted on {fitted_on}"
                    print(name, flush=True)
                    row = strokes_foretold(performances, per_quarter, fitted_on, with_mean, asked)
                    report[grid]["boosted"][name] = row
                    rows[name] = row["sets"]
                    save()
            print(strokes_table(grid, rows), flush=True)
            report[grid]["counted"] = {name: rows[name] for name in list(rows)[:3]}
        if grid == "sixteenths" and wanted("manner"):
            told_of = {id(p): told_of_strokes(p) for p in performances}
            rows = manner_counted(performances, told_of)
            report["manner"] = {"counted": dict(rows), "boosted": {}}
            for told_others in [False, True]:
                for fitted_on in asked.fitted_on:
                    told = "told the other strokes of the step too" if told_others else "from the steps before"
                    row = manner_foretold(performances, fitted_on, told_others, asked, told_of)
                    report["manner"]["boosted"][f"{told}; fitted on {fitted_on}"] = row
                    rows[f"{told}; fitted on {fitted_on}"] = row["sets"]
                    save()
            print(manner_table(rows), flush=True)
    save()


if __name__ == "__main__":
    main()
