# One recipe for every image of the cluster. Any Docker builder can follow it; no step needs a shell.
#
#   docker build --build-arg SERVICE=router     -t p2pmsg/router .         (also: ingest, store, render-api)
#   docker build --build-arg SERVICE=admin --target admin -t p2pmsg/admin .
#
# BASE is the official Node image, or any other with Node 24, npm beside it and glibc: sodium-native has no build for musl.
ARG BASE=node:24-bookworm-slim

# All packages that any of the images needs, once: the later builds find this layer, and pnpm's store in it.
FROM ${BASE} AS packages
WORKDIR /app
COPY . .
RUN ["node", "deploy/images/install.mjs", "all"]

# What one image needs. It is an install of the workspace and not `pnpm deploy`: Node strips no types under node_modules.
FROM packages AS installed
ARG SERVICE=router
RUN ["node", "deploy/images/install.mjs", "one"]

# The p2pmsg command: sets up streams and receivers, makes a trial's secrets, sends the chart's test message.
FROM ${BASE} AS admin
ENV NODE_ENV=production
COPY --from=installed /app /app
# Folders that a volume takes its owner from when it is made.
COPY --from=installed --chown=65532:65532 /empty /secrets
COPY --from=installed --chown=65532:65532 /empty /data
WORKDIR /app
USER 65532:65532
ENTRYPOINT ["node", "/app/libs/client/src/cli/main.ts"]
CMD ["help"]

FROM ${BASE} AS service
ARG SERVICE=router
ENV NODE_ENV=production
COPY --from=installed /app /app
WORKDIR /app/services/${SERVICE}
USER 65532:65532
EXPOSE 42424/udp 8080 8081 9464
ENTRYPOINT ["node", "--import", "/app/libs/runtime/src/telemetry.ts"]
CMD ["src/main.ts"]
