//! What can be typed after `gwr completions` and `gwr man`.

use clap::Args;
use clap_complete::Shell;

/// `gwr completions`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    gwr completions bash > /etc/bash_completion.d/gwr\n  \
    gwr completions zsh > \"${fpath[1]}/_gwr\"\n  \
    gwr completions fish > ~/.config/fish/completions/gwr.fish")]
pub struct CompletionsArgs {
    /// The shell to complete for
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}

/// `gwr man`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    gwr man > gwr.1\n  \
    gwr man apply > gwr-apply.1\n  \
    gwr man | man -l -")]
pub struct ManArgs {
    /// The page of this command, instead of the main page
    #[arg(value_name = "COMMAND")]
    pub command: Option<String>,
}
