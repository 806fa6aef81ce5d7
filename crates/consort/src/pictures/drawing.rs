//! A picture as shapes, before it is a file.

use super::PictureFormat;
use super::lettering::{self, Weight};
use super::theme::Colour;

mod png;
mod svg;

/// A place, x to the right and y downwards. A unit is a pixel of the SVG at its natural size.
pub(crate) type Point = (f64, f64);

/// Shapes in the order in which they are painted.
pub(crate) struct Drawing {
    /// What the picture is, for those who cannot see it.
    description: String,
    width: f64,
    height: f64,
    shapes: Vec<Shape>,
}

/// A rectangle's place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Area {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

impl Area {
    pub(crate) fn right(&self) -> f64 {
        self.x + self.width
    }

    pub(crate) fn bottom(&self) -> f64 {
        self.y + self.height
    }
}

/// Where text stands relative to its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// How text looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Font {
    pub(crate) size: f64,
    pub(crate) weight: Weight,
    pub(crate) colour: Colour,
}

/// A piece of an outline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Segment {
    Move(Point),
    Line(Point),
    Quadratic(Point, Point),
    Cubic(Point, Point, Point),
    Close,
}

/// A thing painted.
#[derive(Clone, Debug, PartialEq)]
enum Shape {
    Rectangle {
        area: Area,
        radius: f64,
        fill: Colour,
    },
    Circle {
        centre: Point,
        radius: f64,
        fill: Colour,
    },
    Outline {
        segments: Vec<Segment>,
        fill: Colour,
    },
    Polyline {
        points: Vec<Point>,
        width: f64,
        colour: Colour,
    },
    Text {
        at: Point,
        anchor: Anchor,
        font: Font,
        text: String,
    },
    Open {
        class: &'static str,
        title: String,
    },
    Close,
}

impl Drawing {
    /// An empty picture.
    pub(crate) fn new(description: &str, width: f64, height: f64) -> Drawing {
        Drawing {
            description: lettering::clean(description),
            width,
            height,
            shapes: Vec::new(),
        }
    }

    pub(crate) fn width(&self) -> f64 {
        self.width
    }

    /// Gives the picture the height that its contents turned out to need.
    pub(crate) fn cut(&mut self, height: f64) {
        self.height = height;
    }

    /// A filled rectangle, its corners rounded if `radius` is not 0.
    pub(crate) fn rectangle(&mut self, area: Area, radius: f64, fill: Colour) {
        self.shapes.push(Shape::Rectangle { area, radius, fill });
    }

    /// A vertical line, as a rectangle that lies on whole pixels and is therefore sharp.
    pub(crate) fn vertical(&mut self, x: f64, from: f64, to: f64, width: f64, colour: Colour) {
        let x = (x - width / 2.0).round();
        self.rectangle(
            Area {
                x,
                y: from,
                width,
                height: to - from,
            },
            0.0,
            colour,
        );
    }

    /// A horizontal line, sharp as [`Drawing::vertical`].
    pub(crate) fn horizontal(&mut self, y: f64, from: f64, to: f64, width: f64, colour: Colour) {
        let y = (y - width / 2.0).round();
        self.rectangle(
            Area {
                x: from,
                y,
                width: to - from,
                height: width,
            },
            0.0,
            colour,
        );
    }

    pub(crate) fn circle(&mut self, centre: Point, radius: f64, fill: Colour) {
        self.shapes.push(Shape::Circle {
            centre,
            radius,
            fill,
        });
    }

    /// A filled shape of any form.
    pub(crate) fn outline(&mut self, segments: Vec<Segment>, fill: Colour) {
        self.shapes.push(Shape::Outline { segments, fill });
    }

    /// Points joined by a line with round corners; a single point is a dot.
    pub(crate) fn polyline(&mut self, points: Vec<Point>, width: f64, colour: Colour) {
        match points.as_slice() {
            [] => {}
            [only] => self.circle(*only, width * 1.5, colour),
            _ => self.shapes.push(Shape::Polyline {
                points,
                width,
                colour,
            }),
        }
    }

    /// One line of text, `at` its baseline.
    pub(crate) fn text(&mut self, at: Point, anchor: Anchor, font: Font, text: &str) {
        let text = lettering::clean(text);
        if !text.is_empty() {
            self.shapes.push(Shape::Text {
                at,
                anchor,
                font,
                text,
            });
        }
    }

    /// Begins a group that has a name in the SVG; [`Drawing::close`] ends it.
    pub(crate) fn open(&mut self, class: &'static str, title: &str) {
        self.shapes.push(Shape::Open {
            class,
            title: lettering::clean(title),
        });
    }

    pub(crate) fn close(&mut self) {
        self.shapes.push(Shape::Close);
    }

    /// The picture as a file.
    pub(crate) fn encode(&self, format: PictureFormat) -> Vec<u8> {
        match format {
            PictureFormat::Svg => svg::write(self).into_bytes(),
            PictureFormat::Png => png::write(self),
        }
    }
}
