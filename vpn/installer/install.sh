#!/bin/sh
# Makes this machine a node of NexusVPN, or brings the agent of one up to date. As root, on Debian or a relative of it:
#   curl … | NEXUSVPN_ENROLMENT_TOKEN=… sh
# Takes everything back:
#   curl … | sh -s -- --uninstall
#
# Nothing but the last line runs anything, so a download that is cut short does nothing.
set -eu

site_url=@SITE_URL@
agent_sha256=@AGENT_SHA256@
library=/usr/local/lib/nexusvpn
agent=$library/agent.pyz
state=/var/lib/nexusvpn-agent
unit=/etc/systemd/system/nexusvpn-agent.service
service=nexusvpn-agent.service
python=/usr/bin/python3

say() {
    printf '%s\n' "$*"
}

fail() {
    printf 'nexusvpn: %s\n' "$*" >&2
    exit 1
}

has() {
    command -v "$1" >/dev/null 2>&1
}

has_systemd() {
    has systemctl && [ -d /run/systemd/system ]
}

is_enrolled() {
    [ -e "$state/identity.json" ]
}

require_root() {
    [ "$(id -u)" -eq 0 ] || fail "run this as root"
}

# The agent, in a folder of its own until it is known to be ours.
fetch_agent() {
    has curl || fail "curl is needed"
    case $site_url in
        https://*) set -- --proto '=https' --tlsv1.2 ;;
        *) set -- ;;
    esac
    curl "$@" --fail --silent --show-error --output "$temporary/agent.pyz" "$site_url/node/agent.pyz?sha256=$agent_sha256" \
        || fail "the agent cannot be fetched from $site_url; if this script is an older one, fetch it again"
    printf '%s  %s\n' "$agent_sha256" "$temporary/agent.pyz" | sha256sum --check --status \
        || fail "what came from $site_url is not the agent that this script belongs to"
}

install_packages() {
    [ "$#" -gt 0 ] || return 0
    has apt-get || fail "install these first: $*"
    say "Installing $* …"
    apt-get update -qq </dev/null
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" </dev/null
}

install_tools() {
    set --
    has wg || set -- "$@" wireguard-tools
    has nft || set -- "$@" nftables
    has ip || set -- "$@" iproute2
    [ -x "$python" ] || set -- "$@" python3
    install_packages "$@"
    if ! has_kernel_wireguard && ! has wireguard-go; then
        install_packages wireguard-go
    fi
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "$python is older than Python 3.11"
}

# Whether the kernel makes WireGuard interfaces itself, which is tried: a module may be there and not fit.
has_kernel_wireguard() {
    ip link add dev nxvpn-probe type wireguard 2>/dev/null || return 1
    ip link delete dev nxvpn-probe
}

install_agent() {
    mkdir -p "$library"
    cp "$temporary/agent.pyz" "$agent.new"
    chmod 755 "$agent.new"
    mv "$agent.new" "$agent"
}

# KillMode=process: wireguard-go, and with it every tunnel, outlives the agent. The agent writes net.* in /proc/sys and makes
# interfaces and firewall tables, and nothing else outside of its own folder.
write_unit() {
    cat >"$unit.new" <<EOF
[Unit]
Description=NexusVPN node agent
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=$python -I $agent run --state-dir $state
Restart=always
RestartSec=2
KillMode=process
StateDirectory=nexusvpn-agent
StateDirectoryMode=0700
RuntimeDirectory=wireguard
RuntimeDirectoryPreserve=yes
UMask=0077
NoNewPrivileges=yes
CapabilityBoundingSet=CAP_NET_ADMIN CAP_NET_RAW CAP_NET_BIND_SERVICE
DevicePolicy=closed
DeviceAllow=/dev/net/tun rw
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service

[Install]
WantedBy=multi-user.target
EOF
    chmod 644 "$unit.new"
    mv "$unit.new" "$unit"
    systemctl daemon-reload
}

# A token that is used up or too old is no fault where the machine is a node already.
enrol() {
    if NEXUSVPN_ENROLMENT_TOKEN=$token "$python" -I "$agent" enrol --control-url "$site_url" --state-dir "$state" </dev/null; then
        return
    fi
    is_enrolled || fail "this machine is not enrolled; nothing was started"
    say "This machine was not enrolled anew. It stays the node that it is."
}

install_node() {
    [ -n "$token" ] || is_enrolled || fail "NEXUSVPN_ENROLMENT_TOKEN is not set, and this machine is no node yet"
    fetch_agent
    install_tools
    install_agent
    if has_systemd; then
        write_unit
        if [ -n "$token" ]; then
            # Two agents never use one folder; the tunnels go on meanwhile.
            systemctl stop "$service"
            enrol
        fi
        systemctl enable --quiet "$service"
        systemctl restart "$service"
        say "The agent is running: systemctl status $service"
        return
    fi
    if [ -n "$token" ]; then
        enrol
    fi
    say "There is no systemd here, so nothing starts the agent. Run this, under a supervisor that leaves its children alone:"
    say "  $python -I $agent run --state-dir $state"
}

uninstall_node() {
    if has_systemd && [ -e "$unit" ]; then
        systemctl disable --quiet --now "$service"
    fi
    if [ -e "$agent" ] && [ -d "$state" ]; then
        "$python" -I "$agent" teardown --state-dir "$state" </dev/null || fail "end the agent that is still running, then try again"
    fi
    if [ -e "$unit" ]; then
        rm "$unit"
        if has_systemd; then
            systemctl daemon-reload
        fi
    fi
    rm -f "$agent"
    rmdir "$library" 2>/dev/null || true
    rm -rf "$state"
    say "The agent, its interface, firewall table and keys are gone. Debian packages were left as they are."
}

main() {
    require_root
    umask 022
    PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
    # For the enrolment alone; no other program gets it.
    token=${NEXUSVPN_ENROLMENT_TOKEN-}
    unset NEXUSVPN_ENROLMENT_TOKEN
    temporary=$(mktemp -d)
    trap 'rm -rf "$temporary"' EXIT
    trap 'exit 1' HUP INT TERM
    case ${1-} in
        "") install_node ;;
        --uninstall) uninstall_node ;;
        *) fail "unknown option $1; there is only --uninstall" ;;
    esac
}

# Braces: half of this line is not a command either.
{ main "$@"; exit; }
