import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { dense } from '../../../plan/file.ts';
import { bootstrap } from '../../image/image.ts';
import { writeSources } from '../../machine/apt.ts';
import { finish } from '../../machine/command.ts';
import { labTest } from '../lab-testing.ts';

// Units and scripts with the programs of the distributions themselves: units/scripts/packages.sh, as it lands on hosts,
// with the real apt and dpkg of each Debian that hosts may have and with the real dnf; the units with an old systemd.
const units = fileURLToPath(new URL('../../../../units/', import.meta.url));
const script = dense(readFileSync(`${units}scripts/packages.sh`, 'utf8'));
const work = mkdtempSync(join(process.env.QUORUMGATE_TEST_ROOT ?? '/var/lib', 'quorumgate-test-'));
test.after.always(() => rmSync(work, { recursive: true, force: true }));

const plain = { suite: 'bookworm', packages: ['ca-certificates'] };
const RECIPES = {
  bookworm: plain,
  trixie: { ...plain, suite: 'trixie' },
  dnf: { ...plain, packages: ['createrepo-c', 'dnf', 'rpm'] },
  // systemd 247: older than that of any system that the targets are for.
  bullseye: { suite: 'bullseye', packages: ['procps', 'systemd'] },
};
type Name = keyof typeof RECIPES;
const roots = new Map<Name, Promise<string>>();

/** A root that has none of the programs, made once. */
function rootOf(name: Name): Promise<string> {
  const made = roots.get(name) ?? make(name);
  roots.set(name, made);
  return made;
}

async function make(name: Name): Promise<string> {
  const root = join(work, name);
  const { suite } = RECIPES[name];
  await bootstrap({ ...RECIPES[name], name }, root, await writeSources(work, suite), { say: () => undefined });
  return root;
}

