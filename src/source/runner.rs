//! `cargo hmr` as a source of builds: what it says of cargo's builds is published by the layer of the app it runs.

use std::{convert::Infallible, sync::Arc, time::Duration};

use serde::Serialize;

use crate::{
    build::Build,
    handle::HotMiddleware,
    handover::runner::{self, Report},
    json::to_json,
    shared::Shared,
    wire::Frame,
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
            let shared = Arc::downgrade(self.shared());
            runner::subscribe(&self.shared().options().path, move |report| {
                if let Some(shared) = shared.upgrade() {
                    publish(&shared, report);
                }
            });
        }
    }
}

fn publish(shared: &Shared, report: &Report) {
    match report {
        Report::Building { file } => shared.hub().building(Some(NAME), file.as_deref()),
        Report::Progress { percent, message } => {
            let progress = Progress { action: "progress", name: NAME, percent: *percent, message };
            let Ok(()) = shared.hub().publish(|| Ok::<_, Infallible>(Frame::new(&to_json(&progress))));
        }
        Report::Built { errors, time } => {
            // The new executable is another server to the page, which then updates or reloads.
            let mut build = Build::unhashed().name(NAME).changes([]);
            if let Some(time) = time {
                build = build.time(Duration::from_millis(*time));
            }
            shared.built(errors.iter().fold(build, Build::error).into());
        }
        Report::Drain => shared.close(),
        Report::Settled => {}
    }
}
