//! State on disk: one file per API, one per deployment's snapshot.
//!
//! Every file is written beside its place, flushed, and moved there, so that a
//! killed process leaves the old or the new state, never half of one. A snapshot
//! never changes; it is written before the API that names it and removed after,
//! so that what an API names is always there.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::excerpt::excerpt;
use super::state::{Api, Configuration};
use super::stored;
use crate::sandbox::wire::ids::{ApiId, DeploymentId};

/// The version of the layout; grows only when an old reader would misread it.
const FORMAT: u32 = 1;

/// How the name of a file begins that is not in its place yet.
const UNFINISHED: &str = ".tmp";

/// How many letters and digits `tempfile` puts behind that.
const RANDOM: usize = 6;

/// How long another process may take to let go of the directory.
const PATIENCE: Duration = Duration::from_millis(500);

/// Many times what API Gateway's quotas let an API grow to; larger files are not read.
const LARGEST: u64 = 64 << 20;

/// What to do about a folder that cannot be used.
const ADVICE: &str = "The sandbox removed and overwrote nothing. Move the folder away to start \
with an empty one, or use another folder";

/// State that cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The file system said no.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file does not hold what a sandbox writes.
    #[error("{} is not valid sandbox data: {reason}. {ADVICE}", path.display())]
    Alien {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The directory belongs to something else.
    #[error("{} is not empty and not a sandbox's data directory", .0.display())]
    NotOurs(PathBuf),
    /// A file does not hold the API that its name says.
    #[error("{} does not hold the API that its name says. {ADVICE}", .0.display())]
    Misplaced(PathBuf),
    /// A file has a name that the sandbox gives to none.
    #[error("{} does not have the name of a sandbox's file. {ADVICE}", .0.display())]
    Misnamed(PathBuf),
    /// A link, a pipe or a device, or a file in place of a folder.
    #[error("{} is not {expected}. {ADVICE}", path.display())]
    Irregular {
        /// What it is.
        path: PathBuf,
        /// What it should be.
        expected: &'static str,
    },
    /// A file is larger than any that the sandbox reads.
    #[error("{} has {size} bytes, more than the {LARGEST} that the sandbox reads and writes", path.display())]
    TooLarge {
        /// Which file.
        path: PathBuf,
        /// Its size in bytes.
        size: u64,
    },
    /// A newer sandbox wrote it.
    #[error("{} was written by a newer version (format {found}; this one knows {FORMAT})", path.display())]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its format.
        found: u32,
    },
    /// Another process serves it.
    #[error("{} is in use by another sandbox; stop it, or use another directory", .0.display())]
    Locked(PathBuf),
}

/// A data directory, held for as long as this lives.
#[derive(Debug)]
pub(crate) struct Disk {
    root: PathBuf,
    /// Holds the lock.
    _lock: File,
}

#[derive(Serialize, Deserialize)]
struct Marker {
    kind: String,
    format: u32,
}

/// What a directory holds: the APIs, and the snapshots that no API names.
struct Loaded {
    apis: BTreeMap<ApiId, Api>,
    orphans: Vec<PathBuf>,
}

fn at<'a>(action: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> DataError + 'a {
    move |source| DataError::Io { action, path: path.to_owned(), source }
}

fn alien(path: &Path, reason: impl ToString) -> DataError {
    DataError::Alien { path: path.to_owned(), reason: reason.to_string() }
}

