#!/usr/bin/env bash
# Builds the agent and puts what it needs to run into the folder $1, owned by root and writable by nobody else.
set -euo pipefail
. scripts/setup.sh
provide_node
npm run --silent build
npm prune --omit=dev --no-audit --no-fund --loglevel=error

target=$1
mkdir -p "$target/bin"
node_binary=$(node -p 'process.execPath')
cp "$node_binary" "$target/bin/node"
# For bills of materials: no package in the image is it.
node -p 'process.versions.node' >"$target/node-version"
# A tenth of the binary is symbols for debuggers.
strip "$target/bin/node"
cp -r dist node_modules package.json LICENSE "$target/"
# The build's own notes, and what only people who write programs read.
rm -f "$target/dist/.source-hash" "$target/node_modules/.package-lock.json"
# An optional peer of the schema library, which npm keeps; and tests and web sites of dependencies.
rm -rf "$target/node_modules/typescript" "$target"/node_modules/{x11,bintrees}/{test,website,examples,scripts}
find "$target/node_modules" -type f \
  \( -name '*.map' -o -name '*.ts' -o -name '*.md' -o -name '*.cc' -o -name '*.h' \) ! -iname 'licen*' -delete
chmod -R u=rwX,go=rX "$target"
