#!/bin/sh
# Names under Consul's domain through 127.0.0.1:53. Where systemd-resolved writes resolv.conf, its drop-in does it.
# Elsewhere 127.0.0.1 goes in front of the servers that DHCP gave, which stay: they answer while Consul does not,
# and Consul asks them for all other names.
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
file=$(readlink -f /etc/resolv.conf || echo /etc/resolv.conf)
umask 022
mkdir -p /run/quorumgate/consul.d
recursors=/run/quorumgate/consul.d/recursors.json
[ -e "$file" ] || : >"$file"
# The stub asks Consul for Consul's names only.
! grep -q '^nameserver 127\.0\.0\.53' "$file" || exit 0

awk '{ sub(/\r$/, "") }
  $1 == "nameserver" && $2 !~ /^127\./ && $2 ~ /^[0-9a-fA-F:.]+$/ && !seen[$2]++ { all = all sep "\"" $2 "\""; sep = ", " }
  END { printf "{\"recursors\": [%s]}\n", all }' "$file" >$recursors.new
was=$(cat $recursors 2>/dev/null || :)
mv $recursors.new $recursors
# An agent that runs asks the new ones from then on.
[ -z "$was" ] || [ "$was" = "$(cat $recursors)" ] || systemctl --no-block reload consul || :

# Nothing to do when it is so already: this runs at each change of the file, its own included. What resolved writes
# without its stub has our server from the drop-in. With `rotate` the first is not asked first.
case $file in /run/systemd/resolve/*) exit 0 ;; esac
[ "$(awk '$1 == "nameserver" { print $2; exit }' "$file")" != 127.0.0.1 ] || grep -q '^options.*[[:space:]]rotate' "$file" || exit 0
# Made anew, and through no link: the directory may be that of the program that writes resolv.conf.
rm -f "$file.quorumgate"
set -C
{
  echo nameserver 127.0.0.1
  awk '!($1 == "nameserver" && $2 == "127.0.0.1") && $0 != "options timeout:1 attempts:2"' "$file" |
    sed '/^options/s/[[:space:]]rotate\([[:space:]]\|$\)/ /g'
  # A server that is silent, as ours is without Consul, costs one second.
  echo 'options timeout:1 attempts:2'
} >"$file.quorumgate"
mv "$file.quorumgate" "$file"
echo "127.0.0.1 is the first name server in $file"
