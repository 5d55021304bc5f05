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
    format!("arn:{}:apigateway:{region}::{path}", partition(region).name)
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
}
