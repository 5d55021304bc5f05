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
    `gwr plan` with the new file has nothing to do: a stage that it would deploy to is\n\
    commented out. Only [accounts] is read from -f."
)]
pub struct ImportArgs {
    /// Import the APIs with these ids
    #[arg(long, value_name = "ID", num_args = 1..)]
    pub api_id: Vec<String>,
    /// Import the APIs whose name matches; can be repeated
    #[arg(long, value_name = "NAME")]
    pub name: Vec<String>,
    /// Import every REST API of the account and region
    #[arg(long)]
    pub all: bool,
    /// Import from an OpenAPI document or a CloudFormation or SAM template; JSON or YAML,
    /// offline; `-` is stdin
    #[arg(long, value_name = "FILE")]
    pub from_openapi: Option<PathBuf>,
}
