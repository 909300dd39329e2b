#!/bin/sh
# Brings this host's secrets to /run/quorumgate/delivered: of a tar archive, plain, compressed or in base64, the files that
# /etc/quorumgate/secrets names. /etc/quorumgate/delivery says how long it may take, and SHA-256 and URL of what is fetched, or `-`;
# the command in /etc/quorumgate/deliver, if there is one, reads that and prints the archive. Tries until it is done.
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
umask 077
# A file that grows over what the unit allows (LimitFSIZE=) is an error like another.
trap '' XFSZ
place=/run/quorumgate/delivered
work=/run/quorumgate/delivery
most=1048576

say() { # one line of visible characters, whatever it is given: it may come from the network
  line=$(printf %.900s "$1" | tr '\n' '|' | tr -c ' -~' '?')
  printf '%s\n' "$line"
  systemd-notify --status="$line" || :
}

fetch() { # URL SHA256 SECONDS: to $work/fetched
  if ! error=$(curl -fsSLg --connect-timeout 10 --max-time "$3" --max-filesize $most -o $work/fetched "$1" 2>&1); then
    cause="${1%%[?#]*}: $error"
    return 1
  fi
  actual=$(sha256sum $work/fetched | cut -d' ' -f1)
  if [ "$actual" != "$2" ]; then
    cause="${1%%[?#]*} has SHA-256 $actual, not $2: not used"
    return 1
  fi
}

run() { # SECONDS: from $work/fetched to $work/archive. What it says of errors may be secret, and is for root alone.
  {
    code=0
    timeout -k 5 "$1" sh /etc/quorumgate/deliver <$work/fetched 2>$work.log || code=$?
    echo $code >$work/code
  } | head -c $((most + 1)) >$work/archive
  code=$(cat $work/code)
  [ "$code" = 0 ] && return
  cause="the command of \`secrets\` ended with $code; what it said is in $work.log, which root may read"
  [ "$code" != 124 ] || cause="the command of \`secrets\` took more than $1 s"
  return 1
}

unpack() { # from $work/archive to $work/files
  if [ "$(wc -c <$work/archive)" -gt $most ]; then
    cause="the archive of secrets is larger than $most bytes"
    return 1
  fi
  if ! tar -tf $work/archive >$work/list 2>/dev/null || [ ! -s $work/list ]; then
    if ! tr -d '\r\n ' <$work/archive | base64 -d >$work/decoded 2>/dev/null || ! tar -tf $work/decoded >$work/list 2>/dev/null || [ ! -s $work/list ]; then
      cause="what was to bring secrets is no tar archive"
      return 1
    fi
    mv $work/decoded $work/archive
  fi
  while read -r what path; do
    name=${path##*/}
    case $path in $place/*) ;; *) continue ;; esac
    # By its name alone, and what is in it alone: no path, link or device of an archive ever matters.
    entry=$name
    grep -qxF "$entry" $work/list || entry=./$name
    if ! tar -xOf $work/archive "$entry" 2>/dev/null | head -c 65537 >"$work/files/$name" || [ ! -s "$work/files/$name" ]; then
      cause="the archive of secrets has no file $name, or there is nothing in it"
      return 1
    fi
  done </etc/quorumgate/secrets
}

bring() {
  rm -rf $work
  mkdir -p $work/files
  : >$work/fetched
  if [ "$url" != - ]; then fetch "$url" "$sha256" "$timeout" || return 1; fi
  if [ -e /etc/quorumgate/deliver ]; then
    run "$timeout" || return 1
  else
    mv $work/fetched $work/archive
  fi
  unpack || return 1
  rm -rf $place
  mv $work/files $place
}

read -r timeout sha256 url </etc/quorumgate/delivery
pause=5
until bring; do
  rm -rf $work
  say "waiting: $cause; next try in $pause s"
  sleep $pause
  pause=$((pause < 150 ? pause * 2 : 300))
done
rm -rf $work $work.log
say 'secrets are on this host'
