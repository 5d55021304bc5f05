//! The scripts that complete `gwr`: clap_complete's, told what values can be, and mended
//! where they fall short of it.
//!
//! The command line that they are made of is not the one that is parsed: values that are
//! listed here for completion are still read, and refused with suggestions, by the verbs.

use anyhow::Context as _;
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Arg, Command, CommandFactory as _, ValueHint};
use clap_complete::Shell;

use crate::cli::args::Cli;
use crate::diagnostic::hazard::HazardId;
use crate::diagnostic::rules::RULES;
use crate::explain::error_types;
use crate::model::ResponseType;

/// The script for a shell.
pub fn script(shell: Shell) -> anyhow::Result<String> {
    let mut command = described();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "gwr", &mut script);
    let script = String::from_utf8(script).context("the script is not valid UTF-8")?;
    Ok(match shell {
        Shell::Bash => bash(&script, &command),
        Shell::Fish => fish(script, &command),
        Shell::Zsh => zsh(&script, &command),
        // These two complete options and commands, and leave values to the shell.
        _ => script,
    })
}

/// The command line, with what each value can be.
fn described() -> Command {
    let command = Cli::command();
    let commands: Vec<String> =
        command.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    command
        .mut_args(|arg| describe(arg, &commands))
        .mut_subcommands(|command| command.mut_args(|arg| describe(arg, &commands)))
}

fn describe(arg: Arg, commands: &[String]) -> Arg {
    let values: Vec<String> = match arg.get_id().as_str() {
        "accept" => {
            HazardId::ALL.iter().filter(|id| id.refuses()).map(ToString::to_string).collect()
        }
        "response_type" | "rewrite" => ResponseType::ALL.iter().map(ToString::to_string).collect(),
        "error_type" => error_types().into_iter().map(str::to_owned).collect(),
        // Of `validate`: the rule that is explained.
        "explain" => RULES.iter().map(|rule| rule.id.to_owned()).collect(),
        // Of `man`.
        "command" => commands.to_vec(),
        _ => return hint(arg),
    };
    arg.value_parser(PossibleValuesParser::new(values.into_iter().map(PossibleValue::new)))
}

/// A path is a file or a folder by the name of its value; all other text is nobody's to guess.
fn hint(arg: Arg) -> Arg {
    let is_folder =
        arg.get_value_names().is_some_and(|names| names.iter().any(|name| name == "DIR"));
    match arg.get_value_hint() {
        ValueHint::AnyPath if is_folder => arg.value_hint(ValueHint::DirPath),
        ValueHint::AnyPath => arg.value_hint(ValueHint::FilePath),
        ValueHint::Unknown if arg.get_action().takes_values() => arg.value_hint(ValueHint::Other),
        _ => arg,
    }
}

/// Whether a word after the command can be a file.
fn takes_file(command: &Command) -> bool {
    command.get_positionals().any(|arg| arg.get_value_hint() == ValueHint::FilePath)
}

/// The options whose value, if there is one, is in the same word.
fn joined(command: &Command) -> impl Iterator<Item = &str> {
    command.get_opts().filter(|arg| arg.is_require_equals_set()).filter_map(Arg::get_long)
}

/// Bash splits words at `=`, and offers every option where a file was meant.
fn bash(script: &str, command: &Command) -> String {
    let joined: Vec<String> = joined(command)
        .map(|name| format!("    [[ ${{prev}} == --{name} ]] && prev=\"\"\n"))
        .collect();
    let joined = joined.concat();
    let words = format!(
        "    prev=\"$3\"\n\
         {joined}    \
         # `--file=NAME` is three words here.\n    \
         if [[ ${{COMP_WORDS[COMP_CWORD]}} == \"=\" ]]; then\n        \
         cur=\"\"\n        \
         prev=\"${{COMP_WORDS[COMP_CWORD-1]}}\"\n    \
         elif [[ ${{prev}} == \"=\" ]]; then\n        \
         prev=\"${{COMP_WORDS[COMP_CWORD-2]}}\"\n    \
         fi\n"
    );
    let script = script.replacen("    prev=\"$3\"\n", &words, 1);
    let files: Vec<String> = command
        .get_subcommands()
        .filter(|command| takes_file(command))
        .map(|command| format!("        gwr__subcmd__{})", command.get_name()))
        .collect();
    let mut in_file_command = false;
    let mut mended = String::new();
    for line in script.lines() {
        if line.starts_with("        gwr") && line.ends_with(')') {
            in_file_command = files.iter().any(|start| start == line);
        }
        match line {
            // Without the word for options, bash completes files: also with blanks in them.
            "            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then"
                if in_file_command =>
            {
                mended.push_str("            if [[ ${cur} == -* ]] ; then");
            }
            "            COMPREPLY=( $(compgen -W \"${opts}\" -- \"${cur}\") )"
                if in_file_command =>
            {
                continue;
            }
            line => mended.push_str(line),
        }
        mended.push('\n');
    }
    mended
}

/// Fish is told of options alone, and takes an optional value for one that is needed.
fn fish(mut script: String, command: &Command) -> String {
    for name in joined(command) {
        script = script.replace(&format!(" {name}= "), &format!(" '{name}=?' "));
        let option = format!(" -l {name} ");
        let lines = script.lines().map(|line| {
            let of_it = line.contains(&option);
            if of_it { line.replace(" -r -f ", " -f ") + "\n" } else { line.to_owned() + "\n" }
        });
        script = lines.collect();
    }
    for command in command.get_subcommands().filter(|command| !takes_file(command)) {
        script.push_str(&format!(
            "complete -c gwr -n \"__fish_gwr_using_subcommand {}\" -f",
            command.get_name()
        ));
        let values = command.get_positionals().flat_map(Arg::get_possible_values);
        let values: Vec<String> = values.map(|value| value.get_name().to_owned()).collect();
        if !values.is_empty() {
            script.push_str(&format!(" -a \"{}\"", values.join(" ")));
        }
        script.push('\n');
    }
    script
}

/// Zsh takes the next word for an optional value, too, unless told otherwise.
fn zsh(script: &str, command: &Command) -> String {
    joined(command).fold(script.to_owned(), |script, name| {
        script.replace(&format!("'--{name}=["), &format!("'--{name}=-["))
    })
}
