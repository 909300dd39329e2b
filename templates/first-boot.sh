#!/bin/sh
# Run once by cloud-init. Nothing here waits for a unit: cloud-init itself is a unit that others wait for.
set -eu
systemd-sysusers quorumgate.conf
if [ -e /etc/tmpfiles.d/quorumgate.conf ]; then systemd-tmpfiles --create quorumgate.conf; fi
systemctl --quiet --no-reload enable @{units}
systemctl daemon-reload
if systemctl --quiet is-active systemd-resolved; then systemctl --no-block restart systemd-resolved; fi
systemctl --no-block start quorumgate.target
