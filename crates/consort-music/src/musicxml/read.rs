//! From a document to a score.

mod attributes;
mod barline;
mod clock;
mod direction;
mod draft;
mod header;
mod ignored;
mod lines;
mod lyric;
mod nominal;
mod notations;
mod note;
mod part;
mod playback;
mod timeline;

use std::collections::BTreeMap;

use roxmltree::Node;

use crate::musicxml::error::MusicXmlError;
use crate::musicxml::report::{Report, short};
use crate::reading::Place;
use crate::score::{Part, Score};

use draft::PartDraft;
pub(super) use draft::in_order;
use header::PartHead;
pub(super) use lyric::ELISION;
use part::PartReader;
use timeline::Timeline;

/// Where one part stands in the document.
pub(super) struct PartSource<'a, 'input> {
    /// What the part list says about it.
    head: PartHead,
    /// Its measures with their index.
    measures: Vec<MeasureSource<'a, 'input>>,
}

/// Where one measure of one part stands in the document.
#[derive(Clone, Copy)]
pub(super) struct MeasureSource<'a, 'input> {
    /// Counted from 0.
    index: usize,
    /// The element with the attributes of the measure.
    header: Node<'a, 'input>,
    /// The element with the notes.
    content: Node<'a, 'input>,
}

/// Reads the score whose root element is `root`, which stands at `place`.
pub(super) fn score(root: Node, place: Place, report: &mut Report) -> Result<Score, MusicXmlError> {
    let timewise = match root.tag_name().name() {
        "score-partwise" => false,
        "score-timewise" => true,
        other => {
            let root = short(other);
            return Err(MusicXmlError::NotAScore { place, root });
        }
    };
    let metadata = header::metadata(root, report);
    let heads = header::part_heads(root, report);
    let music = if timewise {
        timewise_parts(root, report)
    } else {
        partwise_parts(root, report)
    };
    let sources = sources(heads, music, report);
    let count = sources
        .iter()
        .flat_map(|source| &source.measures)
        .map(|measure| measure.index + 1)
        .max();
    let Some(count) = count else {
        return Err(MusicXmlError::NoParts { place });
    };
    let resolution = clock::resolution_of(&sources, report);
    let mut timeline = Timeline::new(count);
    let drafts: Vec<PartDraft> = sources
        .iter()
        .enumerate()
        .map(|(index, source)| {
            PartReader::new(index, source, resolution, &mut timeline, report).read()
        })
        .collect();
    let mut score = Score::new(resolution);
    score.metadata = metadata;
    let keys = timeline.finish(&drafts, &mut score, report);
    let bounds = timeline::bounds(&score.measures);
    score.parts = drafts
        .into_iter()
        .zip(keys)
        .map(|(draft, keys)| Part {
            keys,
            ..draft.finish(&bounds, report)
        })
        .collect();
    Ok(score)
}

/// The elements below `node`.
fn elements<'a, 'input: 'a>(node: Node<'a, 'input>) -> impl Iterator<Item = Node<'a, 'input>> {
    node.children().filter(Node::is_element)
}

/// The first element below `node` of that name.
fn child<'a, 'input>(node: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    elements(node).find(|child| child.tag_name().name() == name)
}

/// The text of an element without white space around it.
fn text<'a>(node: Node<'a, '_>) -> &'a str {
    node.text().unwrap_or_default().trim()
}

/// The text of the first element below `node` of that name.
fn child_text<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    child(node, name).map(text)
}

/// Measures by the identity of their part, in the order of the document.
type Music<'a, 'input> = Vec<(&'a str, Vec<MeasureSource<'a, 'input>>)>;

fn partwise_parts<'a, 'input>(root: Node<'a, 'input>, report: &mut Report) -> Music<'a, 'input> {
    let mut music = Vec::new();
    for part in elements(root).filter(|node| node.has_tag_name("part")) {
        let mut measures = Vec::new();
        for node in elements(part) {
            if node.has_tag_name("measure") {
                measures.push(MeasureSource {
                    index: measures.len(),
                    header: node,
                    content: node,
                });
            } else {
                report.left_out(node);
            }
        }
        music.push((part.attribute("id").unwrap_or_default(), measures));
    }
    music
}

fn timewise_parts<'a, 'input>(root: Node<'a, 'input>, report: &mut Report) -> Music<'a, 'input> {
    let mut music: Music = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    let measures = elements(root).filter(|node| node.has_tag_name("measure"));
    for (index, header) in measures.enumerate() {
        for content in elements(header) {
            if !content.has_tag_name("part") {
                report.left_out(content);
                continue;
            }
            let id = content.attribute("id").unwrap_or_default();
            let place = *places.entry(id).or_insert_with(|| {
                music.push((id, Vec::new()));
                music.len() - 1
            });
            music[place].1.push(MeasureSource {
                index,
                header,
                content,
            });
        }
    }
    music
}

/// The parts in the order of the part list, and after them those that it lacks.
fn sources<'a, 'input>(
    heads: Vec<(String, PartHead)>,
    music: Music<'a, 'input>,
    report: &mut Report,
) -> Vec<PartSource<'a, 'input>> {
    let mut music: Vec<_> = music.into_iter().map(Some).collect();
    let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, (id, _)) in music.iter().flatten().enumerate() {
        places.entry(id).or_default().push(place);
    }
    places.values_mut().for_each(|places| places.reverse());
    let mut sources = Vec::new();
    for (id, head) in heads {
        // A part that forgets its identity is the next one of the list that has no music.
        let mut next = |id: &str| places.get_mut(id).and_then(Vec::pop);
        let place = next(&id).or_else(|| next(""));
        match place.and_then(|place| music[place].take()) {
            Some((_, measures)) => sources.push(PartSource { head, measures }),
            None => report.file(format!(
                "the part list names a part {:?} that has no music; left out",
                short(&id)
            )),
        }
    }
    for (id, measures) in music.into_iter().flatten() {
        report.file(format!(
            "the part {:?} is missing from the part list; put after the others",
            short(id)
        ));
        let head = PartHead::default();
        sources.push(PartSource { head, measures });
    }
    sources
}
