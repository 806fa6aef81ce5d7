//! How much memory reading ABC takes. A test of its own, because it looks at the whole process.

use std::fs;

use consort_music::abc;

/// The most memory that this process has had, where Linux tells.
fn peak() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: usize = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}

#[test]
fn memory_is_bounded_by_the_documented_multiple() {
    if peak().is_none() {
        eprintln!("skipped: this system does not tell how much memory a process has had");
        return;
    }
    // Just above a power of two, where lists that double have most to spare.
    const LENGTH: usize = 270_000;
    for piece in [
        "c",
        "c|",
        "[cccccccccccc]",
        "|1c",
        "X:1\n",
        "X:1\nK:C\nc\n",
        "m:c=ddddddddddddddd\nc",
        "c-",
        "c&",
        "Hz",
        "!<(!",
        "Z9",
        "{/c}",
        "\"C\"",
        "c\nw:a\n",
        "[K:D]",
        "[V:1]c",
        "N:\n",
        "[I:MIDI control 1 1]",
    ] {
        let mut text = format!("X:1\nK:C\n{}", piece.repeat(LENGTH / piece.len()));
        text.truncate(LENGTH);
        let before = peak().unwrap();
        let reading = abc::read(text.as_bytes()).unwrap();
        assert!(!reading.value.is_empty());
        drop(reading);
        let peak = peak().unwrap();
        assert!(
            peak <= 1000 * LENGTH + (16 << 20),
            "{piece:?}: {peak} bytes, and {before} before"
        );
    }
}
