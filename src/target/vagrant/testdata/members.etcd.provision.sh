#!/bin/sh
# Made by quorumgate: change the spec and compile again. Brings this box to what the spec says; run once more, it changes nothing.
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
umask 022
home=/opt/quorumgate
# There from before the first change until all of it counts: who is interrupted begins again.
pending=$home/provision-pending
# What the last run wrote: what is no longer in it goes.
written=$home/provision-written
paths=' '
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

if [ ! -d /run/systemd/system ]; then
  echo 'quorumgate: this box does not run systemd: use another (QG_BOX, QG_DOCKER_IMAGE)' >&2
  exit 1
fi

changed() {
  if [ ! -e $pending ]; then
    mkdir -p $home
    : >$pending
  fi
  echo "changed: $1"
}

# keep MODE PATH: PATH has the bytes of $stage/file.
keep() {
  paths="$paths$2 "
  if cmp -s "$stage/file" "$2" && [ "$(stat -c %a:%u:%g "$2")" = "$1:0:0" ]; then return 0; fi
  changed "$2"
  mkdir -p "${2%/*}"
  # Made where it stays, so that it has that place's SELinux label.
  cat "$stage/file" >"$2.new"
  chown 0:0 "$2.new"
  chmod "$1" "$2.new"
  mv -fT "$2.new" "$2"
}

text() {
  cat >"$stage/file"
  keep "$1" "$2"
}

bytes() {
  base64 -d >"$stage/file"
  keep "$1" "$2"
}

text 644 /etc/quorumgate/cluster.env <<'QG-END'
QG_ADDRESS_FROM=cidr
QG_ADDRESS_ARGUMENT=192.168.56.0/24
QG_CLUSTER=mycluster
QG_SIZE=3
QG_SCHEME=http
QG_DATACENTER=dc1
QG_DOMAIN=consul
QG_PEER_PORT=2380
QG_CLIENT_PORT=2379
QG_METRICS_PORT=2381
QG_DATA_DIR=/var/lib/etcd
QG_DISCOVERY=committed
QG_REPLACE_DEAD_AFTER=60
QG-END
text 644 /etc/quorumgate/programs <<'QG-END'
consul image
etcd image
socat package
node package
QG-END
text 644 /etc/quorumgate/consul.d/agent.json <<'QG-END'
{
 "datacenter": "dc1",
 "domain": "consul",
 "server": true,
 "bootstrap_expect": 3,
 "retry_join": [
  "192.168.56.101",
  "192.168.56.102",
  "192.168.56.103"
 ],
 "retry_interval": "500ms",
 "leave_on_terminate": false,
 "skip_leave_on_interrupt": true,
 "rejoin_after_leave": true,
 "disable_update_check": true,
 "performance": {
  "raft_multiplier": 1
 },
 "dns_config": {
  "enable_truncate": true,
  "enable_additional_node_meta_txt": false,
  "udp_answer_limit": 8
 }
}
QG-END
text 644 /etc/sysusers.d/quorumgate.conf <<'QG-END'
u consul - "consul"
u etcd - "etcd"
QG-END
text 644 /etc/systemd/resolved.conf.d/quorumgate.conf <<'QG-END'
[Resolve]
DNS=127.0.0.1
Domains=~consul
DNSSEC=no
QG-END
text 755 /opt/quorumgate/libexec/host <<'QG-END'
#!/bin/sh
listed() { ip -4 -o addr show primary scope global to "$QG_ADDRESS_ARGUMENT"; }
hint=
chosen=/var/lib/quorumgate/address

