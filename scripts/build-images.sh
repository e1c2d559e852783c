#!/usr/bin/env bash
# Builds, checks, signs and publishes the session images: ./scripts/build-images.sh --help
set -euo pipefail
# shellcheck source=scripts/setup.sh
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

provide_node
(cd "$repository" && install_npm_packages)
exec node "$repository/scripts/images/main.ts" "$@"
