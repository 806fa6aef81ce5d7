#!/usr/bin/env python3
"""What consort-music reads and writes of ABC, against abc2midi, music21 and symusic.

    python3 abc.py abc2midi TOOL ROOT < FILES     what is read, repeats played out
    python3 abc.py music21 TOOL ROOT < FILES      what is read, as it is written
    python3 abc.py written TOOL ROOT < FILES      what is written, by what abc2midi says and plays of it
    python3 abc.py speed TOOL ROOT < FILES        seconds, file by file, in turn

TOOL is the example of consort-music, built with `cargo build --release -p consort-music --example
abc_tunes`; FILES are paths below ROOT, one a line. abc2midi (Debian's abcmidi) must be in the path;
music21 and symusic are Python packages. Tunes are compared by onset, pitch and duration of all
notes in ticks of 1/480 quarter; fixtures/abc/oracle.py says what abc2midi is not shown.
"""

import collections
import os
import re
import subprocess
import sys
import tempfile
import time
from fractions import Fraction

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "fixtures", "abc"))
import oracle  # noqa: E402


def text_of(path):
    with open(path, "rb") as file:
        data = file.read()
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def ours(tool, mode, root, files):
    """The notes of each tune of each file."""
    output = subprocess.run(
        [tool, mode, root], input="\n".join(files), capture_output=True, text=True, check=True
    ).stdout
    found = {}
    for line in output.splitlines():
        if line.startswith("# "):
            tunes = found.setdefault(line[2:], [])
        else:
            notes = line.partition("\t")[2].split()
            tunes.append([tuple(map(int, note.split(":"))) for note in notes])
    return found


def by_abc2midi(root, files):
    with tempfile.TemporaryDirectory() as folder:
        for path in files:
            tunes = oracle.tunes(text_of(os.path.join(root, path)))
            yield path, [oracle.played(tune, folder) for tune in tunes]


def by_music21(root, files):
    from music21 import converter, harmony, stream

    def notes(score):
        for part in list(score.parts) or [score]:
            for note in part.stripTies().flatten().notes:
                if isinstance(note, harmony.Harmony) or note.duration.isGrace:
                    continue
                onset = round(Fraction(note.offset) * 480)
                end = round((Fraction(note.offset) + Fraction(note.quarterLength)) * 480)
                for pitch in note.pitches:
                    yield onset, pitch.midi, end - onset

    for path in files:
        read = converter.parseFile(os.path.join(root, path), format="abc", forceSource=True)
        scores = read.scores if isinstance(read, stream.Opus) else [read]
        yield path, [sorted(notes(score)) for score in scores]


def kind(own, other):
    """In what two readings of a tune differ."""
    if not other:
        return "the other has no notes"
    if [note[::2] for note in own] == [note[::2] for note in other]:
        return "pitches"
    if [note[1] for note in own] == [note[1] for note in other]:
        return "times"
    return "notes" if len(own) == len(other) else "number of notes"


def compare(own, others):
    equal, total, kinds = 0, 0, collections.Counter()
    for path, tunes in others:
        if len(tunes) != len(own[path]):
            print(path, "has", len(own[path]), "tunes or", len(tunes))
            continue
        for index, (a, b) in enumerate(zip(own[path], tunes)):
            total += 1
            equal += a == b
            if a != b:
                kinds[kind(a, b)] += 1
                print(path, index, kind(a, b), sep="\t")
    print(f"{equal} of {total} tunes equal")
    for name, count in kinds.most_common():
        print(f"{count:6} differ in: {name}")


def written(tool, root, files):
    output = subprocess.run(
        [tool, "canonical", root], input="\n".join(files), capture_output=True, text=True, check=True
    ).stdout
    tunes = re.split(r"^# .*\.abc \d+\n", output, flags=re.M)[1:]
    own = sum(ours(tool, "played", root, files).values(), [])
    total, refused, equal, messages = 0, 0, 0, collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        source, target = os.path.join(folder, "tune.abc"), os.path.join(folder, "tune.mid")
        for tune, notes in zip(tunes, own, strict=True):
            with open(source, "w", encoding="utf-8") as file:
                file.write(tune.rstrip("\n") + "\n\n")
            said = subprocess.run(["abc2midi", source, "-o", target], capture_output=True)
            said = said.stdout.decode("latin-1").splitlines()
            errors = [line for line in said if line.startswith("Error")]
            messages.update(re.sub(r"\d+", "#", line) for line in errors)
            total += 1
            refused += bool(errors)
            equal += oracle.played(oracle.tunes(tune)[0], folder) == notes
    print(f"{total} tunes written, {refused} with errors in abc2midi, {equal} sound the same there")
    for message, count in messages.most_common():
        print(f"{count:6} {message}")


def speed(tool, root, files):
    """All tunes as files of their own, read by each in turn, five times."""
    import symusic

    with tempfile.TemporaryDirectory() as folder:
        names = []
        for path in files:
            for tune in oracle.tunes(text_of(os.path.join(root, path))):
                names.append(f"{len(names)}.abc")
                with open(os.path.join(folder, names[-1]), "w", encoding="utf-8") as file:
                    file.write("\n".join(tune) + "\n")

        def consort():
            said = subprocess.run(
                [tool, "count", folder], input="\n".join(names), capture_output=True, text=True
            )
            return float(said.stdout.split()[-2])

        def timed(read):
            start = time.perf_counter()
            for name in names:
                read(os.path.join(folder, name))
            return time.perf_counter() - start

        def abc2midi(path):
            target = os.path.join(folder, "out.mid")
            command = ["abc2midi", path, "-o", target, "-silent"]
            subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        # What symusic has abc2midi print goes nowhere.
        out = os.dup(1)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        rounds = [(consort(), timed(symusic.Score), timed(abc2midi)) for _ in range(5)]
        os.dup2(out, 1)
    for own, theirs, midi in rounds:
        print(f"consort {own:.4f} s  symusic {theirs:.3f} s ({theirs / own:.0f}x)", end="  ")
        print(f"abc2midi {midi:.3f} s ({midi / own:.0f}x)")
    print(f"{len(names)} tunes, each a file")


def main(command, tool, root):
    files = sys.stdin.read().splitlines()
    if command == "abc2midi":
        compare(ours(tool, "played", root, files), by_abc2midi(root, files))
    elif command == "music21":
        compare(ours(tool, "written", root, files), by_music21(root, files))
    elif command == "written":
        written(tool, root, files)
    elif command == "speed":
        speed(tool, root, files)


if __name__ == "__main__":
    main(*sys.argv[1:])
