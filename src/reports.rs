//! `cargo hmr` as a source of builds: what it says of cargo's builds is published by the layer of the app it runs.

use std::time::Duration;

use serde::Serialize;

use crate::{
    Build, HotMiddleware,
    listen::runner::{self, Report},
};

/// The bundle's name on the wire.
const NAME: &str = "cargo";

/// As webpack's plugin reports it, see `docs/protocol.md`.
#[derive(Serialize)]
struct Progress<'a> {
    action: &'static str,
    name: &'static str,
    percent: u8,
    message: &'a str,
}

impl HotMiddleware {
    /// Publishes what `cargo hmr` reports, where the process runs under it.
    pub(crate) fn follow_runner(&self) {
        if runner::is_present() {
            let hot = self.clone();
            runner::subscribe(&self.options().path, move |report| publish(&hot, report));
        }
    }
}

fn publish(hot: &HotMiddleware, report: &Report) {
    match report {
        Report::Building { file } => hot.building_bundle(NAME, file.as_deref()),
        Report::Progress { percent, message } => {
            let progress = Progress { action: "progress", name: NAME, percent: *percent, message };
            if let Err(error) = hot.publish(&progress) {
                tracing::debug!("{error}");
            }
        }
        Report::Built { errors, time } => {
            // The new executable is another server to the page, which then updates or reloads.
            let mut build = Build::unhashed().name(NAME).changes([]);
            if let Some(time) = time {
                build = build.time(Duration::from_millis(*time));
            }
            hot.built(errors.iter().fold(build, Build::error));
        }
        Report::Drain => hot.close(),
    }
}
