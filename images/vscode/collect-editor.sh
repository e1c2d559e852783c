#!/usr/bin/env bash
# Puts code-server $1, whose package has the digest $2, with everything that it runs into the folder $3.
# Runs in a stage that is thrown away.
set -euo pipefail
# shellcheck source=scripts/setup.sh
. scripts/setup.sh
version=$1
integrity=$2
target=$3

apt-get -qq update
DEBIAN_FRONTEND=noninteractive apt-get -qq --yes --no-install-recommends install \
  g++ libkrb5-dev make nodejs npm pkg-config python3 >/dev/null
provide_node
# Without the address of nodejs.org: the headers come in the package of Node.
npm_config_nodedir=$(dirname "$(dirname "$(node -p 'process.execPath')")")
export npm_config_nodedir

work=$(mktemp -d)
archive=$work/$(cd "$work" && npm pack --silent "code-server@$version")
actual=$(node -p '"sha512-" + crypto.hash("sha512", fs.readFileSync(process.argv[1]), "base64")' "$archive")
[ "$actual" = "$integrity" ] || give_up "code-server $version has the digest $actual, and $integrity is wanted"
tar --extract --file "$archive" --directory "$target" --strip-components=1 --no-same-owner

# install_in FOLDER: exactly what its lock file says. The package's own script would let npm choose anew. The lock files
# were written without what peer dependencies ask for, which --legacy-peer-deps leaves out here too.
install_in() {
  (cd "$target/$1" && npm ci --omit=dev --legacy-peer-deps --no-audit --no-fund --loglevel=error "${@:2}")
}
# argon2, the one native module of this folder, is in its package; the script installs the other two folders.
install_in . --ignore-scripts
install_in lib/vscode
install_in lib/vscode/extensions

# Copilot wants a subscription, and its programs are 150 MB that run from the start on.
rm -r "$target"/lib/vscode/extensions/copilot "$target"/lib/vscode/node_modules/@github/copilot-sdk-linux*
# What is sent to a browser on the same machine is not worth packing: that took 2 s of processor time at each start.
sed --in-place '/^ *router\.use((0, compression_1\.default)());$/d' "$target/out/node/app.js"
! grep --quiet 'compression_1\.default)(' "$target/out/node/app.js" || give_up "code-server $version still packs what it sends"

# What only developers of these packages need, of which keys for tests would look like credentials of ours.
find "$target" -regextype posix-extended -type d \
  \( -regex '.*/node_modules/(@[^/]+/)?[^/]+/(tests?|docs|examples?)' -o -path '*/build/Release/obj.target' -o -path '*/build/Release/.deps' \) \
  -prune -exec rm -r {} +
find "$target" -type f \
  \( -name '*.map' -o -name '*.c' -o -name '*.cc' -o -name '*.cpp' -o -name '*.h' -o -name '*.o' -o -name '*.a' -o -name '*.pdb' \) -delete
# The packages bring programs for every system; the first bytes say which ones cannot run on this.
find "$target" -type f -size +3k -print0 | node --eval '
  const fs = require("node:fs");
  const own = fs.readFileSync(process.execPath).subarray(18, 20);
  for (const file of fs.readFileSync(0, "utf8").split("\0").slice(0, -1)) {
    const start = Buffer.alloc(20);
    const descriptor = fs.openSync(file);
    fs.readSync(descriptor, start);
    fs.closeSync(descriptor);
    const magic = start.toString("hex", 0, 4);
    const isForeign = magic === "7f454c46" ? !start.subarray(18, 20).equals(own)
      : magic.startsWith("4d5a") || ["cffaedfe", "cafebabe", "bebafeca"].includes(magic);
    if (isForeign) fs.rmSync(file);
  }'
find "$target" -name '*musl*' -prune -exec rm -r {} +
find "$target" -type d -empty -delete
chmod -R u=rwX,go=rX "$target"
