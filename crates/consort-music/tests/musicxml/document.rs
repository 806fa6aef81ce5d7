//! Small documents, put together from their parts.

/// A document of the measures of one part, at two divisions to the quarter note.
pub(crate) fn document(measures: &str) -> String {
    document_of(&[("", measures)])
}

/// A document of parts: what the part list says besides the name, and the measures.
pub(crate) fn document_of(parts: &[(&str, &str)]) -> String {
    let list: String = (1..)
        .zip(parts)
        .map(|(n, (head, _))| {
            format!("<score-part id=\"P{n}\"><part-name>Part {n}</part-name>{head}</score-part>")
        })
        .collect();
    let music: String = (1..)
        .zip(parts)
        .map(|(n, (_, measures))| format!("<part id=\"P{n}\">{measures}</part>"))
        .collect();
    format!("<score-partwise><part-list>{list}</part-list>{music}</score-partwise>")
}

/// A measure that begins with divisions, and 4/4 in C.
pub(crate) fn first(content: &str) -> String {
    format!(
        "<measure number=\"1\"><attributes><divisions>2</divisions><key><fifths>0</fifths></key>\
         <time><beats>4</beats><beat-type>4</beat-type></time></attributes>{content}</measure>"
    )
}

/// A note such as `C4`, `F#5` or `Bb3`, with more elements after its duration.
pub(crate) fn note(name: &str, duration: u32, more: &str) -> String {
    let alter = match &name[1..name.len() - 1] {
        "#" => "<alter>1</alter>",
        "b" => "<alter>-1</alter>",
        _ => "",
    };
    let (step, octave) = (&name[..1], &name[name.len() - 1..]);
    format!(
        "<note><pitch><step>{step}</step>{alter}<octave>{octave}</octave></pitch>\
         <duration>{duration}</duration>{more}</note>"
    )
}
