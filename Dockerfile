# The agent's images. Targets:
#   dev              the tool chain and everything a session needs, for working on the sources
#   test             dev and the browsers; its command runs every test
#   build            nothing but the built agent, to copy from or to export: --target build --output dir
#   ci               builds the agent and proves in a few seconds that a session starts
#   runtime          what session images start from
#   runtime-minimal  the same with software encoders for H.264, VP8 and VP9 only and no VNC fallback
#
# The context is the root of the repository. apt and npm use what the base image and the network have;
# where a network intercepts TLS, its certificates come as a secret and stay out of the layers:
#   --secret id=ca,src=/etc/ssl/certs/ca-certificates.crt

ARG BASE_IMAGE=docker.io/library/debian:bookworm-slim
ARG VERSION=0.0.0-dev
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
ARG SOURCE_URL=https://github.com/streamspace/streamspace-agent

# --- tool chain: Node, npm and the npm packages --------------------------------------------------------

FROM ${BASE_IMAGE} AS toolchain
ARG DEBIAN_FRONTEND=noninteractive
WORKDIR /src
RUN apt-get -qq update \
 && apt-get -qq --yes --no-install-recommends install ca-certificates binutils nodejs npm >/dev/null \
 && rm -rf /var/lib/apt/lists/*
COPY scripts/setup.sh scripts/
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=secret,id=ca \
    if [ -s /run/secrets/ca ]; then export NODE_EXTRA_CA_CERTS=/run/secrets/ca npm_config_cafile=/run/secrets/ca; fi \
 && bash -ec '. scripts/setup.sh; provide_node; install_npm_packages' \
 && npm cache clean --force 2>/dev/null

# What the build reads and nothing else, so that a change elsewhere does not build the agent anew.
FROM toolchain AS compile
COPY tsconfig*.json vite.*.ts LICENSE ./
COPY scripts/build-agent.ts scripts/
COPY signaling signaling
COPY encoders encoders
COPY agent agent
COPY client client
COPY images/runtime/collect-agent.sh images/runtime/
RUN images/runtime/collect-agent.sh /opt/streamspace

FROM scratch AS build
COPY --from=compile /opt/streamspace /

# --- programs and plugins that are used, out of packages that bring hundreds of megabytes of others ---------

FROM ${BASE_IMAGE} AS programs
COPY images/runtime/dpkg-excludes /etc/dpkg/dpkg.cfg.d/streamspace
COPY images/runtime/collect-programs.sh /
RUN sh /collect-programs.sh /collected

# --- for people who work on the agent ---------------------------------------------------------------------

FROM toolchain AS dev
COPY . .
# The npm packages are those of the lock file, however new the copy of it says that it is.
RUN touch node_modules/.package-lock.json \
 && bash -ec '. scripts/setup.sh; set_up run' \
 && rm -rf /var/lib/apt/lists/*
ENV PATH=/src/.toolchain/node_modules/.bin:$PATH
EXPOSE 8080
CMD ["./scripts/dev.sh"]

FROM dev AS test
RUN touch node_modules/.package-lock.json \
 && bash -ec '. scripts/setup.sh; set_up test' \
 && rm -rf /var/lib/apt/lists/*
CMD ["./scripts/test.sh"]

# --- the minimal runtime ------------------------------------------------------------------------------------

FROM ${BASE_IMAGE} AS runtime-minimal
ARG VERSION REVISION CREATED SOURCE_URL
COPY images/runtime/dpkg-excludes /etc/dpkg/dpkg.cfg.d/streamspace
COPY --from=programs /collected/minimal/root /
COPY --from=programs /collected/minimal/packages /collected/minimal/files.txt /collected/minimal/collected /usr/share/streamspace/
COPY images/runtime/install-runtime.sh /usr/share/streamspace/
COPY images/runtime/clean.sh /usr/local/sbin/streamspace-clean
RUN sh /usr/share/streamspace/install-runtime.sh minimal
COPY images/runtime/streamspace-session images/runtime/streamspace-agent /usr/local/bin/
COPY images/runtime/session /etc/streamspace/session
COPY images/runtime/streamspace-install /usr/local/sbin/
COPY --from=compile /opt/streamspace /opt/streamspace
ENV HOME=/home/user LANG=C.UTF-8
WORKDIR /home/user
VOLUME /home/user
USER 1000:1000
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s --retries=3 CMD ["streamspace-agent", "healthcheck"]
ENTRYPOINT ["tini", "--", "streamspace-session"]
LABEL org.opencontainers.image.title="StreamSpace runtime, minimal" \
      org.opencontainers.image.description="A desktop session in a browser: the agent, an X server and software encoders" \
      org.opencontainers.image.vendor="StreamSpace" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="${SOURCE_URL}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"

# --- the runtime of session images ----------------------------------------------------------------------------
# From the base again and not from runtime-minimal: one layer of packages, whose digest two builds share.

FROM ${BASE_IMAGE} AS runtime
ARG VERSION REVISION CREATED SOURCE_URL
COPY images/runtime/dpkg-excludes /etc/dpkg/dpkg.cfg.d/streamspace
COPY --from=programs /collected/full/root /
COPY --from=programs /collected/full/packages /collected/full/files.txt /collected/full/collected /usr/share/streamspace/
COPY images/runtime/install-runtime.sh /usr/share/streamspace/
COPY images/runtime/clean.sh /usr/local/sbin/streamspace-clean
RUN sh /usr/share/streamspace/install-runtime.sh full
COPY images/runtime/streamspace-session images/runtime/streamspace-agent /usr/local/bin/
COPY images/runtime/session /etc/streamspace/session
COPY images/runtime/streamspace-install /usr/local/sbin/
COPY --from=compile /opt/streamspace /opt/streamspace
ENV HOME=/home/user LANG=C.UTF-8
WORKDIR /home/user
VOLUME /home/user
USER 1000:1000
# 5900 (RFB), 6080 and 3000 (noVNC) are for the VNC fallback, where it is switched on.
EXPOSE 8080 5900 6080 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s --retries=3 CMD ["streamspace-agent", "healthcheck"]
ENTRYPOINT ["tini", "--", "streamspace-session"]
LABEL org.opencontainers.image.title="StreamSpace runtime" \
      org.opencontainers.image.description="A desktop session in a browser: the agent and all that session images start from" \
      org.opencontainers.image.vendor="StreamSpace" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="${SOURCE_URL}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"

# --- a quick proof ----------------------------------------------------------------------------------------------

FROM runtime AS ci
RUN --mount=type=bind,source=images/runtime,target=/setup sh /setup/smoke.sh

# The last stage is what a build without --target makes.
FROM runtime
