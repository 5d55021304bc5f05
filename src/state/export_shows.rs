//! What GetExport is evidence of.

/// What an export is evidence of. One fact of the service, which is not verified on AWS:
/// AWS documents that GetExport "exports a deployed version".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExportShows {
    /// The snapshot that the stage serves: seen to differ from the configuration.
    Snapshot,
    /// The configuration: seen to change before anything was deployed.
    Mirror,
    #[default]
    Unproven,
}

impl ExportShows {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot",
            Self::Mirror => "mirror",
            Self::Unproven => "unproven",
        }
    }
}
