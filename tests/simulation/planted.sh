#!/usr/bin/env bash
# Plants known bugs, one at a time, in a copy of the sources, and shows that the simulation finds each of them.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
copy=$root/build/planted
runs=${PLANTED_RUNS:-2000}
seed=${PLANTED_SEED:-1}

usage() {
  cat <<'TXT'
usage: tests/simulation/planted.sh [NAME...]

Without names: every tests/simulation/planted/NAME.patch. PLANTED_RUNS (2000) runs are made at most for each, from seed
PLANTED_SEED (1) on. The copy is kept in build/planted.
TXT
}

build() {
  local jobs=${CMAKE_BUILD_PARALLEL_LEVEL:-2}
  cmake --build "$copy/build/release" --target simulate --parallel "$jobs" >"$copy/build.log" 2>&1 || {
    tail -n 20 "$copy/build.log" >&2
    return 1
  }
}

# Prints one line; fails if the bug is not found.
try() {
  local name=$1 patch=$root/tests/simulation/planted/$1.patch log=$copy/run.log status=0
  patch -d "$copy" -p1 --no-backup-if-mismatch --silent <"$patch"
  if build; then
    "$copy/build/release/bin/simulate" --seed "$seed" --runs "$runs" --until-failure >"$log" 2>&1 || status=$?
    if ((status == 1)); then
      printf '%-34s found after %s runs: %s\n' "$name" "$(sed -n 's/^\([0-9]*\) runs, .*/\1/p' "$log" | tail -n 1)" \
        "$(sed -n 's/^FAILED \(seed [0-9]* ([a-z_]*\).*): \(.*\)/\1): \2/p' "$log" | cut -c 1-150)"
      status=0
    else
      printf '%-34s NOT FOUND in %s runs\n' "$name" "$runs"
      status=1
    fi
  else
    status=1
  fi
  patch -d "$copy" -p1 --no-backup-if-mismatch --silent --reverse <"$patch"
  return $status
}

[[ ${1-} != --help && ${1-} != -h ]] || {
  usage
  exit 0
}
rm -rf "$copy/tests/simulation/planted"
mkdir -p "$copy"
git -C "$root" ls-files -z --cached --others --exclude-standard |
  tar -C "$root" --null --ignore-failed-read -T - -cf - | tar -C "$copy" -xf -
(cd "$copy" && cmake --preset release >/dev/null)
if (($# == 0)); then
  for patch in "$root"/tests/simulation/planted/*.patch; do set -- "$@" "$(basename "$patch" .patch)"; done
fi
failed=0
for name in "$@"; do try "$name" || failed=1; done
exit $failed
