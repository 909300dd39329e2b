import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { inRoot, SHELLS } from '../../testing/script.ts';

// templates/container.sh, as it is, in a mount namespace with a /run and an /opt of its own.
const script = readFileSync(fileURLToPath(new URL('../../../templates/container.sh', import.meta.url)), 'utf8');

/** A unit as printUnitScript makes it, which prints its environment. */
const unit = (remain: '' | 'yes', main: string) => `part_of='' runtime='etcd' remain='${remain}' again=infinity
directory=/run/etcd
environment() {
  file /run/decision.env
}
before() {
  :
}
main() {
  "$@" ${main}
}
`;

const STAGE = `
set -eu
mount -t tmpfs none /run && mount -t tmpfs none /opt && mount -t tmpfs none /var/lib
mkdir -p /opt/quorumgate/container /run/etcd /run/quorumgate/done
printf %s "$SCRIPT" >/opt/container
printf %s "$UNIT" >/opt/quorumgate/container/etcd
printf %s "$HOST" >/opt/quorumgate/container/quorumgate-host
: >/run/decision.env
: >/run/quorumgate/done/quorumgate-host
install -d -m 1777 /run/quorumgate/started
ended() { $shell /opt/container "$@" || :; }
`;

/** The output of a script on the stage, of both streams. */
async function stage(commands: string, shell: readonly string[]): Promise<string> {
  const child = spawn(
    'unshare',
    ['--mount', '--pid', '--fork', '--mount-proc', '--kill-child', 'sh', '-c', STAGE + commands],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 300_000,
      env: {
        PATH: process.env.PATH,
        shell: shell.join(' '),
        SCRIPT: script,
        UNIT: unit('', '/usr/bin/env'),
        HOST: unit('yes', '/bin/true'),
      },
    },
  );
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return stdout + stderr;
}

const rooted = inRoot ? test.serial : test.serial.skip;

for (const shell of SHELLS) {
  const name = shell.join(' ');

  rooted(`${name}: a file of environment is variables, and no command`, async (t) => {
    const output = await stage(
      String.raw`cat >/run/decision.env <<'END'
ETCD_INITIAL_CLUSTER=a=http://10.0.0.1:2380,b=http://10.0.0.2:2380
QG_A=$(touch /run/taken) $HOME and \n 'quotes' "of all" kinds
touch /run/taken
QG_B=x; touch /run/taken
a-b=c
=d
QG_C
1QG=x
QG_D=
$(touch /run/taken)=x
END
ended etcd
ls /run/taken`,
      shell,
    );
    t.regex(output, /^ETCD_INITIAL_CLUSTER=a=http:\/\/10\.0\.0\.1:2380,b=http:\/\/10\.0\.0\.2:2380$/m);
    t.true(output.includes(String.raw`QG_A=$(touch /run/taken) $HOME and \n 'quotes' "of all" kinds`));
    t.regex(output, /^QG_B=x; touch \/run\/taken$/m);
    t.regex(output, /^QG_D=$/m);
    t.notRegex(output, /^(a-b|1QG|QG_C|=)/m);
    t.regex(output, /cannot access '\/run\/taken'/);
  });

  rooted(`${name}: it begins in the unit's directory, which holds nothing of another start`, async (t) => {
    const output = await stage(': >/run/etcd/peer:0; : >/run/etcd/decision.env; ended etcd; ls -A /run/etcd', shell);
    t.regex(output, /^PWD=\/run\/etcd$/m);
    t.regex(output, /^RUNTIME_DIRECTORY=\/run\/etcd$/m);
    t.notRegex(output, /^(peer:0|decision\.env)$/m);
  });

  rooted(`${name}: root writes through nothing that another of its host has put there`, async (t) => {
    const output = await stage(
      `
for folder in started done; do
  install -d -m 1777 /run/quorumgate/$folder
  echo precious >/run/precious-$folder
  rm -f /run/quorumgate/$folder/quorumgate-host
  setpriv --reuid 65534 --regid 65534 --clear-groups ln -s /run/precious-$folder /run/quorumgate/$folder/quorumgate-host
done
chmod 666 /run/precious-*
# What follows links in such folders for root is a setting of the kernel's that a host may have off.
$shell /opt/container quorumgate-host & host=$!
until [ ! -L /run/quorumgate/done/quorumgate-host ] && [ -f /run/quorumgate/done/quorumgate-host ]; do sleep 0.1; done
kill $host
wait $host || :
cat /run/precious-*
stat -c '%F %u' /run/quorumgate/started/quorumgate-host /run/quorumgate/done/quorumgate-host`,
      shell,
    );
    t.regex(output, /precious\nprecious\nregular file 0\nregular (empty )?file 0\n/);
  });
}