impl Disk {
    /// Opens a directory, making it when it does not exist, and reads what it holds. Everything
    /// is checked before anything is removed or overwritten.
    pub(crate) fn open(root: &Path) -> Result<(Self, BTreeMap<ApiId, Api>), DataError> {
        make_private(root)?;
        let marker = root.join("sandbox.json");
        let known = fs::symlink_metadata(&marker).is_ok();
        if !known {
            let foreign = fs::read_dir(root)
                .map_err(at("read", root))?
                .filter_map(Result::ok)
                .any(|entry| !is_ours(&entry.file_name()));
            if foreign {
                return Err(DataError::NotOurs(root.to_owned()));
            }
        }
        let folders = [root.join("apis"), root.join("snapshots")];
        for folder in &folders {
            check_kind(folder, Kind::Folder)?;
        }
        let disk = Self { root: root.to_owned(), _lock: lock(root)? };
        if known {
            let Marker { kind, format } = read(&marker)?;
            if kind != "gwr-sandbox" {
                return Err(DataError::NotOurs(root.to_owned()));
            }
            if format > FORMAT {
                return Err(DataError::Newer { path: marker, found: format });
            }
        }
        for folder in &folders {
            make_private(folder)?;
        }
        let Loaded { apis, orphans } = disk.load()?;
        if !known {
            write(&marker, &Marker { kind: "gwr-sandbox".to_owned(), format: FORMAT })?;
        }
        for folder in folders.iter().map(PathBuf::as_path).chain([root]) {
            sweep(folder)?;
        }
        for path in orphans {
            fs::remove_file(&path).map_err(at("remove", &path))?;
        }
        Ok((disk, apis))
    }

    fn load(&self) -> Result<Loaded, DataError> {
        let mut apis = BTreeMap::new();
        let mut snapshots = BTreeSet::new();
        for path in json_files(&self.root.join("apis"))? {
            let id = stem(&path).and_then(|stem| ApiId::try_from(stem.to_owned()).ok());
            let id = id.ok_or_else(|| DataError::Misnamed(path.clone()))?;
            let mut api: Api = read(&path)?;
            if api.id != id {
                return Err(DataError::Misplaced(path));
            }
            stored::check(&api).map_err(|defect| alien(&path, defect))?;
            for (id, deployment) in &mut api.deployments {
                let snapshot = self.snapshot_path(&api.id, id);
                if fs::symlink_metadata(&snapshot).is_err() {
                    let reason = format!("its deployment {id} has no file {}", snapshot.display());
                    return Err(alien(&path, reason));
                }
                deployment.snapshot = Arc::new(read_snapshot(&snapshot)?);
                snapshots.insert(snapshot);
            }
            apis.insert(id, api);
        }
        let mut orphans = Vec::new();
        for path in json_files(&self.root.join("snapshots"))? {
            if !is_snapshot(&path) {
                return Err(DataError::Misnamed(path));
            }
            if !snapshots.contains(&path) {
                orphans.push(path);
            }
        }
        Ok(Loaded { apis, orphans })
    }

    /// Writes an API in place of what was there.
    pub(crate) fn store(&self, api: &Api, before: Option<&Api>) -> Result<(), DataError> {
        let had = |id: &str| before.is_some_and(|before| before.deployments.contains_key(id));
        for (id, deployment) in &api.deployments {
            if !had(id) {
                write(&self.snapshot_path(&api.id, id), deployment.snapshot.as_ref())?;
            }
        }
        write(&self.api_path(&api.id), api)?;
        for id in before.iter().flat_map(|before| before.deployments.keys()) {
            if !api.deployments.contains_key(id) {
                remove(&self.snapshot_path(&api.id, id))?;
            }
        }
        Ok(())
    }

    /// Removes an API.
    pub(crate) fn remove(&self, api: &Api) -> Result<(), DataError> {
        remove(&self.api_path(&api.id))?;
        for id in api.deployments.keys() {
            remove(&self.snapshot_path(&api.id, id))?;
        }
        Ok(())
    }

    fn api_path(&self, api: &ApiId) -> PathBuf {
        self.root.join("apis").join(format!("{api}.json"))
    }

    fn snapshot_path(&self, api: &ApiId, deployment: &DeploymentId) -> PathBuf {
        self.root.join("snapshots").join(format!("{api}-{deployment}.json"))
    }
}

/// What a sandbox that was killed in its first moments may leave, and what
/// others put into a folder that git should not see.
fn is_ours(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| {
        matches!(name, "lock" | "apis" | "snapshots" | ".gitignore") || is_unfinished(name)
    })
}

