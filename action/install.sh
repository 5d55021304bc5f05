#!/usr/bin/env bash
# Puts gwr on the path of the job's later steps.
#
#   GWR_VERSION     "0.1.1": that release · "source": built from this checkout ·
#                   "path": what is there · empty: the release of this checkout's version
#   GWR_REPOSITORY  OWNER/NAME that the releases are in; by default where this action is from
#   GWR_RELEASES    their address, by default https://github.com/OWNER/NAME/releases/download
#   GWR_TARGET      the platform's name, by default this machine's
#
# A release is taken only if its archive has the checksum that SHA256SUMS beside it names.
# That finds a broken download; it does not help against somebody who can write both files.
# Pin the action by its commit, and see docs/releasing.md for the attestation.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
version=${GWR_VERSION:-}

die() {
    echo "::error title=gwr was not installed::$1" >&2
    exit 1
}

if [ "$version" = path ]; then
    gwr --version || die "there is no gwr on the path"
    exit 0
fi

# A new folder of an unpredictable name: no link in a commit can point to the binary in it.
mkdir -p "${RUNNER_TEMP:?}"
folder=$(mktemp -d "$RUNNER_TEMP/gwr-XXXXXXXXXX")/bin
mkdir "$folder"

this_platform() {
    case "$(uname -s)-$(uname -m)" in
        Linux-x86_64) echo x86_64-unknown-linux-musl ;;
        Linux-aarch64 | Linux-arm64) echo aarch64-unknown-linux-musl ;;
        Darwin-x86_64) echo x86_64-apple-darwin ;;
        Darwin-arm64) echo aarch64-apple-darwin ;;
        MINGW* | MSYS* | CYGWIN*) die "gwr does not build on Windows; use a Linux runner" ;;
        *) die "no release is built for $(uname -s) on $(uname -m); use version: source" ;;
    esac
}

# The runner's checkout of an action is …/_actions/OWNER/NAME/REF: the expressions
# `github.action_repository` and `github.action_ref` are empty in a composite action
# (actions/runner, issue 2473).
this_repository() {
    local path=${here##*/_actions/}
    [ "$path" != "$here" ] || die "this action was not fetched from a repository, so it has no \
releases; use version: source"
    echo "$path" | cut -d/ -f1,2
}

sha256() {
    if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi |
        cut -d' ' -f1
}

# Only over HTTPS, also where it is sent on to; the tests serve a release on loopback.
fetch() {
    local protocols='=https'
    case $1 in http://127.0.0.1:*) protocols='=http' ;; esac
    curl --fail --silent --show-error --location --retry 3 --proto "$protocols" \
        --proto-redir '=https' --max-time 300 --output "$2" "$1"
}

from_release() {
    local releases target archive work wanted found
    version=${version#v}
    releases=${GWR_RELEASES:-}
    if [ -z "$releases" ]; then
        repository=${GWR_REPOSITORY:-$(this_repository)}
        releases=${GITHUB_SERVER_URL:-https://github.com}/$repository/releases/download
    fi
    target=${GWR_TARGET:-$(this_platform)}
    archive=gwr-$version-$target.tar.gz
    work=$(mktemp -d)
    for file in "$archive" SHA256SUMS; do
        fetch "$releases/v$version/$file" "$work/$file" ||
            die "$releases/v$version/$file could not be fetched. If there is no such release, \
use version: source"
    done
    wanted=$(awk -v name="$archive" '$2 == name || $2 == "*" name { print $1 }' "$work/SHA256SUMS")
    found=$(sha256 "$work/$archive")
    [ -n "$wanted" ] || die "SHA256SUMS of $version does not name $archive"
    [ "$wanted" = "$found" ] || die "$archive has the checksum $found, and SHA256SUMS says $wanted"
    tar -xzf "$work/$archive" -C "$work"
    mv "$work"/gwr-"$version"-"$target"/gwr* "$folder"/
    rm -rf "$work"
}

if [ "$version" = source ]; then
    # Not in the checkout: cargo runs what a `.cargo/config.toml` of the current folder names.
    (cd "$here" && cargo install --locked --quiet --path "$here" --root "$(dirname "$folder")") ||
        die "it could not be built; it needs Rust $(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$here/Cargo.toml")"
else
    if [ -z "$version" ]; then
        version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$here/Cargo.toml" | head -n 1)
    fi
    from_release
fi

"$folder/gwr" --version || die "what was installed does not run here"
if [ -n "${GITHUB_PATH:-}" ]; then echo "$folder" >>"$GITHUB_PATH"; fi
