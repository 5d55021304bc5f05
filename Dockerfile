# syntax=docker/dockerfile:1
# gwr alone in an image: one static binary and the certificates of the public authorities.
#
#   docker build -t gwr .                   nothing but gwr, no shell
#   docker build -t gwr:ci --target ci .    with a shell, as GitLab's runner needs
#
# Images are named by tag; whoever publishes one should pin the base by digest.
ARG RUST=1.95
ARG ALPINE=3.22

FROM rust:${RUST}-alpine AS build
# ring has parts in C and assembly.
# hadolint ignore=DL3018
RUN apk add --no-cache gcc musl-dev make ca-certificates
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY src src
COPY schema schema
COPY templates templates
# musl is linked statically by default on this target.
RUN cargo build --locked --release --bin gwr \
    && strip target/release/gwr \
    && mkdir -p /image/etc/ssl/certs /image/work \
    && cp /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ \
    && cp target/release/gwr /image/gwr \
    && chown 65532:65532 /image/work

FROM alpine:${ALPINE} AS ci
COPY --from=build /image/etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /image/gwr /usr/local/bin/gwr
RUN adduser -D -u 65532 gwr
USER 65532:65532

FROM scratch
COPY --from=build /image/ /
COPY LICENSE-APACHE LICENSE-MIT /
ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
# Files are mounted here: `docker run --rm -v "$PWD:/work" gwr validate`. An apply writes
# its record to .gwr/runs below.
WORKDIR /work
USER 65532:65532
ENTRYPOINT ["/gwr"]
