"""Reading MIDI: consort-music against mido and symusic.

    python midi.py compare ../../../shared/data [mido|symusic]
    python midi.py time ../../../shared/data [RUNS]

Builds the examples `midi_digest` and `read_all` and needs numpy, mido 1.3 and symusic 0.6.

`compare` reads every .mid file below a folder with both and prints, for each kind of event, in how
many files count and digest are equal, and then each file and kind that differ with both counts.
Of mido's messages notes are made as the documentation of consort_music::midi says (the code is that
of fixtures/midi/digest.py), metres, tempos and keys of one moment are reduced to the last, and
metres to changes before the end; all else is taken as it is. symusic makes its own notes.

`time` reads the files of each folder below by turns with read_all and symusic.Score, one thread
each, from opening a file to its score in memory, and prints the median of the ratios of neighbours.
"""

import importlib.util
import pathlib
import statistics
import subprocess
import sys
import time

import numpy

ROOT = pathlib.Path(__file__).resolve().parents[2]
MASK = 2**64 - 1

# mido's names of keys, as sharps and whether they are minor.
MAJOR = "Cb Gb Db Ab Eb Bb F C G D A E B F# C#".split()
MINOR = "Ab Eb Bb F C G D A E B F# C# G# D# A#".split()
KEYS = {name: (fifths, 0) for fifths, name in enumerate(MAJOR, -7)}
KEYS |= {name + "m": (fifths, 1) for fifths, name in enumerate(MINOR, -7)}


def example(name):
    """The path of an example, built anew."""
    command = ["cargo", "build", "--release", "-p", "consort-music", "--example", name]
    command += ["--message-format", "json"]
    lines = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    found = [line for line in lines.splitlines() if '"executable":"' in line and name in line]
    return found[-1].split('"executable":"')[1].split('"')[0]


