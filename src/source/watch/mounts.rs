//! File systems whose changes may come without events.
//!
//! inotify(7) reports only what programs of this system do through it: not what the host of a virtual machine writes
//! into a shared folder, nor what another machine writes to a network mount.

use std::path::{Path, PathBuf};

/// Returns the type of the file system that has a real path, if it may change without events.
pub(super) type FileSystem = fn(&Path) -> Option<String>;

/// Types as in the list of mounts. `9p` is how WSL 2 and QEMU share folders, `drvfs` how WSL 1 does, and `fakeowner` how
/// Docker Desktop does.
const TYPES: [&str; 17] = [
    "9p",
    "drvfs",
    "virtiofs",
    "fakeowner",
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "vboxsf",
    "prl_fs",
    "vmhgfs",
    "afs",
    "ceph",
    "lustre",
    "gfs2",
    "ocfs2",
];

/// Looks the file system up in the list of mounts, which only Linux has.
pub(super) fn file_system_without_events(path: &Path) -> Option<String> {
    let mounts = std::fs::read("/proc/self/mountinfo").ok()?;
    file_system(path, &mounts).filter(|kind| may_change_without_events(kind))
}

/// FUSE's file systems show files from elsewhere, and mostly receive no events from there.
fn may_change_without_events(kind: &str) -> bool {
    TYPES.contains(&kind) || kind == "fuse" || kind.starts_with("fuse.")
}

/// The type of the file system at `path`, by lines of `/proc/self/mountinfo` (`proc_pid_mountinfo(5)`). A later mount hides
/// an earlier one at the same point.
fn file_system(path: &Path, mounts: &[u8]) -> Option<String> {
    let mount = |line: &[u8]| {
        let mut fields = line.split(|&byte| byte == b' ');
        let point = unescaped(fields.nth(4)?);
        let kind = fields.skip_while(|field| *field != b"-").nth(1)?;
        Some((point, String::from_utf8_lossy(kind).into_owned()))
    };
    let all = mounts.split(|&byte| byte == b'\n').filter_map(mount);
    let above = all.filter(|(point, _)| path.starts_with(point));
    above.max_by_key(|(point, _)| point.components().count()).map(|(_, kind)| kind)
}

/// A mount point, in which spaces and the like are written as `\040`. One that is not UTF-8 is not found.
fn unescaped(field: &[u8]) -> PathBuf {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&byte, behind)) = rest.split_first() {
        let code =
            behind.get(..3).filter(|_| byte == b'\\').and_then(|digits| std::str::from_utf8(digits).ok());
        match code.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(plain) => {
                bytes.push(plain);
                rest = &behind[3..];
            }
            None => {
                bytes.push(byte);
                rest = behind;
            }
        }
    }
    PathBuf::from(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:21 / /proc rw - proc proc rw
30 22 0:40 / /mnt/c rw,noatime - 9p C:\\134 rw,aname=drvfs
31 22 0:41 /src /home/me/my\\040app rw shared:5 master:2 - virtiofs host rw
32 31 0:42 / /home/me/my\\040app/target rw - tmpfs none rw
33 22 0:43 / /srv rw - fuse.sshfs me@far: rw
34 22 0:44 / /srv rw - ext4 /dev/sdb1 rw
35 22 0:45 / /net rw - nfs4 far:/ rw
36 22 0:46 / /media/usb rw - fuseblk /dev/sdc1 rw
37 22 0:47 / /home/me/remote rw - fuse.rclone far: rw
cut short
";

    #[test]
    fn the_file_system_is_that_of_the_innermost_mount() {
        for (path, kind, is_silent) in [
            ("/", "ext4", false),
            ("/home/me/site", "ext4", false),
            ("/mnt/c/site", "9p", true),
            ("/mnt/cd/site", "ext4", false),
            ("/home/me/my app/static", "virtiofs", true),
            ("/home/me/my app/target/static", "tmpfs", false),
            ("/srv/site", "ext4", false),
            ("/net", "nfs4", true),
            ("/media/usb/site", "fuseblk", false),
            ("/home/me/remote/a", "fuse.rclone", true),
        ] {
            let found = file_system(Path::new(path), MOUNTS.as_bytes());
            assert_eq!(found.as_deref(), Some(kind), "{path}");
            assert_eq!(may_change_without_events(kind), is_silent, "{path}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_system_has_a_list_of_mounts() {
        let mounts = std::fs::read("/proc/self/mountinfo").unwrap();
        assert_eq!(file_system(Path::new("/proc/self"), &mounts).as_deref(), Some("proc"));
        assert_eq!(file_system_without_events(Path::new("/proc/self")), None);
    }
}
