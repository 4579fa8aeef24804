//! Temporary errors: the system has run out of a resource.

use std::{error::Error, fmt, io};

/// `ENFILE` and `EMFILE`, which have no `ErrorKind`. The numbers are the same on every Unix.
const NO_DESCRIPTORS: [i32; 2] = [23, 24];

/// The system's error in starting a program.
#[derive(Debug)]
pub(super) struct StartError {
    pub(super) program: &'static str,
    pub(super) source: io::Error,
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.program, self.source)
    }
}

impl Error for StartError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}

/// Returns true if a later start may succeed: the system has run out of descriptors, memory or processes.
pub(in crate::source) fn is_shortage(error: &io::Error) -> bool {
    if let Some(inner) = error.get_ref().and_then(|inner| inner.downcast_ref::<StartError>()) {
        return is_shortage(&inner.source);
    }
    // `WouldBlock` is `EAGAIN`, which is fork's error where the limit of processes is reached.
    matches!(error.kind(), io::ErrorKind::OutOfMemory | io::ErrorKind::WouldBlock)
        || cfg!(unix) && error.raw_os_error().is_some_and(|code| NO_DESCRIPTORS.contains(&code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temporary_errors_are_recognized() {
        let supervisor = |source| io::Error::other(StartError { program: "/bin/sh", source });
        let mut cases = vec![
            ("no memory", io::Error::from(io::ErrorKind::OutOfMemory), true),
            ("no process", io::Error::from(io::ErrorKind::WouldBlock), true),
            ("no memory for the supervisor", supervisor(io::ErrorKind::OutOfMemory.into()), true),
            ("no program", io::Error::from(io::ErrorKind::NotFound), false),
            ("no supervisor", supervisor(io::ErrorKind::NotFound.into()), false),
            ("no permission", io::Error::from(io::ErrorKind::PermissionDenied), false),
            ("another error", io::Error::other("another"), false),
        ];
        if cfg!(unix) {
            cases.extend([
                ("no descriptors in the system", io::Error::from_raw_os_error(23), true),
                ("no descriptors in the process", io::Error::from_raw_os_error(24), true),
                ("none for the supervisor", supervisor(io::Error::from_raw_os_error(24)), true),
                ("a folder that is none", io::Error::from_raw_os_error(20), false),
            ]);
        }
        for (case, error, expected) in cases {
            assert_eq!(is_shortage(&error), expected, "{case}");
        }
    }
}
