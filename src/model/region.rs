//! What differs between the partitions of AWS: the word in ARNs, and host names.

/// A partition, found by the region's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partition {
    /// The second word of an ARN.
    pub name: &'static str,
    /// What the host names of its services end with.
    pub dns_suffix: &'static str,
}

/// Region prefixes and their partitions; the SDK's `partitions.json` is the source.
const PARTITIONS: &[(&str, Partition)] = &[
    ("cn-", Partition { name: "aws-cn", dns_suffix: "amazonaws.com.cn" }),
    ("us-gov-", Partition { name: "aws-us-gov", dns_suffix: "amazonaws.com" }),
    ("us-iso-", Partition { name: "aws-iso", dns_suffix: "c2s.ic.gov" }),
    ("us-isob-", Partition { name: "aws-iso-b", dns_suffix: "sc2s.sgov.gov" }),
    ("eusc-", Partition { name: "aws-eusc", dns_suffix: "amazonaws.eu" }),
];

/// The partitions that there are beside the commercial one, and that one.
fn names() -> impl Iterator<Item = &'static str> {
    PARTITIONS.iter().map(|(_, partition)| partition.name).chain(["aws"])
}

/// The partition of a region; a region that nobody knows is taken for a commercial one.
#[must_use]
pub fn partition(region: &str) -> Partition {
    PARTITIONS
        .iter()
        .find(|(prefix, _)| region.starts_with(prefix))
        .map_or(Partition { name: "aws", dns_suffix: "amazonaws.com" }, |(_, partition)| *partition)
}

/// The ARN that IAM checks for a control-plane path: no account, a double colon.
#[must_use]
pub fn control_plane_arn(region: &str, path: &str) -> String {
    arn_in(partition(region).name, region, path)
}

/// The same where the region is a pattern, which tells no partition.
#[must_use]
pub fn arn_in(partition: &str, region: &str, path: &str) -> String {
    format!("arn:{partition}:apigateway:{region}::{path}")
}

/// The word for the partition in the ARN of an IAM role, if it is one that there is.
#[must_use]
pub fn partition_of_role(role_arn: &str) -> Option<&'static str> {
    let written = role_arn.split(':').nth(1)?;
    names().find(|name| *name == written)
}

/// The account in the ARN of an IAM role, which is there whatever the partition.
#[must_use]
pub fn account_of_role(role_arn: &str) -> Option<&str> {
    let account = role_arn.split(':').nth(4)?;
    (account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit())).then_some(account)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_carry_the_partition() {
        let arn = |region| control_plane_arn(region, "/restapis/a/stages/b");
        assert_eq!(arn("eu-west-1"), "arn:aws:apigateway:eu-west-1::/restapis/a/stages/b");
        assert_eq!(arn("cn-north-1"), "arn:aws-cn:apigateway:cn-north-1::/restapis/a/stages/b");
        assert_eq!(
            arn("us-gov-west-1"),
            "arn:aws-us-gov:apigateway:us-gov-west-1::/restapis/a/stages/b"
        );
    }

    #[test]
    fn a_role_names_its_account() {
        assert_eq!(account_of_role("arn:aws:iam::123456789012:role/x"), Some("123456789012"));
        assert_eq!(account_of_role("role/x"), None);
    }

    #[test]
    fn a_role_names_its_partition() {
        for name in ["aws", "aws-cn", "aws-us-gov"] {
            let arn = format!("arn:{name}:policy::123456789012:role/x");
            assert_eq!(partition_of_role(&arn), Some(name));
        }
        assert_eq!(partition_of_role("arn:aws-x:policy::123456789012:role/x"), None);
        assert_eq!(partition_of_role("role/x"), None);
    }
}
