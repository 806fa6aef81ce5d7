//! How much memory cutting ABC files takes. A test of its own, because it looks at the whole process.

use consort_music::abc;
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

#[test]
fn memory_is_bounded_by_the_documented_multiple() {
    // Just above a power of two, where lists that double have most to spare.
    const LENGTH: usize = 270_000;
    let filled = |start: &str, piece: &str| {
        let mut text = format!("{start}{}", piece.repeat(LENGTH / piece.len()));
        text.truncate(LENGTH);
        text
    };
    let header = format!("N:{}\n\n", "n".repeat(LENGTH / 2));
    let latin = header.replace('n', "\u{e5}");
    for text in [
        filled("", "\n"),
        filled("", "a\n"),
        filled("", "X:1\n"),
        filled("X:1\n", "%\n"),
        filled("", "N:\n"),
        format!("{header}{}", "X:1\nK:C\nc|\n".repeat(64)),
        format!("{header}{}", "X:1\n".repeat(LENGTH / 8)),
        format!("{latin}{}", "X:1\nK:C\nc|\n".repeat(64)),
    ] {
        // As Latin-1, of which letters may become two bytes.
        let bytes: Vec<u8> = text.chars().map(|c| c as u8).collect();
        MEMORY.reset_peak_usage();
        let before = MEMORY.current_usage();
        let tunes = abc::split(&bytes);
        let taken = MEMORY.peak_usage() - before;
        drop(tunes);
        let start = String::from_utf8_lossy(&bytes[..8]);
        assert!(
            taken <= 300 * bytes.len(),
            "{start:?}: {taken} bytes for {}",
            bytes.len()
        );
    }
}
