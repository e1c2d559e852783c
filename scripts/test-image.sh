#!/usr/bin/env bash
# Holds a session image to the standard: ./scripts/test-image.sh IMAGE [options]; --help lists them.
set -euo pipefail
# shellcheck source=scripts/setup.sh
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

provide_node
(cd "$repository" && install_npm_packages)
require_programs chromium
exec node "$repository/scripts/test-image/main.ts" "$@"