/// Whether `write` may have left a file of that name.
fn is_unfinished(name: &str) -> bool {
    name.strip_prefix(UNFINISHED).is_some_and(|random| {
        random.len() == RANDOM && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

/// Removes what a killed process was about to move into place.
fn sweep(folder: &Path) -> Result<(), DataError> {
    for entry in fs::read_dir(folder).map_err(at("read", folder))? {
        let entry = entry.map_err(at("read", folder))?;
        let path = entry.path();
        let is_file = entry.file_type().map_err(at("read", &path))?.is_file();
        if is_file && entry.file_name().to_str().is_some_and(is_unfinished) {
            fs::remove_file(&path).map_err(at("remove", &path))?;
        }
    }
    Ok(())
}

fn lock(root: &Path) -> Result<File, DataError> {
    let path = root.join("lock");
    check_kind(&path, Kind::File)?;
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&path)
        .map_err(at("open", &path))?;
    let until = Instant::now() + PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if Instant::now() < until => {
                thread::sleep(Duration::from_millis(20));
            }
            Err(TryLockError::WouldBlock) => return Err(DataError::Locked(root.to_owned())),
            Err(TryLockError::Error(error)) => return Err(at("lock", &path)(error)),
        }
    }
}

/// Makes a folder, and those above it, for its owner only: state holds what the real API
/// holds. One that is there keeps its mode.
fn make_private(folder: &Path) -> Result<(), DataError> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(at("make", folder))
}

/// What something in the directory has to be.
#[derive(Clone, Copy)]
enum Kind {
    File,
    Folder,
}

/// Checks the kind of what is there, if anything is. A link is neither: it leads to what is
/// not the sandbox's, and a pipe would hold the reader for ever.
fn check_kind(path: &Path, kind: Kind) -> Result<(), DataError> {
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(at("read", path)(error)),
    };
    let (fits, expected) = match kind {
        Kind::File => (found.is_file(), "a regular file"),
        Kind::Folder => (found.is_dir(), "a folder"),
    };
    if fits { Ok(()) } else { Err(DataError::Irregular { path: path.to_owned(), expected }) }
}

fn json_files(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(at("read", folder))? {
        let path = entry.map_err(at("read", folder))?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            check_kind(&path, Kind::File)?;
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The name of a file without `.json`; none where it is not UTF-8.
fn stem(path: &Path) -> Option<&str> {
    path.file_stem().and_then(OsStr::to_str)
}

/// Whether a file is named as [`Disk::snapshot_path`] names one.
fn is_snapshot(path: &Path) -> bool {
    let ids = stem(path).and_then(|stem| stem.rsplit_once('-'));
    ids.is_some_and(|(api, deployment)| {
        ApiId::try_from(api.to_owned()).is_ok()
            && DeploymentId::try_from(deployment.to_owned()).is_ok()
    })
}

fn read_snapshot(path: &Path) -> Result<Configuration, DataError> {
    let snapshot: Configuration = read(path)?;
    stored::check_configuration(&snapshot).map_err(|defect| alien(path, defect))?;
    Ok(snapshot)
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T, DataError> {
    check_kind(path, Kind::File)?;
    let file = File::open(path).map_err(at("read", path))?;
    let size = file.metadata().map_err(at("read", path))?.len();
    check_size(path, size)?;
    let mut text = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut text).map_err(at("read", path))?;
    check_size(path, text.len() as u64)?;
    serde_json::from_slice(&text).map_err(|error| alien(path, placed(&error)))
}

fn check_size(path: &Path, size: u64) -> Result<(), DataError> {
    if size <= LARGEST { Ok(()) } else { Err(DataError::TooLarge { path: path.to_owned(), size }) }
}

/// What is wrong with a JSON text, and where. The text of `serde_json` may quote a whole value.
fn placed(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    let what = text.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&text);
    let what = if what.len() > 200 { excerpt(what) } else { what.to_owned() };
    format!("line {line}, column {column}: {what}")
}

/// Replaces a file as a whole.
fn write<T: Serialize + DeserializeOwned>(path: &Path, value: &T) -> Result<(), DataError> {
    let folder = path.parent().unwrap_or(path);
    let failed = |source: io::Error| at("write", path)(source);
    let text = serde_json::to_vec(value).map_err(|error| failed(io::Error::other(error)))?;
    // What could not be read again must not be written: it may be too large, or nested too
    // deeply, which a request may be up to the same depth.
    check_size(path, text.len() as u64)?;
    serde_json::from_slice::<T>(&text).map_err(|error| failed(io::Error::other(error)))?;
    let mut file =
        tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder).map_err(failed)?;
    file.write_all(&text).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    sync_folder(folder)
}

