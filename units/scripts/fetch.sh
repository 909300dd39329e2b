#!/bin/sh
# Fetches the rest of a host from URL $1: an archive that is unpacked at / when its SHA-256 is $2, and whose first boot is
# then done. A try takes at most $3 seconds to fetch. Tries until it is done; killed at any point, it begins again.
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
root=/opt/quorumgate
archive=$root/host.tar.gz
marker=$root/unpacked
# An archive that grows over what the unit allows (LimitFSIZE=) is an error like another.
trap '' XFSZ

say() { # one line of visible characters, whatever it is given: it may come from the network
  line=$(printf %.900s "$1" | tr '\n' '|' | tr -c ' -~' '?')
  printf '%s\n' "$line"
  systemd-notify --status="$line" || :
}

fetch() { # URL SHA256 SECONDS
  if ! error=$(curl -fsSLg --connect-timeout 10 --max-time "$3" -o $archive "$1" 2>&1); then
    cause="$1: $error"
    return 1
  fi
  actual=$(sha256sum $archive | cut -d' ' -f1)
  if [ "$actual" != "$2" ]; then
    cause="$1 has SHA-256 $actual, not $2: not used"
    return 1
  fi
  if ! error=$({ tar --no-same-owner -xpzf $archive -C / && sh $root/libexec/first-boot; } 2>&1); then
    cause="$1: $error"
    return 1
  fi
  # On the disk before the mark that it is.
  sync
  echo "$2" >$marker
}

if [ "$(cat $marker 2>/dev/null)" = "$2" ]; then exit 0; fi
mkdir -p $root
pause=5
until fetch "$@"; do
  rm -f $archive
  say "waiting: $cause; next try in $pause s"
  sleep $pause
  pause=$((pause < 150 ? pause * 2 : 300))
done
rm -f $archive
say 'the rest of this host is there'
