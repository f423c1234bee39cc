//! Where the program is looked for, before anyone starts it.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::found;

#[test]
fn it_is_found_in_the_folders_given_or_where_the_settings_say() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("cloudflared");
    fs::write(&program, "#!/bin/sh\n").unwrap();
    let (here, nowhere) = (folder.path().as_os_str(), OsStr::new(""));
    assert_eq!(found(None, here), None, "nobody may run it");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(found(None, here).as_deref(), Some(program.as_path()));
    assert_eq!(found(None, nowhere), None);
    assert_eq!(found(Some(&program), nowhere).as_deref(), Some(program.as_path()));
    assert_eq!(found(Some(&folder.path().join("other")), here), None);
}