fn remove(path: &Path) -> Result<(), DataError> {
    match fs::remove_file(path) {
        Ok(()) => sync_folder(path.parent().unwrap_or(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(at("remove", path)(error)),
    }
}

/// A rename is durable only when its folder is.
fn sync_folder(folder: &Path) -> Result<(), DataError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(at("flush", folder))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::control::operations::rest_apis::{self, CreateInput};
    use crate::sandbox::data::state::Deployment;

    fn api() -> Api {
        let id = ApiId::try_from("abcde12345".to_owned()).expect("an id");
        let name = Some("orders".to_owned());
        let mut api = rest_apis::new(id, CreateInput { name, ..CreateInput::default() }, 0);
        let deployment = Deployment {
            id: DeploymentId::try_from("dep001".to_owned()).expect("an id"),
            created_millis: 0,
            sequence: 0,
            description: None,
            snapshot: Arc::new(api.config.clone()),
        };
        api.deployments.insert(deployment.id.clone(), deployment);
        api
    }

    #[test]
    fn what_was_stored_is_read_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("deep/data");
        let (disk, apis) = Disk::open(&root).expect("a new directory");
        assert!(apis.is_empty());
        disk.store(&api(), None).expect("stored");
        drop(disk);

        let (disk, apis) = Disk::open(&root).expect("the same directory");
        assert_eq!(apis["abcde12345"].deployments["dep001"].snapshot.name, "orders");
        let mut fewer = api();
        fewer.deployments.clear();
        disk.store(&fewer, Some(&apis["abcde12345"])).expect("stored");
        assert_eq!(json_files(&root.join("snapshots")).expect("a folder").len(), 0);
        disk.remove(&fewer).expect("removed");
        drop(disk);
        assert!(Disk::open(&root).expect("the same directory").1.is_empty());
    }

    #[test]
    fn what_is_not_ours_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        fs::write(root.join("thesis.txt"), "years of work").expect("a file");
        assert!(matches!(Disk::open(root), Err(DataError::NotOurs(_))));

        let root = root.join("data");
        let (disk, _) = Disk::open(&root).expect("a new directory");
        disk.store(&api(), None).expect("stored");
        assert!(matches!(Disk::open(&root), Err(DataError::Locked(_))));
        drop(disk);
        let path = root.join("apis/abcde12345.json");
        let whole = fs::read(&path).expect("the API");
        let half = &whole[..whole.len() / 2];
        fs::write(&path, half).expect("a file");
        assert!(matches!(Disk::open(&root), Err(DataError::Alien { .. })));
        assert_eq!(fs::read(&path).expect("the API"), half);
        let other = String::from_utf8(whole).expect("UTF-8").replace("abcde12345", "zzzzz99999");
        fs::write(&path, other).expect("a file");
        assert!(matches!(Disk::open(&root), Err(DataError::Misplaced(_))));
    }

    #[test]
    fn what_is_too_large_to_read_is_not_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.json");
        let text = "x".repeat(usize::try_from(LARGEST).expect("a size"));
        assert!(matches!(write(&path, &text), Err(DataError::TooLarge { .. })));
        assert!(!path.exists());
    }
}
