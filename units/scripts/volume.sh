#!/bin/sh
# Mounts $QG_VOLUME at $QG_DATA_DIR, once it is there. It is formatted only where nothing is on it: what is there already is mounted,
# or named. Waits, saying so.
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C

say() { # one line of visible characters, whatever it is given: it may come from the network
  line=$(printf %.900s "$1" | tr '\n' '|' | tr -c ' -~' '?')
  printf '%s\n' "$line"
  systemd-notify --status="$line" || :
}

value() { # of one NAME=VALUE in $found
  printf '%s\n' "$found" | sed -n "s/^$1=//p" | head -n 1
}

is_blank() { # nothing that blkid knows, and nothing at all where any form begins; what cannot be read is not
  [ -z "$type" ] && [ "$(head -c 4096 "$QG_VOLUME" | wc -c)" = 4096 ] && [ "$(head -c 4096 "$QG_VOLUME" | tr -d '\0' | wc -c)" = 0 ]
}

bring() { # why not, in $cause
  if [ ! -b "$QG_VOLUME" ]; then
    cause="no block device $QG_VOLUME yet"
    return 1
  fi
  code=0
  found=$(blkid -p -o export "$QG_VOLUME" 2>&1) || code=$?
  type=$(value TYPE)
  [ -n "$type" ] || type=$(value PTTYPE)
  case $code in 0 | 2) ;; *) type="what blkid cannot tell ($code)" ;; esac
  if is_blank; then
    say "formatting $QG_VOLUME, on which there is nothing: $QG_VOLUME_FILESYSTEM"
    if ! error=$("mkfs.$QG_VOLUME_FILESYSTEM" -q "$QG_VOLUME" 2>&1 </dev/null); then
      cause="mkfs.$QG_VOLUME_FILESYSTEM $QG_VOLUME: $error"
      return 1
    fi
    type=$QG_VOLUME_FILESYSTEM
  fi
  case $type in
    ext4 | xfs) ;;
    *)
      cause="on $QG_VOLUME there is ${type:-something that nobody knows}, and not ext4 or xfs; if it may be lost: wipefs -a $QG_VOLUME; dd if=/dev/zero of=$QG_VOLUME bs=4096 count=1"
      return 1
      ;;
  esac
  mkdir -p "$QG_DATA_DIR"
  if ! error=$(mount -t "$type" -o nodev,nosuid,noexec "$QG_VOLUME" "$QG_DATA_DIR" 2>&1); then
    cause=$error
    return 1
  fi
  chown etcd:etcd "$QG_DATA_DIR"
  chmod 700 "$QG_DATA_DIR"
}

is_mounted() { # this very device, there
  [ -b "$QG_VOLUME" ] || return 1
  at=$(findmnt -no MAJ:MIN -M "$QG_DATA_DIR" | tail -n 1 | tr -d ' ')
  [ -n "$at" ] && [ "$at" = "$(lsblk -dno MAJ:MIN "$QG_VOLUME" | tr -d ' ')" ]
}

said=
until is_mounted || bring; do
  [ "$cause" = "$said" ] || say "waiting: $cause"
  said=$cause
  sleep 1
done
say "$QG_VOLUME is mounted at $QG_DATA_DIR"
