#!/bin/sh
# Names under Consul's domain through 127.0.0.1:53. Where systemd-resolved writes resolv.conf, its drop-in does it.
# Elsewhere 127.0.0.1 goes in front of the servers that DHCP gave, which stay: they answer while Consul does not,
# and Consul asks them for all other names.
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
file=$(readlink -f /etc/resolv.conf || echo /etc/resolv.conf)
umask 022
mkdir -p /run/quorumgate/consul.d
[ -e "$file" ] || : >"$file"
# The stub asks Consul for Consul's names only.
! grep -q '^nameserver 127\.0\.0\.53' "$file" || exit 0

awk '{ sub(/\r$/, "") }
  $1 == "nameserver" && $2 !~ /^127\./ && $2 ~ /^[0-9a-fA-F:.]+$/ && !seen[$2]++ { all = all sep "\"" $2 "\""; sep = ", " }
  END { printf "{\"recursors\": [%s]}\n", all }' "$file" >/run/quorumgate/consul.d/recursors.json.new
mv /run/quorumgate/consul.d/recursors.json.new /run/quorumgate/consul.d/recursors.json

# Nothing to do when it is so already: this runs at each change of the file, its own included. What resolved writes
# without its stub has our server from the drop-in.
case $file in /run/systemd/resolve/*) exit 0 ;; esac
[ "$(awk '$1 == "nameserver" { print $2; exit }' "$file")" != 127.0.0.1 ] || exit 0
# Made anew, and through no link: the directory may be that of the program that writes resolv.conf.
rm -f "$file.quorumgate"
set -C
{
  echo nameserver 127.0.0.1
  awk '!($1 == "nameserver" && $2 == "127.0.0.1") && $0 != "options timeout:1 attempts:2"' "$file"
  # A server that is silent, as ours is without Consul, costs one second.
  echo 'options timeout:1 attempts:2'
} >"$file.quorumgate"
mv "$file.quorumgate" "$file"
echo "127.0.0.1 is the first name server in $file"
