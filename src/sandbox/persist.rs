//! State on disk: one file per API, one per deployment's snapshot.
//!
//! Every file is written beside its place, flushed, and moved there, so that a
//! killed process leaves the old or the new state, never half of one. A snapshot
//! never changes; it is written before the API that names it and removed after,
//! so that what an API names is always there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::state::{Api, Configuration};

/// The version of the layout; grows only when an old reader would misread it.
const FORMAT: u32 = 1;

/// How the name of a file begins that is not in its place yet.
const UNFINISHED: &str = ".tmp";

/// How long another process may take to let go of the directory.
const PATIENCE: Duration = Duration::from_millis(500);

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
    /// A file does not hold what the sandbox wrote.
    #[error("{} is not the sandbox's state, or was cut off; move it away to begin anew", path.display())]
    Alien {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The directory belongs to something else.
    #[error("{} is not empty and not a sandbox's data directory", .0.display())]
    NotOurs(PathBuf),
    /// A file does not hold the API that its name says.
    #[error("{} does not hold the API that its name says; move it away to begin anew", .0.display())]
    Misplaced(PathBuf),
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

fn at<'a>(action: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> DataError + 'a {
    move |source| DataError::Io { action, path: path.to_owned(), source }
}

impl Disk {
    /// Opens a directory, making it when it does not exist, and reads what it holds.
    pub(crate) fn open(root: &Path) -> Result<(Self, BTreeMap<String, Api>), DataError> {
        fs::create_dir_all(root).map_err(at("make", root))?;
        let marker = root.join("sandbox.json");
        let known = marker.exists();
        if !known {
            let foreign = fs::read_dir(root)
                .map_err(at("read", root))?
                .filter_map(Result::ok)
                .any(|entry| !is_ours(&entry.file_name().to_string_lossy()));
            if foreign {
                return Err(DataError::NotOurs(root.to_owned()));
            }
        }
        let disk = Self { root: root.to_owned(), _lock: lock(root)? };
        sweep(root)?;
        for folder in [disk.root.join("apis"), disk.root.join("snapshots")] {
            fs::create_dir_all(&folder).map_err(at("make", &folder))?;
            sweep(&folder)?;
        }
        if known {
            let Marker { kind, format } = read(&marker)?;
            if kind != "gwr-sandbox" {
                return Err(DataError::NotOurs(root.to_owned()));
            }
            if format > FORMAT {
                return Err(DataError::Newer { path: marker, found: format });
            }
        } else {
            write(&marker, &Marker { kind: "gwr-sandbox".to_owned(), format: FORMAT })?;
        }
        let apis = disk.load()?;
        Ok((disk, apis))
    }

    fn load(&self) -> Result<BTreeMap<String, Api>, DataError> {
        let mut apis = BTreeMap::new();
        for path in json_files(&self.root.join("apis"))? {
            let mut api: Api = read(&path)?;
            if path != self.api_path(&api.id) {
                return Err(DataError::Misplaced(path));
            }
            for (id, deployment) in &mut api.deployments {
                let snapshot: Configuration = read(&self.snapshot_path(&api.id, id))?;
                deployment.snapshot = Arc::new(snapshot);
            }
            apis.insert(api.id.clone(), api);
        }
        let named: BTreeSet<PathBuf> = apis
            .values()
            .flat_map(|api| api.deployments.keys().map(|id| self.snapshot_path(&api.id, id)))
            .collect();
        for path in json_files(&self.root.join("snapshots"))? {
            if !named.contains(&path) {
                fs::remove_file(&path).map_err(at("remove", &path))?;
            }
        }
        Ok(apis)
    }

    /// Writes an API in place of what was there.
    pub(crate) fn store(&self, api: &Api, before: Option<&Api>) -> Result<(), DataError> {
        let had = |id: &String| before.is_some_and(|before| before.deployments.contains_key(id));
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

    fn api_path(&self, api: &str) -> PathBuf {
        self.root.join("apis").join(format!("{api}.json"))
    }

    fn snapshot_path(&self, api: &str, deployment: &str) -> PathBuf {
        self.root.join("snapshots").join(format!("{api}-{deployment}.json"))
    }
}

/// What a sandbox that was killed in its first moments may leave, and what
/// others put into a folder that git should not see.
fn is_ours(name: &str) -> bool {
    matches!(name, "lock" | "apis" | "snapshots" | ".gitignore") || name.starts_with(UNFINISHED)
}

/// Removes what a killed process was about to move into place.
fn sweep(folder: &Path) -> Result<(), DataError> {
    for entry in fs::read_dir(folder).map_err(at("read", folder))? {
        let path = entry.map_err(at("read", folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with(UNFINISHED) {
            fs::remove_file(&path).map_err(at("remove", &path))?;
        }
    }
    Ok(())
}

fn lock(root: &Path) -> Result<File, DataError> {
    let path = root.join("lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
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

fn json_files(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(at("read", folder))? {
        let path = entry.map_err(at("read", folder))?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T, DataError> {
    let text = fs::read(path).map_err(at("read", path))?;
    serde_json::from_slice(&text)
        .map_err(|source| DataError::Alien { path: path.to_owned(), source })
}

/// Replaces a file as a whole.
fn write(path: &Path, value: &impl Serialize) -> Result<(), DataError> {
    let folder = path.parent().unwrap_or(path);
    let failed = |source: io::Error| at("write", path)(source);
    let text = serde_json::to_vec(value).map_err(|error| failed(io::Error::other(error)))?;
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
#[cfg(unix)]
fn sync_folder(folder: &Path) -> Result<(), DataError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(at("flush", folder))
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> Result<(), DataError> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::state::Deployment;

    fn api() -> Api {
        let mut api = Api { id: "abcde12345".to_owned(), ..Api::default() };
        api.config.name = "orders".to_owned();
        let snapshot = Arc::new(api.config.clone());
        api.deployments.insert(
            "dep001".to_owned(),
            Deployment { id: "dep001".to_owned(), snapshot, ..Deployment::default() },
        );
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
        fs::write(&path, "{}").expect("a file");
        assert!(matches!(Disk::open(&root), Err(DataError::Misplaced(_))));
    }
}
