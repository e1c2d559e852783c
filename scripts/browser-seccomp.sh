#!/usr/bin/env bash
# Prints the seccomp profile for images with Chromium's sandbox: ./scripts/browser-seccomp.sh [PROFILE]
# PROFILE is the engine's default; podman's where it is left out. Give the result to --security-opt seccomp=FILE.
set -euo pipefail
profile=${1:-/usr/share/containers/seccomp.json}
if [ ! -r "$profile" ]; then
  printf 'error: the profile %s cannot be read\n' "$profile" >&2
  exit 2
fi
# shellcheck source=scripts/setup.sh
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
provide_node
PROFILE=$profile exec node --input-type=module --eval '
  import { readFileSync } from "node:fs";
  const { openForBrowsers } = await import(process.argv[1]);
  process.stdout.write(openForBrowsers(readFileSync(process.env.PROFILE, "utf8")));
' "$repository/scripts/test-image/seccomp.ts"
