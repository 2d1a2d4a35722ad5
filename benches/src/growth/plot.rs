//! A picture of a few lines, as SVG.

use std::fmt;
use std::ops::RangeInclusive;

/// Lines over two logarithmic axes.
pub(super) struct Plot<'a> {
    pub(super) title: &'a str,
    pub(super) x: &'a str,
    pub(super) y: &'a str,
    /// Each with its name.
    pub(super) lines: Vec<(&'a str, Vec<(f64, f64)>)>,
}

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 400.0;
const MARGIN: f64 = 60.0;
const COLOURS: [&str; 2] = ["#1f6feb", "#d1582b"];

impl Plot<'_> {
    /// The powers of ten that hold all values of an axis.
    fn decades(&self, of: fn(&(f64, f64)) -> f64) -> RangeInclusive<i32> {
        let all = self.lines.iter().flat_map(|(_, points)| points.iter().map(of));
        let positive = all.filter(|value| *value > 0.0);
        let (least, most) =
            positive.fold((f64::MAX, f64::MIN), |(least, most), it| (least.min(it), most.max(it)));
        if least > most {
            return 0..=1;
        }
        let low = least.log10().floor() as i32;
        low..=(most.log10().ceil() as i32).max(low + 1)
    }
}

/// Where a value lies between the ends of an axis, from 0 to 1.
fn share(value: f64, decades: &RangeInclusive<i32>) -> f64 {
    let (low, high) = (f64::from(*decades.start()), f64::from(*decades.end()));
    (value.max(1e-12).log10() - low) / (high - low)
}

fn across(value: f64, decades: &RangeInclusive<i32>) -> f64 {
    MARGIN + share(value, decades) * (WIDTH - 2.0 * MARGIN)
}

fn up(value: f64, decades: &RangeInclusive<i32>) -> f64 {
    HEIGHT - MARGIN - share(value, decades) * (HEIGHT - 2.0 * MARGIN)
}

impl fmt::Display for Plot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { title, x, y, lines } = self;
        let (columns, rows) = (self.decades(|point| point.0), self.decades(|point| point.1));
        writeln!(
            f,
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">"#
        )?;
        writeln!(f, r##"<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>"##)?;
        let middle = WIDTH / 2.0;
        writeln!(
            f,
            r#"<text x="{middle}" y="24" text-anchor="middle" font-size="15">{title}</text>"#
        )?;
        writeln!(f, r#"<text x="{middle}" y="{}" text-anchor="middle">{x}</text>"#, HEIGHT - 16.0)?;
        writeln!(f, r#"<text x="{MARGIN}" y="44" text-anchor="middle">{y}</text>"#)?;
        let (left, right, bottom, top) = (MARGIN, WIDTH - MARGIN, HEIGHT - MARGIN, MARGIN);
        for decade in columns.clone() {
            let (at, value) = (across(10_f64.powi(decade), &columns), 10_f64.powi(decade));
            writeln!(f, r##"<path d="M{at:.1} {top}V{bottom}" stroke="#dddddd"/>"##)?;
            writeln!(
                f,
                r#"<text x="{at:.1}" y="{}" text-anchor="middle">{value}</text>"#,
                bottom + 16.0
            )?;
        }
        for decade in rows.clone() {
            let (at, value) = (up(10_f64.powi(decade), &rows), 10_f64.powi(decade));
            writeln!(f, r##"<path d="M{left} {at:.1}H{right}" stroke="#dddddd"/>"##)?;
            writeln!(
                f,
                r#"<text x="{}" y="{:.1}" text-anchor="end">{value}</text>"#,
                left - 6.0,
                at + 4.0
            )?;
        }
        for ((name, points), colour) in lines.iter().zip(COLOURS) {
            let place =
                |(x, y): &(f64, f64)| format!("{:.1},{:.1}", across(*x, &columns), up(*y, &rows));
            let path: Vec<String> = points.iter().map(place).collect();
            let path = path.join(" ");
            writeln!(
                f,
                r#"<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>"#
            )?;
            if let Some((x, y)) = points.last() {
                let (x, y) = (across(*x, &columns) + 6.0, up(*y, &rows) + 4.0);
                writeln!(f, r#"<text x="{x:.1}" y="{y:.1}" fill="{colour}">{name}</text>"#)?;
            }
        }
        writeln!(f, "</svg>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_ten_times_as_large_lies_a_decade_further() {
        let line = vec![(10.0, 1.0), (1000.0, 100.0)];
        let plot = Plot { title: "t", x: "x", y: "y", lines: vec![("ours", line)] };
        let drawn = plot.to_string();
        assert!(drawn.contains(r#"points="60.0,340.0 580.0,60.0""#), "{drawn}");
        assert!(drawn.starts_with("<svg ") && drawn.ends_with("</svg>\n"));
    }
}
