//! What can be typed after `gwr import`.

use std::path::PathBuf;

use clap::Args;

/// `gwr import`
#[derive(Debug, Args)]
#[command(
    group = clap::ArgGroup::new("what").required(true).args(["api_id", "name", "all", "from_openapi"]),
    after_help = "Examples:\n  \
    gwr import --api-id abcde12345 > gwr.toml\n  \
    gwr import --name orders-api --region eu-west-1 --profile platform > gwr.toml\n  \
    gwr import --all --api 'shop-*' > gwr.toml\n  \
    gwr import --from-openapi openapi.yaml > gwr.toml\n\n\
    Planning with the file shows nothing to do. A stage that a plan would deploy to stands in a\n\
    comment. Of -f only [accounts] is taken."
)]
pub struct ImportArgs {
    /// The APIs of these ids
    #[arg(long, value_name = "ID", num_args = 1..)]
    pub api_id: Vec<String>,
    /// The API of this name, or those whose names match a pattern; can be repeated
    #[arg(long, value_name = "NAME")]
    pub name: Vec<String>,
    /// Every REST API of the account and region
    #[arg(long)]
    pub all: bool,
    /// What an OpenAPI document holds, or a template of CloudFormation or SAM; JSON or YAML,
    /// offline; `-` is stdin
    #[arg(long, value_name = "FILE")]
    pub from_openapi: Option<PathBuf>,
}