addresses() {
all=$(listed 2>/dev/null | awk '{ print $4 }')
own=$(printf '%s\n' "$all" | grep -v '/32$') || own=$all
own=$(printf '%s\n' "$own" | sed 's,/.*,,' | sort -u)
if [ "$(printf '%s\n' "$own" | wc -l)" = 1 ]; then
[ -z "$own" ] || [ ! -d ${chosen%/*} ] || printf '%s\n' "$own" >$chosen
elif [ -s $chosen ] && printf '%s\n' "$own" | grep -xF -f $chosen; then
return
fi
printf '%s\n' "$own"
}
called() { uname -n | sed 's/[.].*//'; }
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
QG-END
text 755 /opt/quorumgate/libexec/program <<'QG-END'
#!/bin/sh
unpack() { # FILE URL DIRECTORY
mv "$1" "$3/$name"
}
set -eu
export PATH=/opt/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
root=/opt/quorumgate
umask 022
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
while read -r name from url sha256; do
bring "$name" "$from" "$url" "$sha256"
done <<END
$list
END

case $1 in
etcd) if [ ! -e $root/bin/etcdctl ] && found=$(command -v etcdctl); then ln -sfn "$found" $root/bin/etcdctl; fi ;;
sidekick) for sidekick in etcd-ready etcd-register; do
[ -e $root/bin/$sidekick ] || ln -sfn etcd-sidekick $root/bin/$sidekick
done ;;
esac
restorecon -R $root/bin 2>/dev/null || :
say "$1 is there"
QG-END
text 755 /opt/quorumgate/libexec/dns <<'QG-END'
#!/bin/sh
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
file=$(readlink -f /etc/resolv.conf || echo /etc/resolv.conf)
umask 022
mkdir -p /run/quorumgate/consul.d
recursors=/run/quorumgate/consul.d/recursors.json
[ -e "$file" ] || : >"$file"
! grep -q '^nameserver 127\.0\.0\.53' "$file" || exit 0

awk '{ sub(/\r$/, "") }
$1 == "nameserver" && $2 !~ /^127\./ && $2 ~ /^[0-9a-fA-F:.]+$/ && !seen[$2]++ { all = all sep "\"" $2 "\""; sep = ", " }
END { printf "{\"recursors\": [%s]}\n", all }' "$file" >$recursors.new
was=$(cat $recursors 2>/dev/null || :)
mv $recursors.new $recursors
[ -z "$was" ] || [ "$was" = "$(cat $recursors)" ] || systemctl --no-block reload consul || :

case $file in /run/systemd/resolve/*) exit 0 ;; esac
[ "$(awk '$1 == "nameserver" { print $2; exit }' "$file")" != 127.0.0.1 ] || grep -q '^options.*[[:space:]]rotate' "$file" || exit 0
rm -f "$file.quorumgate"
set -C
{
echo nameserver 127.0.0.1
awk '!($1 == "nameserver" && $2 == "127.0.0.1") && $0 != "options timeout:1 attempts:2"' "$file" |
sed '/^options/s/[[:space:]]rotate\([[:space:]]\|$\)/ /g'
echo 'options timeout:1 attempts:2'
} >"$file.quorumgate"
mv "$file.quorumgate" "$file"
echo "127.0.0.1 is the first name server in $file"
QG-END
text 755 /opt/quorumgate/libexec/rejoin <<'QG-END'
#!/bin/sh
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C

say() { # one line of visible characters, whatever it is given: it may come from the network
line=$(printf %.900s "$1" | tr '\n' '|' | tr -c ' -~' '?')
printf '%s\n' "$line"
systemd-notify --status="$line" || :
}

leader() { # in quotes, by the agent's own word; nothing where it does not answer
api=TCP4:127.0.0.1:8500
[ ! -S /run/consul/http.sock ] || api=UNIX-CONNECT:/run/consul/http.sock
printf 'GET /v1/status/leader HTTP/1.0\r\n\r\n' | socat -t10 -T10 - "$api" 2>/dev/null | head -c 9999 | tr -d '\0\r' | tail -n 1
}

looks=0
enough=12
said=
pause=5
while sleep $pause; do
pause=5
case $(leader) in
'""') looks=$((looks + 1)) ;;
'"'*) looks=0 enough=12 pause=30 ;;
*) looks=0 ;;
esac
if [ $looks = 0 ] || systemctl is-active -q etcd-cluster.target; then continue; fi
found=$(journalctl -qS -20min -o cat -u consul | grep -o 'Conflicting address for .* Theirs: [^ ]*' | sort -u || :)
[ -z "$found" ] || [ "$found" = "$said" ] || say "two hosts are called alike, see name in the spec: $found"
said=$found
[ $looks -ge $enough ] || continue
say "no leader for $((looks * 5)) s: starting the agent again"
looks=0 said=
enough=$((enough < 180 ? enough * 2 : 180))
kill $(pidof consul) || :
done
QG-END
text 755 /opt/quorumgate/libexec/packages <<'QG-END'
#!/bin/sh
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive

say() { # one line of visible characters, whatever it is given: it may come from the network
line=$(printf %.900s "$1" | tr '\n' '|' | tr -c ' -~' '?')
printf '%s\n' "$line"
systemd-notify --status="$line" || :
}

names() { # PROGRAM MANAGER: its packages
case $2:$1 in
apt:etcd) if apt-cache show etcd-server >/dev/null 2>&1; then echo etcd-server etcd-client; else echo etcd; fi ;;
*:node) echo nodejs ;;
*) echo "$1" ;;
esac
}

policy=/usr/sbin/policy-rc.d cut=
! grep -qs quorumgate $policy || { rm $policy; cut=$(command -v apt-get || :); }

wanted=
command -v curl >/dev/null || wanted=curl
while read -r name from rest; do
[ "$from" = package ] || continue
command -v "$name" >/dev/null || wanted="$wanted $name"
done </etc/quorumgate/programs
[ -n "$wanted$cut" ] || exit 0

while systemctl list-jobs 2>/dev/null | grep -q ' cloud-config\.service '; do
say 'waiting: cloud-init has yet to say where packages come from'
sleep 2
done

if command -v apt-get >/dev/null; then
manager=apt
if [ ! -e $policy ]; then
trap 'rm $policy' EXIT
trap 'exit 1' HUP INT TERM
printf '#!/bin/sh\n# quorumgate\nexit 101\n' >$policy
chmod 0755 $policy
fi
dpkg --configure -a || :
apt-get -q -o DPkg::Lock::Timeout=600 update
install='apt-get -q -y -o DPkg::Lock::Timeout=600 install --no-install-recommends'
$install -f || :
elif command -v dnf >/dev/null; then
manager=dnf
install='dnf -q -y install'
else
say "waiting: no package manager here: the spec has to give url and sha256 for:$wanted"
exit 1
fi

missing=
for name in $wanted; do
say "installing $name"
$install $(names "$name" $manager) || missing="$missing $name"
done
if [ -n "$missing" ]; then
say "waiting: $manager has no package or cannot install it:$missing; see the journal"
exit 1
fi
QG-END
text 755 /opt/quorumgate/libexec/decided <<'QG-END'
#!/bin/sh
set -aeu
. /run/etcd/decision.env
exec "$@"
QG-END
text 755 /opt/quorumgate/bin/etcd-sidekick <<'QG-END'
#!/opt/quorumgate/bin/node
QG-END
text 755 /opt/quorumgate/libexec/first-boot <<'QG-END'
#!/bin/sh
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
systemd-sysusers quorumgate.conf
if [ -e /etc/tmpfiles.d/quorumgate.conf ]; then systemd-tmpfiles --create quorumgate.conf; fi
systemctl --quiet --no-reload reenable quorumgate.target quorumgate-packages.service quorumgate-host.service consul-dns-host.service consul-dns-host.path consul.service consul-rejoin.service consul-dns-udp.service consul-dns-tcp.service etcd-register-server.service etcd.service etcd-register-client.service
systemctl daemon-reload
systemctl --no-block try-restart consul.service etcd.service
if systemctl --quiet is-active systemd-resolved; then systemctl --no-block restart systemd-resolved; fi
systemctl --no-block start quorumgate.target
QG-END
text 644 /etc/systemd/system/quorumgate.target <<'QG-END'
[Unit]
Description=quorumgate: this host's part of the etcd cluster
After=multi-user.target

[Install]
WantedBy=multi-user.target
QG-END
text 644 /etc/systemd/system/quorumgate-packages.service <<'QG-END'
[Unit]
Description=quorumgate: programs from the distribution's packages
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh /opt/quorumgate/libexec/packages
Restart=on-failure
RestartSec=30
TimeoutStartSec=infinity
NotifyAccess=all

[Install]
WantedBy=quorumgate.target
QG-END
text 644 /etc/systemd/system/quorumgate-program@.service <<'QG-END'
[Unit]
Description=quorumgate: %i is on this host
Wants=network-online.target
After=network-online.target quorumgate-packages.service
StartLimitIntervalSec=0

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh /opt/quorumgate/libexec/program %i
Restart=on-failure
RestartSec=5
TimeoutStartSec=infinity
NotifyAccess=all
LimitFSIZE=1G
ReadWritePaths=/opt/quorumgate
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
CapabilityBoundingSet=
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
UMask=0022
QG-END
text 644 /etc/systemd/system/quorumgate-host.service <<'QG-END'
[Unit]
Description=quorumgate: learn this host's name and address
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=oneshot
RemainAfterExit=yes
EnvironmentFile=/etc/quorumgate/cluster.env
ExecStart=/bin/sh /opt/quorumgate/libexec/host
RuntimeDirectory=quorumgate
StateDirectory=quorumgate
RuntimeDirectoryPreserve=yes
Restart=on-failure
RestartSec=1
TimeoutStartSec=infinity
NotifyAccess=all
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
CapabilityBoundingSet=
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
UMask=0022

[Install]
WantedBy=quorumgate.target
QG-END
text 644 /etc/systemd/system/quorumgate-again@.service <<'QG-END'
[Unit]
Description=quorumgate: %i is started once more
StartLimitIntervalSec=0

[Service]
ExecStart=/bin/sh -c 'case $(systemctl is-active %i) in inactive|failed) ;; *) exit 0;; esac; systemctl start --no-block %i; exit 1'
Restart=on-failure
RestartSec=5
RestrictAddressFamilies=AF_UNIX
CapabilityBoundingSet=
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
UMask=0077
QG-END
text 644 /etc/systemd/system/consul-dns-host.service <<'QG-END'
[Unit]
Description=Names under Consul's domain resolve on this host
After=quorumgate-host.service network-online.target
Before=consul.service
StartLimitIntervalSec=0

[Service]
Type=oneshot
ExecStart=/bin/sh /opt/quorumgate/libexec/dns
RuntimeDirectory=quorumgate
RuntimeDirectoryPreserve=yes
ReadWritePaths=/etc /run
Restart=on-failure
RestartSec=5
RestrictAddressFamilies=AF_UNIX
PrivateNetwork=yes
CapabilityBoundingSet=
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
UMask=0022

[Install]
WantedBy=quorumgate.target
QG-END
text 644 /etc/systemd/system/consul-dns-host.path <<'QG-END'
[Unit]
Description=Names under Consul's domain resolve on this host, whoever rewrites resolv.conf

[Path]
PathChanged=/etc/resolv.conf

[Install]
WantedBy=quorumgate.target
QG-END
text 644 /etc/systemd/system/consul.service <<'QG-END'
[Unit]
Description=Consul agent
Documentation=https://developer.hashicorp.com/consul/docs
Wants=network-online.target quorumgate-host.service quorumgate-program@consul.service
After=network-online.target quorumgate-host.service quorumgate-program@consul.service
Before=quorumgate-program@etcd.service
OnFailure=quorumgate-again@consul.service
StartLimitIntervalSec=0

[Service]
Type=exec
User=consul
Group=consul
EnvironmentFile=/run/quorumgate/host.env
ExecStart=/opt/quorumgate/bin/consul agent -config-dir=/etc/quorumgate/consul.d -config-dir=/run/quorumgate/consul.d -data-dir=/var/lib/consul -node=${QG_NAME} -bind=${QG_ADDRESS}
ExecReload=/bin/kill -HUP $MAINPID
StateDirectory=consul
StateDirectoryMode=0700
Restart=always
RestartSec=1
LimitNOFILE=65536
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
MemoryDenyWriteExecute=yes
CapabilityBoundingSet=
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
UMask=0077

[Install]
WantedBy=quorumgate.target
QG-END
text 644 /etc/systemd/system/consul-rejoin.service <<'QG-END'
[Unit]
Description=Consul: without a leader, look for the others again
After=consul.service
StartLimitIntervalSec=0

[Service]
User=consul
Group=consul
SupplementaryGroups=systemd-journal
ExecStart=/bin/sh /opt/quorumgate/libexec/rejoin
Restart=always
RestartSec=1
NotifyAccess=all
RestrictAddressFamilies=AF_UNIX AF_INET
MemoryDenyWriteExecute=yes
CapabilityBoundingSet=
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
UMask=0077

[Install]
WantedBy=quorumgate.target
QG-END
text 644 /etc/systemd/system/consul-dns-udp.service <<'QG-END'
[Unit]
Description=DNS at 127.0.0.1:53 forwarded to Consul at 8600 (UDP)
Wants=quorumgate-program@socat.service
After=quorumgate-program@socat.service consul.service
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=/opt/quorumgate/bin/socat -t 5 -T 5 UDP4-RECVFROM:53,bind=127.0.0.1,fork UDP4-SENDTO:127.0.0.1:8600
DynamicUser=yes
AmbientCapabilities=CAP_NET_BIND_SERVICE
Restart=always
RestartSec=1
TasksMax=4096
IPAddressDeny=any
IPAddressAllow=localhost
RestrictAddressFamilies=AF_INET AF_UNIX
MemoryDenyWriteExecute=yes
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
UMask=0077

[Install]
WantedBy=quorumgate.target
QG-END
text 644 /etc/systemd/system/consul-dns-tcp.service <<'QG-END'
[Unit]
Description=DNS at 127.0.0.1:53 forwarded to Consul at 8600 (TCP)
Wants=quorumgate-program@socat.service
After=quorumgate-program@socat.service consul.service
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=/opt/quorumgate/bin/socat -t 5 -T 30 TCP4-LISTEN:53,bind=127.0.0.1,fork,reuseaddr TCP4:127.0.0.1:8600
DynamicUser=yes
AmbientCapabilities=CAP_NET_BIND_SERVICE
Restart=always
RestartSec=1
TasksMax=4096
IPAddressDeny=any
IPAddressAllow=localhost
RestrictAddressFamilies=AF_INET AF_UNIX
MemoryDenyWriteExecute=yes
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
UMask=0077

[Install]
WantedBy=quorumgate.target
QG-END
text 644 /etc/systemd/system/etcd-register-server.service <<'QG-END'
[Unit]
Description=etcd: this host is there (server record in Consul, before etcd runs)
Wants=consul.service quorumgate-host.service quorumgate-program@sidekick.service
After=consul.service quorumgate-host.service quorumgate-program@sidekick.service
PartOf=consul.service
StartLimitIntervalSec=0

[Service]
Type=exec
RemainAfterExit=yes
User=etcd
Group=etcd
EnvironmentFile=/etc/quorumgate/cluster.env
EnvironmentFile=/run/quorumgate/host.env
ExecStart=/opt/quorumgate/bin/etcd-register server
StateDirectory=etcd quorumgate-etcd
StateDirectoryMode=0700
Restart=on-failure
RestartSec=1
NotifyAccess=all
MemoryMax=128M
TasksMax=64
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
CapabilityBoundingSet=
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
UMask=0077

[Install]
WantedBy=quorumgate.target consul.service
QG-END
text 644 /etc/systemd/system/etcd.service <<'QG-END'
[Unit]
Description=etcd
Documentation=https://etcd.io/docs
Wants=network-online.target quorumgate-host.service quorumgate-program@etcd.service quorumgate-program@sidekick.service consul.service consul-dns-udp.service consul-dns-tcp.service etcd-register-server.service etcd-register-client.service
After=network-online.target quorumgate-host.service quorumgate-program@etcd.service quorumgate-program@sidekick.service consul.service consul-dns-udp.service consul-dns-tcp.service etcd-register-server.service
OnFailure=quorumgate-again@etcd.service
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=all
User=etcd
Group=etcd
Environment=ETCD_INITIAL_CLUSTER_STATE=existing GODEBUG=netedns0=1
EnvironmentFile=/etc/quorumgate/cluster.env
EnvironmentFile=/run/quorumgate/host.env
ExecStartPre=/opt/quorumgate/bin/etcd-ready
ExecStart=/bin/sh /opt/quorumgate/libexec/decided /opt/quorumgate/bin/etcd --name=${QG_NAME} --data-dir=${QG_DATA_DIR} --listen-peer-urls=${QG_SCHEME}://${QG_ADDRESS}:${QG_PEER_PORT},unix://peer:0 --initial-advertise-peer-urls=${QG_SCHEME}://${QG_ADDRESS}:${QG_PEER_PORT} --listen-client-urls=${QG_SCHEME}://${QG_ADDRESS}:${QG_CLIENT_PORT},${QG_SCHEME}://127.0.0.1:${QG_CLIENT_PORT},unix://client:0 --advertise-client-urls=${QG_SCHEME}://${QG_ADDRESS}:${QG_CLIENT_PORT} --listen-metrics-urls=http://127.0.0.1:${QG_METRICS_PORT} --auto-compaction-mode=periodic --auto-compaction-retention=1h
RuntimeDirectory=etcd
RuntimeDirectoryMode=0700
WorkingDirectory=/run/etcd
StateDirectory=etcd quorumgate-etcd
StateDirectoryMode=0700
Restart=always
RestartSec=1
TimeoutStartSec=infinity
LimitNOFILE=65536
OOMScoreAdjust=-500
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
CapabilityBoundingSet=
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
UMask=0077

[Install]
WantedBy=quorumgate.target
QG-END
text 644 /etc/systemd/system/etcd-register-client.service <<'QG-END'
[Unit]
Description=etcd: the cluster is the predicted one (client record and health check in Consul)
Wants=etcd-cluster.target etcd-record.timer
After=etcd.service consul.service
PartOf=etcd.service consul.service
StartLimitIntervalSec=0

[Service]
Type=oneshot
RemainAfterExit=yes
User=etcd
Group=etcd
EnvironmentFile=/etc/quorumgate/cluster.env
EnvironmentFile=/run/quorumgate/host.env
ExecStart=/opt/quorumgate/bin/etcd-register client
StateDirectory=etcd quorumgate-etcd
StateDirectoryMode=0700
Restart=on-failure
RestartSec=1
TimeoutStartSec=infinity
NotifyAccess=all
MemoryMax=128M
TasksMax=64
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
CapabilityBoundingSet=
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
UMask=0077

[Install]
WantedBy=quorumgate.target consul.service
QG-END
text 644 /etc/systemd/system/etcd-record.timer <<'QG-END'
[Unit]
Description=etcd: what Consul has lost of this cluster is published again, each minute
DefaultDependencies=no
BindsTo=etcd-register-client.service
After=etcd-register-client.service
Conflicts=shutdown.target
Before=shutdown.target

[Timer]
OnActiveSec=60
OnUnitInactiveSec=60
AccuracySec=5
QG-END
text 644 /etc/systemd/system/etcd-record.service <<'QG-END'
[Unit]
Description=etcd: what Consul has lost of this cluster is published again
After=etcd.service consul.service etcd-register-client.service
PartOf=etcd.service consul.service
StartLimitIntervalSec=0

[Service]
Type=oneshot
User=etcd
Group=etcd
EnvironmentFile=/etc/quorumgate/cluster.env
EnvironmentFile=/run/quorumgate/host.env
ExecStart=/opt/quorumgate/bin/etcd-register client
StateDirectory=etcd quorumgate-etcd
StateDirectoryMode=0700
Restart=on-failure
RestartSec=1
TimeoutStartSec=infinity
NotifyAccess=all
MemoryMax=128M
TasksMax=64
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
CapabilityBoundingSet=
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
UMask=0077
QG-END
text 644 /etc/systemd/system/etcd-cluster.target <<'QG-END'
[Unit]
Description=This etcd member is up, in the predicted cluster, and registered for clients
BindsTo=etcd-register-client.service
After=etcd-register-client.service
QG-END

if [ -e $written ]; then
  while read -r path; do
    case $paths in *" $path "*) continue ;; esac
    changed "$path (no longer wanted)"
    case $path in
      /etc/systemd/system/*/*) ;;
      /etc/systemd/system/*) systemctl --quiet --no-block disable --now "${path##*/}" || : ;;
    esac
    rm -f "$path"
  done <$written
fi
for path in $paths; do echo "$path"; done >"$stage/file"
if ! cmp -s "$stage/file" $written; then cat "$stage/file" >$written; fi

if [ ! -e $pending ]; then
  echo 'nothing changed'
  exit 0
fi
/bin/sh $home/libexec/first-boot
rm $pending
echo 'done: this box comes up by itself once enough others are there (systemctl status etcd says what it waits for)'