def digest(rows):
    """The count and the digest of rows, as examples/midi_digest.rs makes them."""
    total = 0
    for width in {len(row) for row in rows}:
        table = numpy.array([row for row in rows if len(row) == width], dtype=numpy.int64)
        mixed = numpy.zeros(len(table), dtype=numpy.uint64)
        for column in table.T:
            mixed = (mixed ^ column.astype(numpy.uint64)) + numpy.uint64(0x9E3779B97F4A7C15)
            mixed = (mixed ^ (mixed >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
            mixed = (mixed ^ (mixed >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
            mixed ^= mixed >> numpy.uint64(31)
        total += int(mixed.sum(dtype=numpy.uint64))
    return f"{len(rows)}:{total & MASK:016x}"


def last_of_each(changes):
    return sorted(dict(sorted(changes, key=lambda change: change[0])).items())


def metre_changes(metres, end):
    current, rows = (4, 4), []
    for at, metre in last_of_each(metres):
        if at < end and metre != current:
            current = metre
            rows.append((at, *metre))
    return rows


def by_mido(path, resolution):
    """Rows by kind."""
    import mido

    spec = importlib.util.spec_from_file_location("digest", ROOT / "fixtures/midi/digest.py")
    notes_of = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(notes_of)
    file = mido.MidiFile(path)
    division = file.ticks_per_beat
    factor = resolution // division if 0 < division and resolution % division == 0 else 1
    kinds = {}
    tempos, keys, metres, start, last = [], [], [], 0, 0

    def add(kind, *row):
        kinds.setdefault(kind, []).append(row)

    part = 0
    for track in file.tracks:
        notes, end = notes_of.track_notes(track)
        last = max(last, start + end)
        for channel in sorted({note[4] for note in notes}):
            for note in (note for note in notes if note[4] == channel):
                row = ((note[0] + start) * factor, (note[1] - note[0]) * factor, note[2], note[3])
                add("notes", *row)
                add("parts", *row, part)
            part += 1
        if start > 0:
            metres.append((start, (4, 4)))
            keys.append((start * factor, (0, 0)))
            tempos.append((start * factor, 500000))
        now = start
        for message in track:
            now += message.time
            at = now * factor
            kind = message.type
            if kind == "control_change":
                add("controllers", at, message.control, message.value)
            elif kind == "pitchwheel":
                add("bends", at, message.pitch)
            elif kind == "aftertouch":
                add("pressures", at, message.value)
            elif kind == "polytouch":
                add("key pressures", at, message.note, message.value)
            elif kind == "program_change":
                add("programs", at, message.program)
            elif kind == "sysex":
                add("exclusives", at, *message.data)
            elif kind == "set_tempo":
                tempos.append((at, message.tempo))
            elif kind == "key_signature":
                key = message.key
                keys.append((at, KEYS[key]))
            elif kind == "time_signature":
                metres.append((now, (message.numerator, message.denominator)))
        if file.type == 2:
            start += end
    kinds["tempos"] = [(at, tempo) for at, tempo in last_of_each(tempos)]
    kinds["keys"] = [(at, *key) for at, key in last_of_each(keys)]
    metres = [(at * factor, metre) for at, metre in metres]
    kinds["metres"] = metre_changes(metres, last * factor)
    return kinds


def by_symusic(path, resolution):
    import symusic

    score = symusic.Score(path)
    division = score.ticks_per_quarter
    factor = resolution // division if division > 0 and resolution % division == 0 else 1
    kinds = {"notes": [], "controllers": [], "bends": []}
    for track in score.tracks:
        table = track.notes.numpy()
        rows = zip(*(table[name].tolist() for name in ("time", "duration", "pitch", "velocity")))
        kinds["notes"] += [(a * factor, d * factor, p, v) for a, d, p, v in rows]
        table = track.controls.numpy()
        rows = zip(*(table[name].tolist() for name in ("time", "number", "value")))
        kinds["controllers"] += [(a * factor, n, v) for a, n, v in rows]
        table = track.pitch_bends.numpy()
        rows = zip(*(table[name].tolist() for name in ("time", "value")))
        kinds["bends"] += [(a * factor, v) for a, v in rows]
    tempos = [(change.time * factor, change.mspq) for change in score.tempos]
    kinds["tempos"] = last_of_each(tempos)
    keys = [(key.time * factor, (key.key, key.tonality)) for key in score.key_signatures]
    kinds["keys"] = [(at, *key) for at, key in last_of_each(keys)]
    metres = [(m.time * factor, (m.numerator, m.denominator)) for m in score.time_signatures]
    kinds["metres"] = metre_changes(metres, float("inf"))
    return kinds


def compare(data, oracle):
    data = pathlib.Path(data)
    read = {"mido": by_mido, "symusic": by_symusic}[oracle]
    output = subprocess.run(
        [example("midi_digest"), str(data)], check=True, capture_output=True, text=True
    ).stdout
    equal, different, refused, unstable = {}, [], [], []
    for line in output.splitlines():
        name, *fields = line.split("\t")
        if fields == ["refused"]:
            refused.append((name, "consort-music"))
            continue
        resolution, same, *ours = fields
        if same != "same":
            unstable.append(name)
        try:
            kinds = read(data / name, int(resolution))
        except Exception as error:  # both raise several kinds
            refused.append((name, f"{oracle}: {str(error)[:80] or type(error).__name__}"))
            continue
        ours = dict(field.split("=") for field in ours if field)
        theirs = {kind: digest(rows) for kind, rows in kinds.items() if rows}
        for kind in sorted(kinds | ours.keys() if oracle == "mido" else kinds):
            if kind == "releases":
                continue
            pair = ours.get(kind, "0:"), theirs.get(kind, "0:")
            if pair[0] == pair[1]:
                files, events = equal.get(kind, (0, 0))
                equal[kind] = files + 1, events + int(pair[0].split(":")[0])
            else:
                different.append((name, kind, *(one.split(":")[0] for one in pair)))
    print(f"written and read again: {len(unstable)} files differ {unstable}")
    for name, reason in refused:
        print(f"refused\t{name}\t{reason}")
    print(f"kind\tfiles equal\tevents\tfiles different, against {oracle}")
    for kind, (files, events) in sorted(equal.items()):
        count = sum(1 for row in different if row[1] == kind)
        print(f"{kind}\t{files}\t{events}\t{count}")
    print("file\tkind\tconsort-music\toracle")
    for row in different:
        print(*row, sep="\t")


def measure(data, runs):
    import symusic

    program = example("read_all")
    folders = [path for path in sorted(pathlib.Path(data).iterdir()) if path.is_dir()]
    endings = (".mid", ".midi")
    files = {f: sorted(p for p in f.rglob("*") if p.suffix.lower() in endings) for f in folders}
    folders = [folder for folder in folders if files[folder]] + [pathlib.Path(data)]
    files[pathlib.Path(data)] = sum(files.values(), [])
    print("folder\tfiles\tconsort-music ms\tsymusic ms\tratio (median, least, most)")
    for folder in folders:
        ours, theirs = [], []
        for _ in range(runs):
            command = [program, str(folder), "--format", "midi", "--runs", "2"]
            lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            ours.append(float(lines.split()[-1]))
            for _ in range(2):
                start = time.perf_counter()
                for path in files[folder]:
                    try:
                        symusic.Score(str(path)).note_num()
                    except Exception:  # what it refuses
                        pass
                seconds = time.perf_counter() - start
            theirs.append(seconds)
        ratios = [a / b for a, b in zip(ours, theirs)]
        median = statistics.median
        print(
            f"{folder.name}\t{len(files[folder])}\t{median(ours) * 1e3:.1f}\t{median(theirs) * 1e3:.1f}"
            f"\t{median(ratios):.2f} ({min(ratios):.2f}, {max(ratios):.2f})"
        )


if sys.argv[1] == "compare":
    for oracle in sys.argv[3:] or ["symusic", "mido"]:
        compare(sys.argv[2], oracle)
else:
    measure(sys.argv[2], int((sys.argv[3:] or ["9"])[0]))
