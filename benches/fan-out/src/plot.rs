//! A line plot as SVG: both axes begin at zero and are linear, so that linear growth is a straight line.

use std::fmt::Write;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 420.0;
/// Margins around the axes: left, top, right (with the lines' names), bottom.
const MARGIN: [f64; 4] = [64.0, 16.0, 220.0, 48.0];

/// Colors that color-blind readers can distinguish (Okabe and Ito).
const COLOURS: [&str; 8] =
    ["#888888", "#000000", "#d55e00", "#e69f00", "#0072b2", "#56b4e9", "#009e73", "#cc79a7"];

/// Plots lines with their names and points, and titles of the axes.
pub fn lines(across: &str, up: &str, lines: &[(&str, Vec<(f64, f64)>)]) -> String {
    let points = || lines.iter().flat_map(|(_, points)| points);
    let (x_step, x_end) = scale(points().map(|(x, _)| *x).fold(0.0, f64::max));
    let (y_step, y_end) = scale(points().map(|(_, y)| *y).fold(0.0, f64::max));
    let [left, top, right, bottom] = MARGIN;
    let x = |value: f64| left + value / x_end * (WIDTH - left - right);
    let y = |value: f64| HEIGHT - bottom - value / y_end * (HEIGHT - top - bottom);

    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    let mut add = |text: String| writeln!(svg, "{text}").expect("a string takes all text");
    let ticks =
        |step: f64, end: f64| (0..).map(move |n| f64::from(n) * step).take_while(move |at| *at <= end);
    for at in ticks(y_step, y_end) {
        let (x1, x2, y) = (x(0.0), x(x_end), y(at));
        add(format!("<path d=\"M{x1:.1} {y:.1}H{x2:.1}\" stroke=\"#ddd\"/>"));
        add(format!("<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{at}</text>", x1 - 6.0, y + 4.0));
    }
    for at in ticks(x_step, x_end) {
        let (x, y1) = (x(at), y(0.0));
        add(format!("<path d=\"M{x:.1} {y1:.1}v5\" stroke=\"#888\"/>"));
        add(format!("<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{at}</text>", y1 + 18.0));
    }
    let (middle, base) = (x(x_end / 2.0), HEIGHT - 10.0);
    add(format!("<text x=\"{middle:.1}\" y=\"{base:.1}\" text-anchor=\"middle\">{across}</text>"));
    let middle = y(y_end / 2.0);
    add(format!(
        "<text transform=\"translate(16 {middle:.1}) rotate(-90)\" text-anchor=\"middle\">{up}</text>"
    ));

    // Names at the lines' ends, from the top down, moved apart where they would overlap.
    let mut ends: Vec<_> = lines.iter().enumerate().collect();
    ends.sort_by(|(_, a), (_, b)| last(&b.1).1.total_cmp(&last(&a.1).1));
    let mut lowest = 0.0_f64;
    for (n, (name, points)) in ends {
        let colour = COLOURS[n % COLOURS.len()];
        let path: Vec<_> = points.iter().map(|(px, py)| format!("{:.1} {:.1}", x(*px), y(*py))).collect();
        let path = path.join("L");
        add(format!("<path d=\"M{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>"));
        for (px, py) in points {
            add(format!("<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"2.5\" fill=\"{colour}\"/>", x(*px), y(*py)));
        }
        let (end_x, end_y) = last(points);
        lowest = (y(end_y) + 4.0).max(lowest + 15.0);
        add(format!("<text x=\"{:.1}\" y=\"{lowest:.1}\" fill=\"{colour}\">{name}</text>", x(end_x) + 8.0));
    }
    svg.push_str("</svg>\n");
    svg
}

fn last(points: &[(f64, f64)]) -> (f64, f64) {
    points.last().copied().unwrap_or_default()
}

/// Returns a round distance between marks, at most eight of them, and the last mark, at or above the greatest
/// value.
fn scale(greatest: f64) -> (f64, f64) {
    let magnitude = 10_f64.powf((greatest / 8.0).log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * magnitude);
    let step = step.into_iter().find(|step| greatest / step <= 8.0).unwrap_or(greatest);
    (step, (greatest / step).ceil() * step)
}
