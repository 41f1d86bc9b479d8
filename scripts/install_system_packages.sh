#!/bin/sh
# Installs the Debian packages that `make run` or `make test` need and that are not there:
#   scripts/install_system_packages.sh venv|run|test
# Where it may not (not root, no apt-get) it says what is left out and goes on.
set -eu
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

# program:package, a pair for each
node="wg:wireguard-tools wireguard-go:wireguard-go nft:nftables ip:iproute2"
case "${1:-}" in
    venv) wanted="-:python3-venv" ;;
    run) wanted="$node" ;;
    test) wanted="$node iperf3:iperf3 redis-server:redis-server chromium:chromium ping:iputils-ping curl:curl shellcheck:shellcheck systemd-analyze:systemd" ;;
    *) echo "usage: $0 venv|run|test" >&2; exit 2 ;;
esac

missing=""
for pair in $wanted; do
    command -v "${pair%%:*}" >/dev/null 2>&1 || missing="$missing ${pair#*:}"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "Not installed, and not installable here (that takes root and apt-get):$missing."
    echo "What needs them is left out."
    exit 0
fi

echo "Installing$missing …"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086  # one word for each package
if ! { apt-get update && apt-get install --yes --no-install-recommends $missing; } >"$log" 2>&1; then
    cat "$log"
    echo "apt-get failed (see above); what needs$missing is left out."
fi
