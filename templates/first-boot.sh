#!/bin/sh
# Run once by cloud-init. Nothing here waits for a unit: cloud-init itself is a unit that others wait for.
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
systemd-sysusers quorumgate.conf
if [ -e /etc/tmpfiles.d/quorumgate.conf ]; then systemd-tmpfiles --create quorumgate.conf; fi
# Also in place of what the image had enabled or running under these names.
systemctl --quiet --no-reload reenable @{units}
systemctl daemon-reload
systemctl --no-block try-restart @{daemons}
if systemctl --quiet is-active systemd-resolved; then systemctl --no-block restart systemd-resolved; fi
systemctl --no-block start quorumgate.target
