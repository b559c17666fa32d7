# Holdgate in a container: the gateway with `docker run`, its command line with `docker exec`, the runner as another
# container of the same image. docs/install-docker.md tells how, examples/compose has whole files.
#
#   docker build -t holdgate .
#   docker run -d --name gateway -p 80:8080 --stop-timeout 40 -v holdgate:/data -v "$PWD/config:/etc/holdgate:ro" holdgate
#   docker exec gateway maintenance on

# Any image with Node 26 or newer and a shell.
ARG BASE=node:26-slim

FROM ${BASE} AS build
# What brings the libraries. Where no registry is reached, put a node_modules beside this file, `!node_modules` into
# .dockerignore, and say INSTALL=true.
ARG INSTALL="npm ci --omit=dev --ignore-scripts --no-audit --no-fund"
WORKDIR /opt/holdgate
COPY package.json package-lock.json ./
RUN ${INSTALL}
COPY . .
# What no program loads, a third of all files.
RUN find node_modules \( -name "*.map" -o -name "*.d.*ts" \) -exec rm {} +
# The command line looks for config/holdgate.yaml where it is started, and `docker exec` starts it here.
RUN mkdir /configuration && mv config/holdgate.yaml /configuration/ \
  && ln -s /etc/holdgate/holdgate.yaml config/holdgate.yaml

FROM ${BASE}
WORKDIR /opt/holdgate
COPY --from=build /opt/holdgate ./
COPY --from=build /configuration /etc/holdgate
# The directories are made here, so that a new volume belongs to the user who must write it: the state, and a place for
# a socket that is shared with the runner.
RUN mkdir -p /data /run/holdgate /usr/local/bin \
  && ln -sf /opt/holdgate/bin/holdgate /opt/holdgate/bin/maintenance /usr/local/bin/ \
  && chown 1000:1000 /data /run/holdgate && chmod 700 /data /run/holdgate

ENV NODE_ENV=production HOLDGATE_DATA_DIR=/data
USER 1000:1000
VOLUME /data
EXPOSE 8080

# Longer than `shutdown.grace`, which `docker stop` does not know: give it `--stop-timeout 40`.
STOPSIGNAL SIGTERM
# Patient, because a machine in the middle of an upgrade may be slow: a gateway is not to be replaced for that.
HEALTHCHECK --interval=5s --timeout=10s --start-period=30s --retries=5 CMD ["/opt/holdgate/bin/healthcheck"]

ENTRYPOINT ["/opt/holdgate/bin/holdgate"]
CMD ["run", "--config", "/etc/holdgate/holdgate.yaml"]
