#!/bin/sh
# Learns this host's name and address: /run/quorumgate/host.env. Waits, saying so, until it has an address.
set -eu

first_primary() {
  ip -4 -o addr show primary scope global "$@" 2>/dev/null | awk '{ sub("/.*", "", $4); print $4; exit }'
}

metadata_ec2() {
  base=http://169.254.169.254/latest
  token=$(curl -sf -m 5 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' $base/api/token 2>/dev/null) || return 0
  curl -sf -m 5 -H "X-aws-ec2-metadata-token: $token" $base/meta-data/local-ipv4 || return 0
}

address() {
  case $QG_ADDRESS_FROM in
    interface) first_primary dev "$QG_ADDRESS_ARGUMENT" ;;
    cidr) first_primary to "$QG_ADDRESS_ARGUMENT" ;;
    metadata) "metadata_$QG_ADDRESS_ARGUMENT" ;;
  esac
}

waited=
until found=$(address) && echo "$found" | grep -qE '^[0-9]+(\.[0-9]+){3}$'; do
  if [ -z "$waited" ]; then
    waited="waiting: no address from $QG_ADDRESS_FROM $QG_ADDRESS_ARGUMENT yet"
    [ "$QG_ADDRESS_FROM" != metadata ] || waited="$waited (curl there? IMDSv2 on?)"
    echo "$waited"
    systemd-notify --status="$waited" || :
  fi
  sleep 1
done

# Names are compared letter by letter: Consul's, etcd's and the record's must be the same text.
name=$(uname -n | sed 's/[.].*//' | tr 'A-Z_' 'a-z-')
case $name in
  '' | localhost | *[!a-z0-9-]*) name=ip-$(echo "$found" | tr . -) ;;
  *[!0-9]*) ;;
  *) name=host-$name ;; # etcd names nameless peers 0, 1, 2 …
esac

umask 022
mkdir -p /run/quorumgate/consul.d
printf 'QG_NAME=%s\nQG_ADDRESS=%s\n' "$name" "$found" >/run/quorumgate/host.env.new
mv /run/quorumgate/host.env.new /run/quorumgate/host.env
echo "this host is $name at $found"
