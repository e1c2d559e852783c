#!/usr/bin/env bash
# Builds images and holds them to the standard: ./scripts/test-images.sh [NAME…]; runtime, desktop and chromium
# where none is named. The runtime is built first. Exit code 3 where this machine cannot have podman and buildah.
set -euo pipefail
# shellcheck source=scripts/setup.sh
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
# shellcheck source=scripts/containers.sh
. "$repository/scripts/containers.sh"

cd "$repository"
set_up_containers || exit 3
install_packages chromium
provide_node
install_npm_packages
mkdir -p test-results/images
names=("$@")
[ "$#" -gt 0 ] || names=(runtime desktop chromium)
if [[ " ${names[*]} " != *" runtime "* ]]; then
  say "building runtime"
  build_image runtime >test-results/image-runtime.log 2>&1
fi
failed=0
for name in "${names[@]}"; do
  say "image $name"
  build_and_test_image "$name" || failed=1
done
exit "$failed"
