//! What is mounted where: inotify tells nothing of a file system that comes or goes.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

/// Where Linux lists what this process sees mounted, as proc(5) describes it.
const LIST: &str = "/proc/self/mountinfo";

/// What is mounted, as it was when it was last looked at: nothing on systems that have no such list.
#[derive(Debug)]
pub(super) struct Mounts {
    list: Vec<u8>,
}

/// A folder that something was mounted at, or unmounted from.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Moved {
    pub(super) point: PathBuf,
    /// Whether there is something now, and it was not there before.
    pub(super) has_come: bool,
}

impl Mounts {
    /// What is mounted now.
    pub(super) fn now() -> Self {
        Self { list: fs::read(LIST).unwrap_or_default() }
    }

    /// What has come and gone since the last look.
    ///
    /// What is unmounted and mounted again between two looks may look as before: Linux gives its numbers out again.
    pub(super) fn moved(&mut self) -> Vec<Moved> {
        match fs::read(LIST) {
            Ok(now) if now != self.list => {
                let before = std::mem::replace(&mut self.list, now);
                difference(&String::from_utf8_lossy(&before), &String::from_utf8_lossy(&self.list))
            }
            // A list that can't be read now says nothing, and the next may tell.
            Ok(_) | Err(_) => Vec::new(),
        }
    }
}

/// What tells one mount from another: its number, its device, which folder of that it shows, and where.
type Mount<'a> = [&'a str; 4];

fn difference(before: &str, now: &str) -> Vec<Moved> {
    let (before, now) = (mounts(before), mounts(now));
    let come: BTreeSet<_> = now.difference(&before).map(point).collect();
    let gone: BTreeSet<_> = before.difference(&now).map(point).filter(|gone| !come.contains(gone)).collect();
    let moved = |has_come| move |point| Moved { point, has_come };
    gone.into_iter().map(moved(false)).chain(come.into_iter().map(moved(true))).collect()
}

fn mounts(list: &str) -> BTreeSet<Mount<'_>> {
    let mount = |line| {
        let mut fields = str::split(line, ' ');
        // The second is the mount that this one stands on, and what follows are options: both may change.
        Some([fields.next()?, fields.nth(1)?, fields.next()?, fields.next()?])
    };
    list.lines().filter_map(mount).collect()
}

/// Where a mount is, without the escapes that keep a blank from ending the field.
fn point(&[.., point]: &Mount<'_>) -> PathBuf {
    let escapes = [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")];
    escapes.iter().fold(point.to_owned(), |point, (code, text)| point.replace(code, text)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "27 1 254:0 / / rw,relatime - ext4 /dev/root rw\n";
    const SITE: &str = "63 27 0:39 / /site rw,relatime shared:5 - tmpfs none rw,size=1024k\n";

    #[test]
    fn what_comes_and_goes_is_told_by_its_place() {
        let cases = [
            ("nothing", SITE.to_owned(), SITE.to_owned(), &[][..]),
            ("one comes", String::new(), SITE.to_owned(), &[("/site", true)]),
            ("one goes", SITE.to_owned(), String::new(), &[("/site", false)]),
            ("another in its place", SITE.to_owned(), SITE.replace("0:39", "0:40"), &[("/site", true)]),
            ("another folder of it", SITE.to_owned(), SITE.replace(" / ", " /sub "), &[("/site", true)]),
            ("one above another", SITE.to_owned(), format!("{SITE}64{}", &SITE[2..]), &[("/site", true)]),
            ("the one above goes", format!("{SITE}64{}", &SITE[2..]), SITE.to_owned(), &[("/site", false)]),
            ("moved", SITE.to_owned(), SITE.replace("site", "new"), &[("/site", false), ("/new", true)]),
            ("options", SITE.to_owned(), SITE.replace("rw", "ro").replace("63 27", "63 28"), &[]),
            (
                "names",
                String::new(),
                SITE.replace("site", r"a\040b\134040\011\012"),
                &[("/a b\\040\t\n", true)],
            ),
            ("no list", String::new(), "a line\n\n".to_owned(), &[]),
        ];
        for (case, before, now, expected) in cases {
            let moved = difference(&format!("{ROOT}{before}"), &format!("{ROOT}{now}"));
            let moved: Vec<_> = moved.iter().map(|m| (m.point.to_str().unwrap(), m.has_come)).collect();
            assert_eq!(moved, expected, "{case}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_system_has_such_a_list() {
        let list = String::from_utf8(Mounts::now().list).unwrap();
        assert!(mounts(&list).iter().any(|mount| point(mount).as_os_str() == "/"), "{list}");
    }
}
