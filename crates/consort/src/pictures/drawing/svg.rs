//! Shapes as Scalable Vector Graphics.

use std::fmt::Write;

use super::{Anchor, Area, Drawing, Font, Point, Segment, Shape};
use crate::pictures::lettering::{FAMILIES, Weight};
use crate::pictures::theme::{Colour, PAPER};

/// The text of the file.
pub(super) fn write(drawing: &Drawing) -> String {
    let (width, height) = (Number(drawing.width), Number(drawing.height));
    let description = Escaped(&drawing.description);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{description}\" \
         font-family=\"{FAMILIES}\">\n"
    );
    let page = Area {
        x: 0.0,
        y: 0.0,
        width: drawing.width,
        height: drawing.height,
    };
    rectangle(&mut out, page, 0.0, PAPER);
    for shape in &drawing.shapes {
        write_shape(&mut out, shape);
    }
    out.push_str("</svg>\n");
    out
}

fn write_shape(out: &mut String, shape: &Shape) {
    match shape {
        Shape::Rectangle { area, radius, fill } => rectangle(out, *area, *radius, *fill),
        Shape::Circle {
            centre,
            radius,
            fill,
        } => {
            let (x, y) = (Number(centre.0), Number(centre.1));
            let fill = Paint("fill", *fill);
            line(
                out,
                format_args!(
                    "<circle cx=\"{x}\" cy=\"{y}\" r=\"{}\"{fill}/>",
                    Number(*radius)
                ),
            );
        }
        Shape::Outline { segments, fill } => {
            let (path, fill) = (Path(segments), Paint("fill", *fill));
            line(out, format_args!("<path d=\"{path}\"{fill}/>"));
        }
        Shape::Polyline {
            points,
            width,
            colour,
        } => {
            let (points, stroke) = (Points(points), Paint("stroke", *colour));
            line(
                out,
                format_args!(
                    "<polyline points=\"{points}\" fill=\"none\"{stroke} stroke-width=\"{}\" \
                     stroke-linejoin=\"round\" stroke-linecap=\"round\"/>",
                    Number(*width)
                ),
            );
        }
        Shape::Text {
            at,
            anchor,
            font,
            text,
        } => write_text(out, *at, *anchor, *font, text),
        Shape::Open { class, title } => {
            line(out, format_args!("<g class=\"{class}\">"));
            if !title.is_empty() {
                line(out, format_args!("<title>{}</title>", Escaped(title)));
            }
        }
        Shape::Close => line(out, format_args!("</g>")),
    }
}

fn rectangle(out: &mut String, area: Area, radius: f64, fill: Colour) {
    let (x, y) = (Number(area.x), Number(area.y));
    let (width, height) = (Number(area.width), Number(area.height));
    let rounding = if radius > 0.0 {
        format!(" rx=\"{}\"", Number(radius))
    } else {
        String::new()
    };
    line(
        out,
        format_args!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"{rounding}{}/>",
            Paint("fill", fill)
        ),
    );
}

fn write_text(out: &mut String, at: Point, anchor: Anchor, font: Font, text: &str) {
    let (x, y, size) = (Number(at.0), Number(at.1), Number(font.size));
    let weight = match font.weight {
        Weight::Regular => "",
        Weight::SemiBold => " font-weight=\"600\"",
    };
    let anchor = match anchor {
        Anchor::Start => "",
        Anchor::Middle => " text-anchor=\"middle\"",
        Anchor::End => " text-anchor=\"end\"",
    };
    let (fill, text) = (Paint("fill", font.colour), Escaped(text));
    line(
        out,
        format_args!(
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\"{weight}{anchor}{fill}>{text}</text>"
        ),
    );
}

fn line(out: &mut String, content: std::fmt::Arguments<'_>) {
    writeln!(out, "{content}").expect("writing to a string cannot fail");
}

/// A number to a hundredth of a unit, without trailing zeros.
struct Number(f64);

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = format!("{:.2}", self.0);
        let text = text.trim_end_matches('0').trim_end_matches('.');
        f.write_str(if text == "-0" { "0" } else { text })
    }
}

/// Text with the characters that mean something to XML replaced.
struct Escaped<'a>(&'a str);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            c => f.write_char(c),
        })
    }
}

/// A colour as the value of an attribute, with its opacity where it has one.
struct Paint(&'static str, Colour);

impl std::fmt::Display for Paint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Paint(
            attribute,
            Colour {
                red,
                green,
                blue,
                alpha,
            },
        ) = self;
        write!(f, " {attribute}=\"#{red:02x}{green:02x}{blue:02x}\"")?;
        if *alpha < 255 {
            write!(
                f,
                " {attribute}-opacity=\"{}\"",
                Number(f64::from(*alpha) / 255.0)
            )?;
        }
        Ok(())
    }
}

struct Points<'a>(&'a [Point]);

impl std::fmt::Display for Points<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (place, (x, y)) in self.0.iter().enumerate() {
            let space = if place == 0 { "" } else { " " };
            write!(f, "{space}{},{}", Number(*x), Number(*y))?;
        }
        Ok(())
    }
}

struct Path<'a>(&'a [Segment]);

impl std::fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|segment| match segment {
            Segment::Move(to) => write!(f, "M{}", Points(&[*to])),
            Segment::Line(to) => write!(f, "L{}", Points(&[*to])),
            Segment::Quadratic(by, to) => write!(f, "Q{}", Points(&[*by, *to])),
            Segment::Cubic(by, then, to) => write!(f, "C{}", Points(&[*by, *then, *to])),
            Segment::Close => f.write_str("Z"),
        })
    }
}
