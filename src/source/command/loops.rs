//! Loops: a command that rewrites its own sources, and so would run forever. Pure.
//!
//! No event says which program has written a file. But a change that only ever happens during runs is the command's
//! own. After a few runs in a row that were due to such changes, the next one waits for a while without saves. If the
//! sources change during that run as well, their changes during runs are ignored from then on.

use std::collections::HashSet;

/// Number of runs in a row, each due to a change during the one before, that are started at once.
const AT_ONCE: u32 = 2;

/// Number of such runs after which files with a new name in each run count as the command's own.
const UNREPEATED: u32 = 9;

/// Number of files that are remembered.
const MAX_FILES: usize = 1_000;

/// Changes of the sources during runs.
#[derive(Debug, Default)]
pub(super) struct Loops {
    /// Number of runs in a row during which sources changed.
    chain: u32,
    /// The last of these runs.
    run: u64,
    /// The sources that changed during it, and during the one before.
    files: HashSet<String>,
    before: HashSet<String>,
    /// The sources that the command rewrites.
    own: HashSet<String>,
}

/// Consequence of a change.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Next {
    pub(super) run: Run,
    /// The sources that have turned out to be the command's own.
    pub(super) own: Vec<String>,
}

/// Time of the next run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Run {
    Now,
    /// After a pause without other changes.
    Later,
    #[default]
    Never,
}

impl From<Run> for Next {
    fn from(run: Run) -> Self {
        Self { run, own: Vec::new() }
    }
}

impl Loops {
    /// The loop is over.
    fn forget(&mut self) {
        self.chain = 0;
        self.files.clear();
        self.before.clear();
    }

    /// Returns true if the command rewrites this source.
    pub(super) fn is_own(&self, file: &str) -> bool {
        self.own.contains(file)
    }

    /// These sources have changed while the command was not running, so another program writes them too.
    pub(super) fn disown(&mut self, files: &[String]) {
        for file in files {
            self.own.remove(file);
        }
    }

    /// Sources have changed during the run with this number, or between two runs.
    pub(super) fn changed(&mut self, during: Option<u64>, files: &[String]) -> Next {
        let Some(run) = during else {
            self.forget();
            return Run::Now.into();
        };
        let others: Vec<&String> = files.iter().filter(|file| !self.own.contains(*file)).collect();
        if others.is_empty() {
            return Run::Never.into();
        }
        if self.chain == 0 || self.run != run {
            self.chain += 1;
            self.run = run;
            self.before = std::mem::take(&mut self.files);
        }
        let room = MAX_FILES.saturating_sub(self.files.len());
        self.files.extend(others.iter().take(room).copied().cloned());
        if self.chain <= AT_ONCE {
            return Run::Now.into();
        }
        if self.chain == AT_ONCE + 1 {
            return Run::Later.into();
        }
        // A file that changed during the run before too, rather than one that was saved during this one.
        let is_long = self.chain > UNREPEATED;
        let (own, saved): (Vec<_>, Vec<_>) =
            others.into_iter().cloned().partition(|file| is_long || self.before.contains(file));
        let room = MAX_FILES.saturating_sub(self.own.len());
        self.own.extend(own.iter().take(room).cloned());
        if !own.is_empty() {
            self.forget();
        }
        let run = match (saved.is_empty(), own.is_empty()) {
            (true, _) => Run::Never,
            (false, false) => Run::Now,
            (false, true) => Run::Later,
        };
        Next { run, own }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(files: &[&str]) -> Vec<String> {
        files.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_command_that_rewrites_a_source_stops_after_four_runs() {
        let mut loops = Loops::default();
        let log = names(&["./src/log"]);
        for (run, next) in [(1, Run::Now), (2, Run::Now), (3, Run::Later), (3, Run::Later)] {
            assert_eq!(loops.changed(Some(run), &log), next.into(), "{run}");
        }
        assert_eq!(loops.changed(Some(4), &log), Next { run: Run::Never, own: log.clone() });
        assert_eq!(loops.changed(Some(4), &log), Run::Never.into(), "it was named");
        // A save runs it, and its own change does not.
        let saved = names(&["./src/a.css"]);
        assert_eq!(loops.changed(None, &saved), Run::Now.into());
        assert_eq!(loops.changed(Some(5), &log), Run::Never.into());
        let both = names(&["./src/log", "./src/a.css"]);
        assert_eq!(loops.changed(Some(5), &both), Run::Now.into(), "saved during the run");
        assert_eq!(loops.changed(None, &log), Run::Now.into(), "written by another program");
        loops.disown(&log);
        assert_eq!(loops.changed(Some(6), &log), Run::Now.into(), "it may be written by that again");
    }

    #[test]
    fn saves_during_many_runs_are_built() {
        let mut loops = Loops::default();
        let saved = names(&["./src/a.css"]);
        for run in 1..50 {
            let next = loops.changed(Some(run), &saved);
            assert!(next.own.is_empty() && next.run != Run::Never, "{run}");
            if next.run == Run::Later {
                // Another save comes in the pause.
                assert_eq!(loops.changed(None, &saved), Run::Now.into());
            }
        }
    }

    #[test]
    fn a_save_during_the_last_run_of_a_loop_is_built() {
        let mut loops = Loops::default();
        let log = names(&["./src/log"]);
        for run in 1..4 {
            loops.changed(Some(run), &log);
        }
        let saved = names(&["./src/a.css"]);
        assert_eq!(loops.changed(Some(4), &saved), Run::Later.into());
        let next = loops.changed(Some(4), &names(&["./src/b.css", "./src/log"]));
        assert_eq!(next, Next { run: Run::Now, own: log });
    }

    #[test]
    fn files_with_a_new_name_in_each_run_are_a_loop_too_and_bounded() {
        let mut loops = Loops::default();
        let made = |run: u64| (0..5_000).map(|n| format!("{run}-{n}")).collect::<Vec<_>>();
        for run in 1..20 {
            let next = loops.changed(Some(run), &made(run));
            assert_eq!(next.run == Run::Never, run % 10 == 0, "{run}");
        }
        assert!(loops.own.len() <= MAX_FILES && loops.files.len() <= MAX_FILES);
    }
}
