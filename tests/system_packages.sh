#!/bin/sh
# What the tests use from the operating system: OpenGL without a screen and two speech synthesisers, or the packages
# given as arguments.
set -e
[ $# -gt 0 ] || set -- libegl1 libgl1-mesa-dri libgles2 libgl1 libglib2.0-0 espeak-ng flite
missing=
for package in "$@"; do
    dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q "install ok installed" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends $missing >/dev/null
else
    echo "Some tests need:$missing (Debian's names). Without them they are skipped or fail." >&2
fi
