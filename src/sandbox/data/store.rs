//! All APIs, and their way to disk.

use std::collections::BTreeMap;
use std::path::Path;

use super::persist::{DataError, Disk};
use super::state::Api;
use crate::sandbox::wire::error::{Code, Failure};
use crate::sandbox::wire::http::ACCOUNT;
use crate::sandbox::wire::ids::ApiId;

/// The APIs of the account. What is here is also on disk, if there is a disk.
#[derive(Debug)]
pub(crate) struct Store {
    apis: BTreeMap<ApiId, Api>,
    disk: Option<Disk>,
}

impl Store {
    pub(crate) fn open(data: Option<&Path>) -> Result<Self, DataError> {
        let Some(root) = data else {
            return Ok(Self { apis: BTreeMap::new(), disk: None });
        };
        let (disk, apis) = Disk::open(root)?;
        Ok(Self { apis, disk: Some(disk) })
    }

    pub(crate) fn apis(&self) -> impl Iterator<Item = &Api> {
        self.apis.values()
    }

    pub(crate) fn find(&self, id: &str) -> Option<&Api> {
        self.apis.get(id)
    }

    /// The API, or what AWS says when there is none.
    pub(crate) fn api(&self, id: &str) -> Result<&Api, Failure> {
        self.find(id).ok_or_else(|| {
            Failure::not_found(format!("Invalid API identifier specified {ACCOUNT}:{id}"))
        })
    }

    /// Takes an API in, in place of the one with its id.
    pub(crate) fn put(&mut self, api: Api) -> Result<(), DataError> {
        if let Some(disk) = &self.disk {
            disk.store(&api, self.apis.get(&api.id))?;
        }
        self.apis.insert(api.id.clone(), api);
        Ok(())
    }

    pub(crate) fn remove(&mut self, id: &str) -> Result<(), DataError> {
        if let (Some(disk), Some(api)) = (&self.disk, self.apis.get(id)) {
            disk.remove(api)?;
        }
        self.apis.remove(id);
        Ok(())
    }

    /// Removes every API.
    pub(crate) fn clear(&mut self) -> Result<(), DataError> {
        let ids: Vec<ApiId> = self.apis.keys().cloned().collect();
        ids.iter().try_for_each(|id| self.remove(id))
    }

    pub(crate) fn fresh_id(&self) -> ApiId {
        loop {
            let id = ApiId::random();
            if !self.apis.contains_key(&id) {
                return id;
            }
        }
    }
}

/// What could not be written was not done.
impl From<DataError> for Failure {
    fn from(error: DataError) -> Self {
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
        Self::new(Code::InternalFailure, format!("{error}{}", cause.unwrap_or_default()))
    }
}