/** Runs a shell script in a copy of a root that is gone afterwards, with all that it started; its output, both streams. */
async function inside(name: Name, commands: string, programs = ''): Promise<string[]> {
  const root = await rootOf(name);
  const own = mkdtempSync(join(work, 'own-'));
  const stage = `
    mount -t tmpfs none "$OWN"; mkdir "$OWN/upper" "$OWN/work" "$OWN/root"
    mount -t overlay overlay -o "lowerdir=$LOWER,upperdir=$OWN/upper,workdir=$OWN/work" "$OWN/root"
    cd "$OWN/root"
    mount -t proc proc proc; mount --rbind /dev dev
    mount -t tmpfs none sys; mkdir -p sys/fs/cgroup; mount -t cgroup2 -o ro none sys/fs/cgroup
    mkdir opt/units; cp "$UNITS"/*.service "$UNITS"/*.target "$UNITS"/*.path "$UNITS"/*.timer opt/units
    cp -L /etc/resolv.conf etc/resolv.conf
    mkdir -p etc/quorumgate opt/quorumgate/libexec
    printf '%s' "$PROGRAMS" >etc/quorumgate/programs
    printf '%s' "$SCRIPT" >opt/quorumgate/libexec/packages
    exec chroot . sh -c 'exec 2>&1; packages() { sh /opt/quorumgate/libexec/packages; }; eval "$COMMANDS"; exit 0'`;
  try {
    const contained = ['--mount', '--pid', '--fork', '--kill-child', 'sh', '-ec', stage];
    const env = { OWN: own, LOWER: root, UNITS: units, PROGRAMS: programs, SCRIPT: script, COMMANDS: commands };
    const { stdout, stderr } = await finish('unshare', contained, { env });
    return [...stdout.split('\n'), ...stderr.split('\n').filter((line) => line !== '')];
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

for (const suite of ['bookworm', 'trixie'] as const) {
  labTest(
    `${suite}: installs what there is, names what there is not, and does nothing when all is there`,
    async (t) => {
      t.timeout(900_000);
      const programs = 'consul image\nsocat package\nnode package\netcd package\nnosuch package\n';
      const lines = await inside(
        suite,
        `packages >/log 2>&1; echo "exit $?"; grep '^waiting' /log
      for name in curl socat node etcd etcdctl; do command -v $name; done
      node -e 'console.log(Number.parseInt(process.versions.node) >= 18)'
      ls /usr/sbin/policy-rc.d
      sed -i '/nosuch/d' /etc/quorumgate/programs
      printf '#!/bin/sh\\n# quorumgate\\nexit 101\\n' >/usr/sbin/policy-rc.d
      echo again; packages; echo "exit $?"; ls /usr/sbin/policy-rc.d`,
        programs,
      );
      t.deepEqual(lines, [
        'exit 1',
        'waiting: apt has no package or cannot install it: nosuch; see the journal',
        '/usr/bin/curl',
        '/usr/bin/socat',
        '/usr/bin/node',
        '/usr/bin/etcd',
        '/usr/bin/etcdctl',
        'true',
        "ls: cannot access '/usr/sbin/policy-rc.d': No such file or directory",
        // The rest of a run that was cut off is gone too.
        'again',
        'exit 0',
        "ls: cannot access '/usr/sbin/policy-rc.d': No such file or directory",
      ]);
    },
  );

  labTest(`${suite}: a run that is cut off in the middle of dpkg is made good by the next`, async (t) => {
    t.timeout(900_000);
    const lines = await inside(
      suite,
      `(unshare --pid --fork --kill-child sh /opt/quorumgate/libexec/packages >/log 2>&1 & echo $! >/pid)
      until ls /var/lib/dpkg/info/libuv1* || ! kill -0 $(cat /pid); do sleep 0.1; done >/dev/null 2>&1
      kill -KILL $(cat /pid); sleep 1
      apt-get -qq install -y socat 2>&1 | grep -c 'dpkg was interrupted'
      ls /usr/sbin/policy-rc.d
      packages >/log 2>&1; echo "exit $?"
      dpkg --audit
      for name in socat node; do command -v $name; done
      ls /usr/sbin/policy-rc.d`,
      'socat package\nnode package\n',
    );
    t.deepEqual(lines, [
      '1',
      '/usr/sbin/policy-rc.d',
      'exit 0',
      '/usr/bin/socat',
      '/usr/bin/node',
      "ls: cannot access '/usr/sbin/policy-rc.d': No such file or directory",
    ]);
  });

  labTest(`${suite}: waits for another's dpkg, and leaves another's policy-rc.d alone`, async (t) => {
    t.timeout(900_000);
    const lines = await inside(
      suite,
      `echo 'exit 0 # of the image' >/usr/sbin/policy-rc.d
      perl -e 'use Fcntl; $| = 1; open F, ">", "/var/lib/dpkg/lock-frontend"; my $lock = pack("ssx4qqix4", F_WRLCK, 0, 0, 0, 0);
        print fcntl(F, F_SETLK, $lock) ? "held\\n" : "not held: $!\\n"; sleep 15' >/held 2>&1 &
      until [ -s /held ]; do sleep 0.1; done; grep -v '^held' /held
      packages >/log 2>&1; echo "exit $?"; grep -c 'Could not get lock\\|Waiting for cache lock' /log
      command -v socat; cat /usr/sbin/policy-rc.d`,
      'socat package\n',
    );
    const [exit, waits, ...rest] = lines;
    t.is(exit, 'exit 0');
    t.true(Number(waits) >= 1, lines.join('\n'));
    t.deepEqual(rest, ['/usr/bin/socat', 'exit 0 # of the image']);
  });
}

labTest('no package manager: says so, and what would help', async (t) => {
  t.timeout(900_000);
  const lines = await inside('bookworm', 'rm /usr/bin/apt-get; packages; echo "exit $?"', 'socat package\n');
  t.true(lines.includes('waiting: no package manager here: the spec has to give url and sha256 for:curl socat'));
  t.is(lines.at(-1), 'exit 1');
});

/** An RPM whose one file is a program, in a repository that dnf knows. */
const repository = `
  pack() {
    printf '%s\\n' "Name: $1" 'Version: 1' 'Release: 1' 'Summary: x' 'License: MIT' 'BuildArch: noarch' 'AutoReqProv: no' \\
      %description x %install "install -D -m 755 /dev/null %{buildroot}/usr/bin/$2" %files "/usr/bin/$2" >"/$1.spec"
    rpmbuild --quiet -bb --define '_rpmdir /repo' "/$1.spec" >/log 2>&1 || cat /log
  }
  pack socat socat; pack nodejs node; pack curl curl
  createrepo_c -q /repo; mkdir -p /etc/yum.repos.d
  printf '[local]\\nname=local\\nbaseurl=file:///repo\\ngpgcheck=0\\n' >/etc/yum.repos.d/local.repo
  rm /usr/bin/apt-get`;

labTest('dnf: installs what there is, names what there is not, and does nothing when all is there', async (t) => {
  t.timeout(900_000);
  const lines = await inside(
    'dnf',
    `${repository}
    packages >/log 2>&1; echo "exit $?"; grep '^waiting' /log
    for name in curl socat node; do command -v $name; done
    ls /usr/sbin/policy-rc.d
    sed -i '/nosuch/d' /etc/quorumgate/programs; echo again; packages; echo "exit $?"`,
    'consul image\nsocat package\nnode package\nnosuch package\n',
  );
  t.deepEqual(lines, [
    'exit 1',
    'waiting: dnf has no package or cannot install it: nosuch; see the journal',
    '/usr/bin/curl',
    '/usr/bin/socat',
    '/usr/bin/node',
    "ls: cannot access '/usr/sbin/policy-rc.d': No such file or directory",
    'again',
    'exit 0',
  ]);
});

labTest('systemd 247 knows every directive of the units, and would name one that it does not', async (t) => {
  t.timeout(900_000);
  const lines = await inside(
    'bullseye',
    `mkdir /opt/quorumgate/bin; cd /opt/units
    for name in consul etcd socat etcd-ready etcd-register; do ln -s /bin/true /opt/quorumgate/bin/$name; done
    for name in consul etcd socat sidekick; do cp quorumgate-program@.service quorumgate-program@$name.service; done
    rm quorumgate-program@.service
    export SYSTEMD_LOG_COLOR=0
    systemd-analyze --version | head -n 1 | cut -d ' ' -f 1-2
    systemd-analyze verify --man=no *
    sed -i 's/^StartLimitIntervalSec=.*/Upholds=consul.service/' etcd.service
    systemd-analyze verify --man=no etcd.service`,
  );
  t.deepEqual(lines, [
    'systemd 247',
    "/opt/units/./etcd.service:6: Unknown key name 'Upholds' in section 'Unit', ignoring.",
  ]);
});
