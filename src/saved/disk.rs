//! Files that are there whole or not at all, and for their owner only.

use std::fs::{DirBuilder, File, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// No document of gwr's is this large; `/dev/zero` is.
const LARGEST: u64 = 256 << 20;

/// Writes a file with mode 0600: after a crash or a full disk there is either what was
/// there before, or everything.
///
/// # Errors
/// When the folder is missing or may not be written to, or the disk is full.
pub fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    write(path, text, None)
}

/// As [`write_whole`], but for other users to read, as far as the umask lets them; a
/// symbolic link stays one.
///
/// # Errors
/// As [`write_whole`].
pub fn write_shared(path: &Path, text: &str) -> io::Result<()> {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    write(&path, text, Some(Permissions::from_mode(0o666)))
}

fn write(path: &Path, text: &str, creation: Option<Permissions>) -> io::Result<()> {
    // A pipe or a device is written to as it is: `--out /dev/stdout`.
    if path.metadata().is_ok_and(|there| !there.is_file() && !there.is_dir()) {
        return File::options().write(true).open(path)?.write_all(text.as_bytes());
    }
    if path.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"));
    }
    let mut draft = tempfile::Builder::new();
    if let Some(permissions) = creation {
        draft.permissions(permissions);
    }
    replace(path, text, &draft, None)
}

/// Puts a new file in the place of one; a draft is its owner's alone unless it says otherwise.
/// The permissions are set whatever the umask says.
fn replace(
    path: &Path,
    text: &str,
    draft: &tempfile::Builder<'_, '_>,
    permissions: Option<Permissions>,
) -> io::Result<()> {
    let folder = folder_of(path);
    let mut file = draft.tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions)?;
    }
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    // The new name is on the disk once the folder is.
    File::open(folder)?.sync_all()
}

/// Writes a person's file again, whole or not at all: with the mode that it has, through a
/// symbolic link, and only while it still holds what was read from it.
///
/// # Errors
/// When it is not a file, was changed meanwhile, or cannot be written.
pub fn rewrite(path: &Path, before: &str, after: &str) -> io::Result<()> {
    if !path.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file"));
    }
    let path = path.canonicalize()?;
    let permissions = path.metadata()?.permissions();
    if permissions.readonly() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only"));
    }
    if read_text(&path)? != before {
        return Err(io::Error::other("it was changed meanwhile"));
    }
    replace(&path, after, &tempfile::Builder::new(), Some(permissions))
}

/// Makes a folder, and those above it, for its owner only; one that is there stays.
///
/// # Errors
/// When it cannot be made.
pub fn make_private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// The same for the folder that a file is to be in.
///
/// # Errors
/// When it cannot be made.
pub fn make_folder_of(path: &Path) -> io::Result<()> {
    let folder = folder_of(path);
    if folder.exists() && !folder.is_dir() {
        return Err(io::Error::new(io::ErrorKind::NotADirectory, "its folder is a file"));
    }
    make_private_folder(folder)
}

/// The text of a document.
///
/// # Errors
/// When it cannot be read, is not UTF-8, or is far too large.
pub fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(LARGEST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LARGEST {
        let why = format!("it is larger than {} MB", LARGEST >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
    }
    Ok(text)
}

/// Puts a file that is there aside, as the first of `PATH.1`, `PATH.2`, … that is free,
/// and says which.
///
/// # Errors
/// When it cannot be renamed.
pub fn put_aside(path: &Path) -> io::Result<Option<PathBuf>> {
    if !path.is_file() {
        return Ok(None);
    }
    for number in 1_u32.. {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{number}"));
        let aside = PathBuf::from(name);
        if !aside.exists() {
            std::fs::rename(path, &aside)?;
            return Ok(Some(aside));
        }
    }
    Ok(None)
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).map_or(0, |there| there.permissions().mode() & 0o777)
    }

    #[test]
    fn a_file_is_replaced_whole_and_is_its_owners() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("plan.json");
        write_whole(&path, "one")?;
        write_whole(&path, "two")?;
        assert_eq!((read_text(&path)?.as_str(), mode(&path)), ("two", 0o600));
        assert_eq!(std::fs::read_dir(folder.path())?.count(), 1);
        assert!(write_whole(folder.path(), "a folder").is_err());
        assert!(write_whole(&folder.path().join("none/plan.json"), "").is_err());
        Ok(())
    }

    #[test]
    fn a_persons_file_keeps_its_mode_and_its_link() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("gwr.toml");
        let link = folder.path().join("link.toml");
        std::fs::write(&path, "one")?;
        std::fs::set_permissions(&path, Permissions::from_mode(0o664))?;
        std::os::unix::fs::symlink(&path, &link)?;
        rewrite(&link, "one", "two")?;
        assert!(link.is_symlink());
        assert_eq!((read_text(&path)?.as_str(), mode(&path)), ("two", 0o664));
        assert_eq!(rewrite(&path, "one", "3").unwrap_err().to_string(), "it was changed meanwhile");
        assert!(rewrite(folder.path(), "", "").is_err());
        std::fs::set_permissions(&path, Permissions::from_mode(0o444))?;
        assert!(rewrite(&path, "two", "3").is_err());
        assert_eq!(read_text(&path)?, "two");
        Ok(())
    }

    #[test]
    fn folders_are_private_and_files_put_aside_are_kept() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let runs = folder.path().join("a/runs");
        make_private_folder(&runs)?;
        make_private_folder(&runs)?;
        assert_eq!(mode(&runs), 0o700);
        let path = runs.join("r.json");
        assert_eq!(put_aside(&path)?, None);
        for number in 1..=2 {
            write_whole(&path, "x")?;
            assert_eq!(put_aside(&path)?, Some(runs.join(format!("r.json.{number}"))));
        }
        Ok(())
    }
}
