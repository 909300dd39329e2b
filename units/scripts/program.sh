#!/bin/sh
# Puts the program $1 at /opt/quorumgate/bin, as its line of /etc/quorumgate/programs says: "NAME FROM [URL SHA256]",
# FROM one of package, image, url. Fetched bytes are used only when their SHA-256 is the wanted one. Tries until it is there.
# Before it comes how it is unpacked (program/), by whether the spec has an archive.
# `sidekick` is what the sidekicks need: Node for the file that came inline, Node and the file, or the executable that
# carries it.
set -eu
export PATH=/opt/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
root=/opt/quorumgate
umask 022
# A file that grows over what the unit allows (LimitFSIZE=) is an error like another.
trap '' XFSZ
mkdir -p $root/bin $root/fetched

say() { # one line of visible characters, whatever it is given: it may come from the network
  line=$(printf %.900s "$1" | tr '\n' '|' | tr -c ' -~' '?')
  printf '%s\n' "$line"
  systemd-notify --status="$line" || :
}

link() { # NAME FROM
  if ! found=$(command -v "$1"); then
    cause="$1: not on this host, though the spec says it comes with the $2"
    return 1
  fi
  if ! error=$(runs "$found" 2>&1); then
    cause="$1: $found: $error"
    return 1
  fi
  [ "$found" -ef "$root/bin/$1" ] || ln -sfn "$found" "$root/bin/$1"
}

runs() { # FILE: of this architecture, whole, and of a version that will do
  case ${1##*/} in
    socat) "$1" -V >/dev/null ;;
    node) "$1" -e 'v=process.version;if(parseInt(v.slice(1))<18)throw v+" is too old: 18 or newer is needed"' ;;
    etcd-sidekick) "$1" || [ $? = 2 ] ;; # it wants another name
    etcd?*) ;;
    *) "$1" --version >/dev/null ;;
  esac
}

fetch() { # NAME URL SHA256
  name=$1 marker=$root/fetched/$1
  bin=$root/bin/$1
  # Not what another user-data has put there since: a link, or a file inline.
  if [ -x "$bin" ] && [ ! -L "$bin" ] && [ ! "$bin" -nt "$marker" ] && [ "$(cat "$marker" 2>/dev/null)" = "$3" ]; then
    return 0
  fi
  work=$root/fetched/$1.work
  rm -rf "$work"
  mkdir -p "$work/tree"
  if ! error=$(curl -fsSLg --connect-timeout 10 --speed-limit 1000 --speed-time 30 -o "$work/file" "$2" 2>&1); then
    cause="$1: $2: $error"
    return 1
  fi
  actual=$(sha256sum "$work/file" | cut -d' ' -f1)
  if [ "$actual" != "$3" ]; then
    rm -rf "$work"
    cause="$1: $2 has SHA-256 $actual, the spec says $3: not used"
    return 1
  fi
  if ! error=$(unpack "$work/file" "$2" "$work/tree" 2>&1); then
    cause="$1: $2 cannot be unpacked: $error"
    return 1
  fi
  for program in $1 $(test "$1" = etcd && echo etcdctl etcdutl); do
    file=$(find "$work/tree" -type f -name "$program" | head -n 1)
    if [ -z "$file" ]; then
      [ "$program" != "$1" ] && continue
      cause="$1: $2 holds no file named $1"
      return 1
    fi
    if ! error=$({ chmod 0755 "$file" && runs "$file" && sync "$file" && mv -f "$file" "$root/bin/$program"; } 2>&1); then
      cause="$program of $2: $error"
      return 1
    fi
  done
  rm -rf "$work"
  echo "$3" >"$marker"
  say "$1: fetched from $2"
}

bring() { # NAME FROM [URL SHA256]
  pause=5
  until case $2 in
    url) fetch "$1" "$3" "$4" ;;
    *) link "$1" "$2" ;;
  esac; do
    say "waiting: $cause; next try in $pause s"
    sleep $pause
    pause=$((pause < 150 ? pause * 2 : 300))
  done
}

names=$1
[ "$1" != sidekick ] || names='node|etcd-sidekick' # the one, the other, or both
list=$(grep -E "^($names) " /etc/quorumgate/programs)
# Node first: the script that it runs is tried as soon as it is there.
while read -r name from url sha256; do
  bring "$name" "$from" "$url" "$sha256"
done <<END
$list
END

case $1 in
  # etcdctl comes with etcd, but in a package of its own where etcd is split.
  etcd) if [ ! -e $root/bin/etcdctl ] && found=$(command -v etcdctl); then ln -sfn "$found" $root/bin/etcdctl; fi ;;
  # One file is both sidekicks, each by its name.
  sidekick) for sidekick in etcd-ready etcd-register; do
    [ -e $root/bin/$sidekick ] || ln -sfn etcd-sidekick $root/bin/$sidekick
  done ;;
esac
# Where SELinux is: what was moved here has the label of where it came from.
restorecon -R $root/bin 2>/dev/null || :
say "$1 is there"
