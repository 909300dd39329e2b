#!/bin/sh
# Learns this host's name and address: /run/quorumgate/host.env. Waits, saying so, until it has an address. Before this come, by the spec, where addresses
# are from (address/) and what the host is called (name/).
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C

say() { # one line of visible characters, whatever it is given: it may come from the network
  line=$(printf %.900s "$1" | tr '\n' '|' | tr -c ' -~' '?')
  printf '%s\n' "$line"
  systemd-notify --status="$line" || :
}

octet='(25[0-5]|(2[0-4]|10|1?[1-9])?[0-9])'
is_address() { # all of it, not one of its lines
  case $1 in *[!0-9.]* | 0* | 127.*) return 1 ;; esac
  printf '%s\n' "$1" | grep -qE "^$octet([.]$octet){3}$"
}

said=
until found=$(addresses) && is_address "$found"; do
  why="no address from $QG_ADDRESS_FROM $QG_ADDRESS_ARGUMENT yet$hint"
  [ -z "$found" ] || why="not one address from $QG_ADDRESS_FROM $QG_ADDRESS_ARGUMENT, but: $found"
  [ "$why" = "$said" ] || say "waiting: $why"
  said=$why
  sleep 1
done

# Names are compared letter by letter: Consul's, etcd's and the record's must be the same text.
name=$(called | tr 'A-Z_' 'a-z-')
case $name in
  '' | localhost | -* | *- | *[!a-z0-9-]*) name=ip-$(echo "$found" | tr . -) ;;
  *[!0-9]*) ;;
  *) name=host-$name ;; # etcd names nameless peers 0, 1, 2 …
esac

umask 022
mkdir -p /run/quorumgate/consul.d
printf 'QG_NAME=%s\nQG_ADDRESS=%s\n' "$name" "$found" >/run/quorumgate/host.env.new
mv /run/quorumgate/host.env.new /run/quorumgate/host.env
say "this host is $name at $found"
