//! Behaviours of the service that nobody has proven.
//!
//! Where the documentation is silent or contradicts itself and no recorded
//! answer decides, the sandbox has a switch. The default is the behaviour that
//! the evidence makes most likely; a reconciler must come out right under every
//! combination, so tests run it under the others too.

use std::fmt;

/// A quirk that could not be set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuirkError {
    /// The text has no `=`.
    #[error("`{0}` is no quirk; write NAME=VALUE")]
    Form(String),
    /// No quirk has that name.
    #[error("there is no quirk `{name}`; the names are {known}")]
    Name {
        /// What was asked for.
        name: String,
        /// All names, for the message.
        known: String,
    },
    /// The quirk does not know that value.
    #[error("the quirk `{name}` has no value `{value}`; it is one of {known}")]
    Value {
        /// The quirk.
        name: &'static str,
        /// What was asked for.
        value: String,
        /// All values, for the message.
        known: String,
    },
}

macro_rules! quirks {
    ($($(#[$doc:meta])* $kind:ident, $field:ident, $name:literal:
        $first:ident = $first_value:literal $first_text:literal
        $(, $other:ident = $other_value:literal $other_text:literal)* $(,)?;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
            pub enum $kind {
                #[doc = $first_text]
                #[default]
                $first,
                $(#[doc = $other_text] $other,)*
            }

            impl fmt::Display for $kind {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str(match self {
                        Self::$first => $first_value,
                        $(Self::$other => $other_value,)*
                    })
                }
            }
        )*

        /// One choice for each behaviour that is not proven.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Quirks {
            $($(#[$doc])* pub $field: $kind,)*
        }

        /// Name, value, whether it is the default, and what it means.
        const LIST: &[(&str, &str, bool, &str)] = &[
            $(
                ($name, $first_value, true, $first_text),
                $(($name, $other_value, false, $other_text),)*
            )*
        ];

        impl Quirks {
            fn set_one(&mut self, name: &str, value: &str) -> Result<(), QuirkError> {
                match name {
                    $($name => {
                        self.$field = match value {
                            $first_value => $kind::$first,
                            $($other_value => $kind::$other,)*
                            _ => return Err(QuirkError::Value {
                                name: $name,
                                value: value.to_owned(),
                                known: [$first_value $(, $other_value)*].join(", "),
                            }),
                        };
                        Ok(())
                    })*
                    _ => Err(QuirkError::Name {
                        name: name.to_owned(),
                        known: [$($name),*].join(", "),
                    }),
                }
            }

            /// What is chosen, in the order of [`Quirks::list`].
            #[must_use]
            pub fn chosen(&self) -> Vec<(&'static str, String)> {
                vec![$(($name, self.$field.to_string())),*]
            }
        }
    };
}

impl Quirks {
    /// Sets one quirk from `NAME=VALUE`.
    ///
    /// # Errors
    /// When the text has another form, or names what does not exist.
    pub fn set(&mut self, text: &str) -> Result<(), QuirkError> {
        let (name, value) =
            text.split_once('=').ok_or_else(|| QuirkError::Form(text.to_owned()))?;
        self.set_one(name.trim(), value.trim())
    }

    /// Every value of every quirk: name, value, whether it is the default, and
    /// what it means. The default is the first of its name.
    pub fn list() -> impl Iterator<Item = (&'static str, &'static str, bool, &'static str)> {
        LIST.iter().copied()
    }
}

quirks! {
    /// What GetExport reads the gateway responses from. "Exports a deployed
    /// version of a RestApi" (service model) speaks for the snapshot; no source
    /// proves it for this extension.
    Export, export, "export":
        Snapshot = "snapshot" "GetExport shows what the stage's deployment captured",
        Mirror = "mirror" "GetExport shows the gateway responses as configured now, the rest from the deployment",
        MirrorAll = "mirror-all" "GetExport shows everything as configured now";

    /// Which half of a stage with a canary is exported; not documented.
    ExportCanary, export_canary, "export-canary":
        Stage = "stage" "GetExport of a stage with a canary shows the stage's own deployment",
        Canary = "canary" "GetExport of a stage with a canary shows the canary's deployment";

    /// Exports found in the field omit the status of a DEFAULT_* type that has
    /// none; no sample shows a specific type without an explicit status.
    ExportStatus, export_status, "export-status":
        Stored = "stored" "an export omits statusCode where none was set",
        Resolved = "resolved" "an export shows the built-in statusCode where none was set";

    /// Field samples omit templates where only headers were set.
    ExportTemplates, export_templates, "export-templates":
        Stored = "stored" "an export omits responseTemplates where none were set",
        Resolved = "resolved" "an export shows the built-in template where none were set";

    /// `info.version` of an API without versions is an ISO time; of what, is
    /// not documented.
    ExportVersion, export_version, "export-version":
        Deployed = "deployed" "info.version is the deployment's createdDate",
        Exported = "exported" "info.version is the time of the export";

    /// What a PATCH of an un-customised type starts from while its family
    /// default is customised; the recorded case had no customised default.
    PatchBase, patch_base, "patch-base":
        Builtin = "builtin" "a PATCH that customises a type starts from the built-in values",
        Resolved = "resolved" "a PATCH that customises a type starts from the inherited values that GET shows";

    /// GET cannot tell an explicit status from an unset one, so no recording
    /// shows what a PATCH stores that does not touch it.
    PatchStatus, patch_status, "patch-status":
        Unset = "unset" "a PATCH that customises a type leaves an untouched status unset",
        Explicit = "explicit" "a PATCH that customises a type stores the shown status as if it had been set";

    /// Whether a PATCH with a failing operation changes anything; not documented.
    PatchAtomic, patch_atomic, "patch-atomic":
        Yes = "yes" "a PATCH with a failing operation changes nothing",
        No = "no" "operations before the failing one are kept";

    /// Several tools use `add` as an upsert.
    PatchAddExisting, patch_add_existing, "patch-add-existing":
        Overwrite = "overwrite" "`add` of a key that exists overwrites it",
        Error = "error" "`add` of a key that exists is refused";

    /// For method responses AWS recorded NotFoundException.
    PatchRemoveMissing, patch_remove_missing, "patch-remove-missing":
        Error = "error" "`remove` of a key that does not exist is NotFoundException",
        Ignore = "ignore" "`remove` of a key that does not exist does nothing";

    /// Whether the built-in template counts as present while none was set.
    PatchDefaultTemplate, patch_replace_default_template, "patch-replace-default-template":
        Allow = "allow" "`replace` of application/json works where only the built-in template is there",
        Error = "error" "`replace` of application/json is NotFoundException where only the built-in template is there";

    /// `replace /statusCode` without a value: the analogue of
    /// `minimumCompressionSize`, documented there, would unset it.
    PatchNullStatus, patch_null_status, "patch-null-status":
        Error = "error" "`replace /statusCode` without a value is refused",
        Reset = "reset" "`replace /statusCode` without a value unsets the status";

    /// An empty map in PutGatewayResponse is not recorded.
    PutEmptyTemplates, put_empty_templates, "put-empty-templates":
        Default = "default" "Put with responseTemplates {} means the built-in template",
        Empty = "empty" "Put with responseTemplates {} means no template at all";

    /// What is left when a PATCH removes the last template; not documented.
    LastTemplate, last_template, "last-template":
        Default = "default" "removing the last template brings the built-in one back",
        Empty = "empty" "removing the last template leaves none";

    /// Two header keys that differ only in case.
    HeaderCase, header_case, "header-case":
        Distinct = "distinct" "header keys that differ only in case are two keys",
        Merge = "merge" "header keys that differ only in case are one key; the last spelling stays";

    /// The control plane shows the type's own status there; the stage was not measured.
    RuntimeStatus, runtime_status, "runtime-status":
        Own = "own" "a customised type without a status answers with the error's own status",
        Family = "family" "a customised type without a status answers with its family default's status";

    /// Access logs write `-`; for gateway response templates nothing is documented.
    Unresolved, unresolved, "unresolved":
        Empty = "empty" "a variable without a value renders as nothing",
        Dash = "dash" "a variable without a value renders as `-`";

    /// A mapped header whose request value is absent.
    AbsentHeader, absent_header, "absent-header":
        Omit = "omit" "a header mapped from an absent value is left out",
        Empty = "empty" "a header mapped from an absent value is sent empty";

    /// Documented for integration responses only.
    TemplateChoice, template_choice, "template-choice":
        Accept = "accept" "the first media type of Accept chooses the template",
        Json = "json" "application/json is chosen whatever Accept says";

    /// The order that defines "the first existing template" is not specified.
    FirstTemplate, first_template, "first-template":
        ByName = "by-name" "where no template fits, the first by name is served",
        ByNameReversed = "by-name-reversed" "where no template fits, the last by name is served";

    /// A mapping onto Content-Type; deployed FHIR configurations rely on it.
    ContentTypeHeader, content_type_header, "content-type-header":
        Override = "override" "a mapped Content-Type replaces the template's type",
        Ignore = "ignore" "a mapped Content-Type is ignored";

    /// A mapping onto x-amzn-ErrorType is not documented.
    ErrorTypeHeader, error_type_header, "error-type-header":
        Fixed = "fixed" "x-amzn-ErrorType always names the original error",
        Override = "override" "a mapped x-amzn-ErrorType replaces the original";

    /// Field reports: "after a deployment a stage can answer new, then old again
    /// for some seconds".
    Settle, settle, "settle":
        AtOnce = "at-once" "a stage that was moved serves and exports the new deployment at once",
        Flapping = "flapping" "for 2 seconds after it was moved a stage answers new and old by turns";

    /// `replace /deploymentId` while the stage has a canary is not recorded.
    CanaryReplace, canary_replace, "canary-replace":
        Allow = "allow" "`replace /deploymentId` works on a stage with a canary",
        Refuse = "refuse" "`replace /deploymentId` is refused on a stage with a canary";

    /// Whether a canary's pointer also keeps a deployment.
    CanaryDelete, canary_delete, "canary-delete":
        Refuse = "refuse" "a deployment that a canary serves cannot be deleted",
        Allow = "allow" "a deployment that a canary serves can be deleted, and the canary ends";

    /// A malformed Lambda proxy response answers 502; under which type is unknown.
    MalformedProxy, malformed_proxy, "malformed-proxy":
        Default5xx = "DEFAULT_5XX" "a malformed proxy response is DEFAULT_5XX",
        IntegrationFailure = "INTEGRATION_FAILURE" "a malformed proxy response is INTEGRATION_FAILURE",
        ApiConfigurationError = "API_CONFIGURATION_ERROR" "a malformed proxy response is API_CONFIGURATION_ERROR";

    /// The service authorization reference has no resource for exports of REST APIs.
    PolicyExport, policy_export, "policy-export":
        Path = "path" "a policy is asked for GetExport on the request's path",
        Stage = "stage" "a policy is asked for GetExport on the stage";

    /// `apigateway:Request/StageName` of a CreateDeployment without a stage.
    PolicyStageName, policy_stage_name, "policy-stage-name":
        Absent = "absent" "a CreateDeployment without a stage carries no apigateway:Request/StageName",
        Empty = "empty" "a CreateDeployment without a stage carries an empty apigateway:Request/StageName";

    /// Lists of AWS are often eventually consistent; not measured here.
    DeploymentList, deployment_list, "deployment-list":
        AtOnce = "at-once" "GetDeployments shows a new deployment at once",
        Late = "late" "GetDeployments shows a deployment 2 seconds after it was made";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_value_can_be_set_and_the_first_is_the_default() {
        let mut seen = Vec::new();
        for (name, value, is_default, text) in Quirks::list() {
            assert_eq!(is_default, !seen.contains(&name), "{name}");
            seen.push(name);
            assert!(!text.is_empty());
            let mut quirks = Quirks::default();
            quirks.set(&format!("{name}={value}")).expect("a listed value");
            assert_eq!(quirks == Quirks::default(), is_default, "{name}={value}");
            assert!(quirks.chosen().contains(&(name, value.to_owned())));
        }
    }

    #[test]
    fn what_does_not_exist_is_named_with_what_does() {
        let mut quirks = Quirks::default();
        let told = |result: Result<(), QuirkError>| result.unwrap_err().to_string();
        assert!(told(quirks.set("export")).contains("NAME=VALUE"));
        assert!(told(quirks.set("exports=mirror")).contains("export, "));
        assert!(told(quirks.set("export=maybe")).contains("snapshot, mirror"));
    }
}
