# What the scripts beside this file share; they source it. Sets $root and $gateway; everything here writes to stderr only.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
gateway="$root/src/Gateway/bin/Release/net10.0/gateway"
# No build server may outlive the script: it would keep memory, and a pipe that a caller reads to its end.
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false

say() { echo "$(basename "$0"): $*" >&2; }
die() { say "$2"; exit "$1"; } # exit code, message

need() { # command, remedy
  command -v "$1" >/dev/null 2>&1 || die 1 "'$1' is not on PATH. $2"
}

quietly() { # command…: its output is shown only when it fails
  local log code=0
  log=$(mktemp)
  "$@" >"$log" 2>&1 </dev/null || code=$?
  if [ "$code" -ne 0 ]; then cat "$log" >&2; fi
  rm -f "$log"
  return "$code"
}

build() { # project or solution under $root: bootstrap, restore, Release
  need dotnet "Install the .NET 10 SDK."
  "$root/eng/bootstrap" >&2 || die 1 "the bootstrap failed; its output is above."
  quietly dotnet build "$root/$1" -c Release -v quiet -nologo || die 1 "$1 does not build; the compiler's output is above."
}

# Builds a project unless its last build here is newer than every source. Two callers at once build once.
build_if_older() { # project folder, its binary
  local stamp="$(dirname "$2")/.built" newer=missing
  mkdir -p "$root/eng/.tools"
  exec 9>"$root/eng/.tools/build.lock"
  flock 9
  if [ -x "$2" ] && [ -f "$stamp" ]; then
    newer=$(cd "$root" && find src benchmarks deploy/lexicons deploy/policies models eng/packaging Directory.*.props global.json nuget.config \
      \( -name bin -o -name obj \) -prune -o -type f -newer "$stamp" -print -quit 2>/dev/null || true)
  fi
  if [ -n "$newer" ]; then
    say "building $1"
    # The stamp is older than the build, so that a source edited meanwhile is built next time.
    local before; before=$(mktemp)
    build "$1" 9>&-
    mv "$before" "$stamp"
  fi
  exec 9>&-
}
