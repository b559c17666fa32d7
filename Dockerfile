# Holdgate in a container: the gateway with `docker run`, its command line with `docker exec`.
#
#   docker build -t holdgate .
#   docker run -d --name gateway -p 80:8080 -v holdgate:/data -v ./holdgate.yaml:/etc/holdgate/holdgate.yaml:ro holdgate
#   docker exec gateway maintenance on

# Any image with Node 26 or newer and a shell.
ARG BASE=node:26-slim
FROM ${BASE}

# What brings the libraries. Where no registry is reached, put a node_modules beside this file and say INSTALL=true.
ARG INSTALL="npm ci --omit=dev --ignore-scripts --no-audit --no-fund"

WORKDIR /opt/holdgate
COPY package.json package-lock.json ./
RUN ${INSTALL}
COPY . .

# /data is made here, so that a new volume belongs to the user who must write it.
RUN mkdir -p /etc/holdgate /data /usr/local/bin \
  && cp config/holdgate.yaml /etc/holdgate/holdgate.yaml \
  && ln -sf /opt/holdgate/bin/holdgate /usr/local/bin/holdgate \
  && ln -sf /opt/holdgate/bin/maintenance /usr/local/bin/maintenance \
  && chown 1000:1000 /data && chmod 700 /data

ENV HOLDGATE_DATA_DIR=/data
USER 1000:1000
VOLUME /data
EXPOSE 8080

# Longer than `shutdown.grace`, which `docker stop` does not know: give it `--stop-timeout 40`.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=5s CMD ["/opt/holdgate/bin/holdgate", "status"]

ENTRYPOINT ["/opt/holdgate/bin/holdgate"]
CMD ["run", "--config", "/etc/holdgate/holdgate.yaml"]
