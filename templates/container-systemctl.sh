#!/bin/sh
# The sidekicks ask for etcd's process in order to end it. It is in another container, which looks here each second.
[ "$*" = 'show -P MainPID etcd.service' ] || exit 1
: >/run/quorumgate/stop/etcd
echo 0
