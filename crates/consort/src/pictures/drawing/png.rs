//! Shapes as Portable Network Graphics.

use png::{BitDepth, ColorType, Compression, Encoder};
use tiny_skia::{
    Color, FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Stroke, Transform,
};

use super::{Anchor, Area, Drawing, Font, Point, Segment, Shape};
use crate::pictures::lettering;
use crate::pictures::theme::{Colour, PAPER};

/// A picture is drawn at twice its size, for screens with fine pixels, unless it would have more
/// pixels than this.
const PIXELS_MAX: f64 = 16.0e6;

/// How far the control points of a quarter circle lie from its ends, in radii.
const QUARTER_CIRCLE: f64 = 0.552_284_75;

/// The bytes of the file.
pub(super) fn write(drawing: &Drawing) -> Vec<u8> {
    let scale = if drawing.width * drawing.height * 4.0 <= PIXELS_MAX {
        2.0
    } else {
        1.0
    };
    let size = |units: f64| (units * scale).ceil().clamp(1.0, 32_000.0) as u32;
    let canvas = Pixmap::new(size(drawing.width), size(drawing.height))
        .expect("both sides are above 0 and the area fits into memory's addresses");
    let mut canvas = Canvas {
        pixels: canvas,
        scale,
    };
    canvas.pixels.fill(colour(PAPER));
    for shape in &drawing.shapes {
        canvas.paint(shape);
    }
    encode(&canvas.pixels)
}

/// The painted pixels, as compressed RGB: nothing shines through the paper.
fn encode(pixels: &Pixmap) -> Vec<u8> {
    let colours: Vec<u8> = pixels
        .pixels()
        .iter()
        .flat_map(|pixel| [pixel.red(), pixel.green(), pixel.blue()])
        .collect();
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, pixels.width(), pixels.height());
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Balanced);
    encoder
        .write_header()
        .and_then(|mut writer| writer.write_image_data(&colours))
        .expect("the data have the size of the header and memory takes every write");
    bytes
}

struct Canvas {
    pixels: Pixmap,
    /// Pixels in a unit.
    scale: f64,
}

impl Canvas {
    fn paint(&mut self, shape: &Shape) {
        match shape {
            Shape::Rectangle { area, radius, fill } => {
                self.fill(&rounded(*area, *radius), (0.0, 0.0), *fill);
            }
            Shape::Circle {
                centre,
                radius,
                fill,
            } => {
                let (x, y) = (centre.0 - radius, centre.1 - radius);
                let area = Area {
                    x,
                    y,
                    width: radius * 2.0,
                    height: radius * 2.0,
                };
                self.fill(&rounded(area, *radius), (0.0, 0.0), *fill);
            }
            Shape::Outline { segments, fill } => self.fill(segments, (0.0, 0.0), *fill),
            Shape::Polyline {
                points,
                width,
                colour,
            } => self.stroke(points, *width, *colour),
            Shape::Text {
                at,
                anchor,
                font,
                text,
            } => self.letter(*at, *anchor, *font, text),
            Shape::Open { .. } | Shape::Close => {}
        }
    }

    fn letter(&mut self, at: Point, anchor: Anchor, font: Font, text: &str) {
        let width = lettering::width(text, font.size, font.weight);
        let left = match anchor {
            Anchor::Start => at.0,
            Anchor::Middle => at.0 - width / 2.0,
            Anchor::End => at.0 - width,
        };
        let outline = lettering::outline(text, font.size, font.weight);
        self.fill(&outline, (left, at.1), font.colour);
    }

    fn fill(&mut self, segments: &[Segment], origin: Point, fill: Colour) {
        // A shape without extent has no path, and nothing to paint.
        if let Some(path) = self.path(segments, origin) {
            let (paint, rule) = (paint(fill), FillRule::Winding);
            self.pixels
                .fill_path(&path, &paint, rule, Transform::identity(), None);
        }
    }

    fn stroke(&mut self, points: &[Point], width: f64, colour: Colour) {
        let start = points.first().map(|start| Segment::Move(*start));
        let rest = points.iter().skip(1).map(|point| Segment::Line(*point));
        let segments: Vec<Segment> = start.into_iter().chain(rest).collect();
        if let Some(path) = self.path(&segments, (0.0, 0.0)) {
            let stroke = Stroke {
                width: (width * self.scale) as f32,
                line_cap: LineCap::Round,
                line_join: LineJoin::Round,
                ..Stroke::default()
            };
            self.pixels
                .stroke_path(&path, &paint(colour), &stroke, Transform::identity(), None);
        }
    }

    fn path(&self, segments: &[Segment], origin: Point) -> Option<Path> {
        let x = |point: Point| ((point.0 + origin.0) * self.scale) as f32;
        let y = |point: Point| ((point.1 + origin.1) * self.scale) as f32;
        let mut path = PathBuilder::new();
        for segment in segments {
            match *segment {
                Segment::Move(to) => path.move_to(x(to), y(to)),
                Segment::Line(to) => path.line_to(x(to), y(to)),
                Segment::Quadratic(by, to) => path.quad_to(x(by), y(by), x(to), y(to)),
                Segment::Cubic(by, then, to) => {
                    path.cubic_to(x(by), y(by), x(then), y(then), x(to), y(to));
                }
                Segment::Close => path.close(),
            }
        }
        path.finish()
    }
}

/// A rectangle's outline, with corners rounded by as much of `radius` as there is room for.
fn rounded(area: Area, radius: f64) -> Vec<Segment> {
    let (left, top, right, bottom) = (area.x, area.y, area.right(), area.bottom());
    let radius = radius.min(area.width / 2.0).min(area.height / 2.0);
    if radius <= 0.0 {
        return vec![
            Segment::Move((left, top)),
            Segment::Line((right, top)),
            Segment::Line((right, bottom)),
            Segment::Line((left, bottom)),
            Segment::Close,
        ];
    }
    let near = radius * (1.0 - QUARTER_CIRCLE);
    vec![
        Segment::Move((left + radius, top)),
        Segment::Line((right - radius, top)),
        Segment::Cubic(
            (right - near, top),
            (right, top + near),
            (right, top + radius),
        ),
        Segment::Line((right, bottom - radius)),
        Segment::Cubic(
            (right, bottom - near),
            (right - near, bottom),
            (right - radius, bottom),
        ),
        Segment::Line((left + radius, bottom)),
        Segment::Cubic(
            (left + near, bottom),
            (left, bottom - near),
            (left, bottom - radius),
        ),
        Segment::Line((left, top + radius)),
        Segment::Cubic((left, top + near), (left + near, top), (left + radius, top)),
        Segment::Close,
    ]
}

fn paint(fill: Colour) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color(colour(fill));
    paint
}

fn colour(colour: Colour) -> Color {
    Color::from_rgba8(colour.red, colour.green, colour.blue, colour.alpha)
}
