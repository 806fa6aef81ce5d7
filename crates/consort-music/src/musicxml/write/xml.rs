//! A document that is written from its start to its end.

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

/// The elements that are open, and the text so far.
pub(super) struct Xml {
    writer: Writer<Vec<u8>>,
    open: Vec<&'static str>,
}

impl Xml {
    /// A document with nothing but its declaration.
    pub(super) fn new() -> Xml {
        let mut xml = Xml {
            writer: Writer::new_with_indent(Vec::new(), b' ', 1),
            open: Vec::new(),
        };
        xml.event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
        xml
    }

    fn event(&mut self, event: Event) {
        self.writer
            .write_event(event)
            .expect("writing to memory cannot fail");
    }

    /// Writes the document type, given what stands between its brackets.
    pub(super) fn doctype(&mut self, text: &str) {
        self.event(Event::DocType(BytesText::from_escaped(text)));
    }

    /// Opens an element.
    pub(super) fn open(&mut self, name: &'static str) {
        self.open_with(name, &[]);
    }

    /// Opens an element with attributes.
    pub(super) fn open_with(&mut self, name: &'static str, attributes: &[(&str, &str)]) {
        self.event(Event::Start(start(name, attributes)));
        self.open.push(name);
    }

    /// Closes the element that was opened last.
    pub(super) fn close(&mut self) {
        if let Some(name) = self.open.pop() {
            self.event(Event::End(BytesEnd::new(name)));
        }
    }

    /// Writes an element without content.
    pub(super) fn empty(&mut self, name: &'static str) {
        self.empty_with(name, &[]);
    }

    /// Writes an element with attributes and without content.
    pub(super) fn empty_with(&mut self, name: &'static str, attributes: &[(&str, &str)]) {
        self.event(Event::Empty(start(name, attributes)));
    }

    /// Writes an element that holds `text`.
    pub(super) fn leaf(&mut self, name: &'static str, text: &str) {
        self.leaf_with(name, &[], text);
    }

    /// Writes an element with attributes that holds `text`.
    pub(super) fn leaf_with(
        &mut self,
        name: &'static str,
        attributes: &[(&str, &str)],
        text: &str,
    ) {
        self.event(Event::Start(start(name, attributes)));
        self.event(Event::Text(BytesText::new(text)));
        self.event(Event::End(BytesEnd::new(name)));
    }

    /// Writes an element that holds a number.
    pub(super) fn number(&mut self, name: &'static str, number: impl Into<i64>) {
        self.leaf(name, &number.into().to_string());
    }

    /// The document.
    pub(super) fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        let mut bytes = self.writer.into_inner();
        bytes.push(b'\n');
        String::from_utf8(bytes).expect("only text was written")
    }
}

fn start<'a>(name: &'static str, attributes: &[(&'a str, &'a str)]) -> BytesStart<'a> {
    let mut start = BytesStart::new(name);
    for &attribute in attributes {
        start.push_attribute(attribute);
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_attributes_come_back() {
        let hard = "<a> & \"b\" 'c'\n\td\u{1F3B5}";
        let mut xml = Xml::new();
        xml.open("root");
        xml.leaf_with("leaf", &[("at", hard)], hard);
        let text = xml.finish();
        let document = roxmltree::Document::parse(&text).unwrap();
        let leaf = document.root_element().first_element_child().unwrap();
        assert_eq!(leaf.attribute("at"), Some(hard));
        assert_eq!(leaf.text(), Some(hard));
    }
}
