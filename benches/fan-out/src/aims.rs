//! The targets for the figures, and the check against them.

use std::fmt::Write;

use crate::{
    Summaries, Summary,
    measure::Rush,
    server::Contestant::{self, AxumSse, AxumSseJson, HotMiddleware, Limit, OursOnHyper, OursUnderAxum},
};

/// Largest ratio of a figure of this crate to a peer's.
type Aim = (Contestant, Contestant, f64);

const SMALL: [Aim; 4] = [
    (OursOnHyper, Limit, 1.2),
    (OursOnHyper, HotMiddleware, 0.4),
    (OursUnderAxum, Limit, 1.4),
    (OursUnderAxum, AxumSse, 0.75),
];
const LARGE: [Aim; 4] = [
    (OursOnHyper, Limit, 1.2),
    (OursOnHyper, AxumSse, 0.08),
    (OursOnHyper, AxumSseJson, 0.08),
    (OursOnHyper, HotMiddleware, 0.05),
];
const LATENCY: [Aim; 3] =
    [(OursOnHyper, Limit, 1.25), (OursUnderAxum, Limit, 1.5), (OursOnHyper, HotMiddleware, 0.5)];
const RUSH: [Aim; 2] = [(OursOnHyper, Limit, 1.5), (OursUnderAxum, Limit, 1.5)];

/// Largest number of kB for an idle client on bare hyper.
const IDLE: f64 = 11.0;

/// Returns a line for each target.
pub fn verdicts(small: &Summaries, large: &Summaries, rushes: &[(Contestant, Rush)]) -> String {
    let mut lines = String::new();
    let mut compare = |what: &str, figure: &dyn Fn(Contestant) -> f64, aims: &[Aim]| {
        for &(ours, peer, most) in aims {
            let ratio = figure(ours) / figure(peer);
            let verdict = if ratio <= most { "met   " } else { "missed" };
            let (ours, peer) = (ours.name(), peer.name());
            writeln!(lines, "{verdict} {what}: {ours} is {ratio:.2} of {peer}, at most {most}").ok();
        }
    };
    for (clients, row) in small.iter().filter(|(clients, _)| [1_000, 5_000].contains(clients)) {
        compare(&format!("small event, {clients} clients"), &|who| of(row, who).cpu, &SMALL);
    }
    for (clients, row) in large {
        compare(&format!("build event, {clients} clients"), &|who| of(row, who).cpu, &LARGE);
    }
    for (clients, row) in small.iter().filter(|(clients, _)| *clients >= 5_000) {
        compare(&format!("median to the last of {clients}"), &|who| of(row, who).p50, &LATENCY);
        compare(&format!("longest to the last of {clients}"), &|who| of(row, who).max, &LATENCY);
    }
    let find = |wanted| rushes.iter().find(|(who, _)| *who == wanted).map_or(f64::NAN, |(_, rush)| rush.time);
    compare("clients at once", &find, &RUSH);
    if let Some((clients, row)) = small.last() {
        compare(
            &format!("idle client of {clients}"),
            &|who| of(row, who).idle,
            &[(OursUnderAxum, AxumSse, 1.0)],
        );
        let idle = of(row, OursOnHyper).idle / 1e3;
        let verdict = if idle <= IDLE { "met   " } else { "missed" };
        writeln!(lines, "{verdict} idle client of {clients}: {idle:.1} kB on bare hyper, at most {IDLE}")
            .ok();
    }
    lines
}

fn of(row: &[(Contestant, Summary)], wanted: Contestant) -> Summary {
    let found = row.iter().find(|(contestant, _)| *contestant == wanted);
    found.map_or_else(|| unreachable!("{wanted:?} was measured"), |(_, summary)| *summary)
}
