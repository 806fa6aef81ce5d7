"""Makes the piano recordings that `spectral` learns from: 25 piano rolls, played by a SoundFont.

    pip install mido numpy scipy
    python evaluations/spectral/render.py [--rolls ../shared/data/piano-rolls] [--soundfont FluidR3_GM.sf2] [-o piano-audio]

No small open corpus of continuous piano recordings was found, so that these stand in for one: the first 150 seconds of
rolls of the set `piano-rolls`, played by `consort render` with FluidR3 GM (MIT; Debian's package `fluid-soundfont-gm`),
as WAV of 16 kHz, 16 bits, one channel. Rolls without dynamics, shorter ones and those with a rest of more than three
seconds are passed over; of a work there is one; the order is that of the SHA-256 of the rolls' names. The first 20 lie in
`train`, the last five in `test`. Writes what it took with the hashes of all files to `rolls.json` beside this file, and with
`--check` says whether what is there is the same.
"""

import argparse
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

import mido
import numpy
from scipy.io import wavfile
from scipy.signal import resample_poly

HERE = pathlib.Path(__file__).resolve().parent
SECONDS, COUNT, TRAIN, LONGEST_REST, RATE = 150, 25, 20, 3.0, 16_000
FLAT = {"88-note", "65-note"}


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def cut(path):
    """The first seconds of a roll, or nothing if it is too short or rests too long."""
    roll = mido.MidiFile(path)
    now, sounding, rests, kept = 0.0, 0.0, [], []
    for message in roll:
        now += message.time
        if now > SECONDS:
            break
        kept.append((now, message))
        if message.type == "note_on" and message.velocity:
            rests.append(now - sounding)
            sounding = now
    if now < SECONDS or not rests or max(rests[1:], default=0) > LONGEST_REST:
        return None
    begin = rests[0]
    file = mido.MidiFile(ticks_per_beat=1000)
    track = mido.MidiTrack()
    file.tracks.append(track)
    track.append(mido.MetaMessage("set_tempo", tempo=1_000_000))
    ticks, held = 0, {}
    for at, message in kept:
        if message.is_meta or message.type == "program_change":
            continue
        at = max(0, round(1000 * (at - begin)))
        track.append(message.copy(time=at - ticks))
        ticks = at
        if message.type in ("note_on", "note_off"):
            is_on = message.type == "note_on" and message.velocity > 0
            held[(message.channel, message.note)] = is_on
    end = round(1000 * (SECONDS - begin))
    for (channel, note), is_on in held.items():
        if is_on:
            track.append(mido.Message("note_off", channel=channel, note=note, time=end - ticks))
            ticks = end
    return file


def rolls(folder):
    """Rolls to play, and their cut MIDI files."""
    catalogue = json.loads((folder / "output" / "catalog.json").read_text())
    order = sorted(catalogue, key=lambda roll: hashlib.sha256(roll["druid"].encode()).hexdigest())
    works, found = set(), []
    for roll in order:
        path = folder / "midi" / "exp" / f"{roll['druid']}_exp.mid"
        work = (roll["composer"], roll["work"] or roll["title"])
        if roll["type"] in FLAT or work in works or not path.exists():
            continue
        file = cut(path)
        if file:
            works.add(work)
            found.append((roll, path, file))
        if len(found) == COUNT:
            return found
    sys.exit(f"only {len(found)} rolls are fit")


def played(file, soundfont, consort):
    with tempfile.TemporaryDirectory() as place:
        midi, wav = pathlib.Path(place, "roll.mid"), pathlib.Path(place, "roll.wav")
        file.save(midi)
        subprocess.run([consort, "render", midi, "--soundfont", soundfont, "-o", wav], check=True, stdout=subprocess.DEVNULL)
        rate, samples = wavfile.read(wav)
    mono = samples.astype(numpy.float64).mean(1) / 32768
    mono = resample_poly(mono, RATE, rate)[: SECONDS * RATE]
    return numpy.round(numpy.clip(mono, -1, 1) * 32767).astype(numpy.int16)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rolls", type=pathlib.Path, default=HERE.parents[2] / "shared" / "data" / "piano-rolls")
    parser.add_argument("--soundfont", default="/usr/share/sounds/sf2/FluidR3_GM.sf2")
    parser.add_argument("--consort", default=HERE.parents[1] / "target" / "release" / "consort")
    parser.add_argument("-o", "--output", type=pathlib.Path, default=pathlib.Path("piano-audio"))
    parser.add_argument("--check", action="store_true")
    asked = parser.parse_args()
    made = []
    for index, (roll, path, file) in enumerate(rolls(asked.rolls)):
        fold = "train" if index < TRAIN else "test"
        target = asked.output / fold / f"{roll['druid']}.wav"
        target.parent.mkdir(parents=True, exist_ok=True)
        samples = played(file, asked.soundfont, asked.consort)
        wavfile.write(target, RATE, samples)
        about = {key: roll[key] for key in ("druid", "title", "performer", "type")}
        about |= {"fold": fold, "roll_sha256": sha256(path), "sha256": sha256(target)}
        made.append(about | {"seconds": len(samples) / RATE})
        print(f"{target}: {roll['title']}", flush=True)
    found = {"soundfont_sha256": sha256(pathlib.Path(asked.soundfont)), "files": made}
    note = HERE / "rolls.json"
    if asked.check:
        same = json.loads(note.read_text()) == found
        sys.exit(None if same else "not the same as in rolls.json")
    note.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
