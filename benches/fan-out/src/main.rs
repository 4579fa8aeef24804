//! The server's cost of an event for each client, and of an idle client, compared with peers: `make
//! bench-fan-out`.
//!
//! Servers run one at a time on the machine's first core and the load on its second, in rounds, so that other
//! work on the machine affects all of them alike. Prints tables, and writes the curve over the number of
//! clients to the file named by the first argument.

mod aims;
mod load;
mod measure;
mod plot;
mod report;
mod serve;
mod server;

use std::{env::args, fs, io::Result};

use measure::{BUILD, Event, Rush, SMALL, Series, rush, series};
use report::{median, table};
use server::Contestant::{
    self, AxumSse, AxumSseJson, DevMiddleware, Limit, Loop, OursOnHyper, OursUnderAxum,
};

const ROUNDS: usize = 3;

/// Numbers of clients in the curve.
const CURVE: [usize; 8] = [10, 30, 100, 300, 1_000, 3_000, 5_000, 9_000];

/// Numbers of clients for the large event, and for connecting at once.
const LARGE: [usize; 2] = [200, 1_000];
const RUSH: usize = 1_000;

/// The result of all rounds with one contestant and one number of clients: medians of the rounds.
#[derive(Clone, Copy)]
struct Summary {
    /// Bytes.
    idle: f64,
    /// Seconds.
    cpu: f64,
    p50: f64,
    max: f64,
}

impl Summary {
    fn of(rounds: &[Series]) -> Self {
        let over = |value: fn(&Series) -> f64| median(rounds.iter().map(value));
        let p50 = over(|round| median(round.latencies.iter().map(std::time::Duration::as_secs_f64)));
        let max = over(|round| round.latencies.iter().max().map_or(0.0, std::time::Duration::as_secs_f64));
        Self { idle: over(|round| round.idle), cpu: over(|round| round.cpu), p50, max }
    }
}

/// The summaries of all contestants, for each number of clients.
type Summaries = Vec<(usize, Vec<(Contestant, Summary)>)>;

fn main() -> Result<()> {
    let arguments: Vec<_> = args().collect();
    match &arguments[..] {
        [_, word, name] if word == "serve" => serve::run(name),
        [_, plot] => run(plot),
        _ => {
            eprintln!("usage: fan-out PLOT.svg");
            std::process::exit(2)
        }
    }
}

fn run(plot: &str) -> Result<()> {
    eprintln!("{ROUNDS} rounds of {CURVE:?} clients, {LARGE:?} with large events, {RUSH} at once");
    let but = |left_out| Contestant::ALL.into_iter().filter(move |who| *who != left_out).collect::<Vec<_>>();
    // Encoding a small event costs next to nothing.
    let small = measure(&but(AxumSseJson), &CURVE, SMALL, |clients| (40_000 / clients).clamp(12, 200))?;
    // webpack-dev-middleware's events name no modules.
    let large = measure(&but(DevMiddleware), &LARGE, BUILD, |clients| (2_000 / clients).max(4))?;
    // Without the originals: one sends every newcomer's `sync` to all clients, the other's has no modules.
    let rushes = rushes(&[Loop, Limit, OursOnHyper, OursUnderAxum, AxumSse, AxumSseJson])?;

    let micros = |value: f64| format!("{:.1}", value * 1e6);
    let millis = |value: f64| format!("{:.1}", value * 1e3);
    let show = |title: &str, all: &Summaries, value: &dyn Fn(&Summary) -> String| {
        let head: Vec<_> = all.iter().map(|(clients, _)| format!("{clients}")).collect();
        let rows = all[0].1.iter().enumerate().map(|(n, (contestant, _))| {
            (contestant.name().to_owned(), all.iter().map(|(_, row)| value(&row[n].1)).collect())
        });
        println!("{}", table(title, &head, rows));
    };
    show("Server µs for each delivered event of 200 B, by clients", &small, &|summary| micros(summary.cpu));
    show("Server µs for each delivered build event of 92 kB, by clients", &large, &|summary| {
        micros(summary.cpu)
    });
    let tail: Summaries = small.iter().filter(|(clients, _)| *clients >= 5_000).cloned().collect();
    show("From publishing to the last client, ms: median / longest, by clients", &tail, &|summary| {
        format!("{} / {}", millis(summary.p50), millis(summary.max))
    });
    show("Resident kB for each idle client, by clients", &tail, &|summary| {
        format!("{:.1}", summary.idle / 1e3)
    });
    let rows = rushes
        .iter()
        .map(|(contestant, rush)| (contestant.name().to_owned(), vec![millis(rush.time), micros(rush.cpu)]));
    let head = ["ms to the last", "server µs each"].map(str::to_owned);
    println!("{}", table(&format!("{RUSH} clients at once, each sent a build of 92 kB"), &head, rows));
    println!("{}", aims::verdicts(&small, &large, &rushes));

    let curve = |n: usize| {
        small.iter().map(|(clients, row)| (*clients as f64, row[n].1.cpu * *clients as f64 * 1e3)).collect()
    };
    let curves: Vec<_> =
        small[0].1.iter().enumerate().map(|(n, (contestant, _))| (contestant.name(), curve(n))).collect();
    fs::write(plot, plot::lines("clients", "server's time for one event, ms", &curves))
}

/// Measures in rounds, contestants in turn within each.
fn measure(
    contestants: &[Contestant],
    sizes: &[usize],
    event: Event,
    events: impl Fn(usize) -> usize,
) -> Result<Summaries> {
    let mut results = Vec::new();
    for &clients in sizes {
        let mut rounds: Vec<(Contestant, Vec<Series>)> =
            contestants.iter().map(|contestant| (*contestant, Vec::new())).collect();
        for _ in 0..ROUNDS {
            for (contestant, series_of) in &mut rounds {
                series_of.push(series(*contestant, clients, event, events(clients))?);
            }
        }
        eprintln!("{clients} clients: done");
        let row = rounds.iter().map(|(contestant, rounds)| (*contestant, Summary::of(rounds)));
        results.push((clients, row.collect()));
    }
    Ok(results)
}

/// Connects many clients at once, in rounds too.
fn rushes(contestants: &[Contestant]) -> Result<Vec<(Contestant, Rush)>> {
    let mut rounds: Vec<(Contestant, Vec<Rush>)> =
        contestants.iter().map(|contestant| (*contestant, Vec::new())).collect();
    for _ in 0..ROUNDS {
        for (contestant, rushes) in &mut rounds {
            rushes.push(rush(*contestant, RUSH)?);
        }
    }
    let summed = rounds.into_iter().map(|(contestant, rounds)| {
        let time = median(rounds.iter().map(|rush| rush.time));
        let cpu = median(rounds.iter().map(|rush| rush.cpu));
        (contestant, Rush { time, cpu })
    });
    Ok(summed.collect())
}
