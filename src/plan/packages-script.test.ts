import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { SHELLS, scriptText } from '../testing/script.ts';

// units/scripts/packages.sh, as it lands on hosts. The package manager is a stand-in that says what it was told: a real one would
// change this machine (the lab has real ones).
const work = mkdtempSync(join(tmpdir(), 'quorumgate-packages-'));
test.after.always(() => rmSync(work, { recursive: true, force: true }));

interface Host {
  /** Programs that are there, besides what a shell needs. */
  made?: Record<string, string>;
  programs: string;
  /** policy-rc.d, as it is before. */
  policy?: string;
}

const NEEDED = ['cat', 'chmod', 'grep', 'rm', 'tr'];
/** Variables that the stand-in needs. */
const ITS = ['basename', 'tail'];
/** Its arguments, and what it found in its environment. */
const telling = (code = 0) => `#!/bin/sh
echo "$(basename "$0") $* [$PATH_IS_OURS] $(cat "$POLICY" 2>/dev/null | tail -n 1)" >>"$LOG"
exit ${code}
`;

function run(shell: readonly string[], { made = {}, programs, policy }: Host) {
  const root = mkdtempSync(join(work, 'host-'));
  const place = (name: string) => join(root, name);
  for (const name of [...NEEDED, ...ITS]) {
    const { stdout } = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' });
    symlinkSync(stdout.trim(), place(name));
  }
  for (const [name, text] of Object.entries(made)) writeFileSync(place(name), text, { mode: 0o755 });
  writeFileSync(place('programs'), programs);
  if (policy !== undefined) writeFileSync(place('policy-rc.d'), policy, { mode: 0o755 });
  const text = scriptText('packages')
    .replace('/etc/quorumgate/programs', place('programs'))
    .replace('/usr/sbin/policy-rc.d', place('policy-rc.d'))
    .replace(/PATH=\S+/, `PATH=${root} PATH_IS_OURS=ours`);
  const [program = '', ...flags] = shell;
  const { stdout, status } = spawnSync(program, [...flags, '-c', text], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: process.env['PATH'], LOG: place('log'), POLICY: place('policy-rc.d') },
  });
  const read = (name: string) => (existsSync(place(name)) ? readFileSync(place(name), 'utf8') : undefined);
  return { said: stdout, status, log: (read('log') ?? '').trim().split('\n'), policy: read('policy-rc.d') };
}

const tool = '#!/bin/sh\n';
const apt = { 'apt-get': telling(), 'apt-cache': telling(), dpkg: telling() };

for (const shell of SHELLS) {
  const name = shell.join(' ');

  test(`${name}: nothing is wanted where all is there`, (t) => {
    const { status, said, log } = run(shell, {
      made: { ...apt, curl: tool, socat: tool },
      programs: 'socat package\netcd image\n',
    });
    t.deepEqual({ status, said, log }, { status: 0, said: '', log: [''] });
  });

  test(`${name}: one by one; services do not start meanwhile, and afterwards they may`, (t) => {
    const { status, said, log, policy } = run(shell, {
      made: apt,
      programs: 'socat package\nnode package\netcd package\nconsul url x y\n',
    });
    t.is(status, 0);
    t.is(said, 'installing curl\ninstalling socat\ninstalling node\ninstalling etcd\n');
    const installed = log
      .filter((line) => line.includes(' install '))
      .map((line) => /recommends (.*) \[ours\] exit 101$/.exec(line)?.[1]);
    t.deepEqual(installed, ['-f', 'curl', 'socat', 'nodejs', 'etcd-server etcd-client']);
    t.is(policy, undefined);
  });

  test(`${name}: sources of packages come first where cloud-init has yet to say them, and nobody waits who needs none`, (t) => {
    const systemctl = `#!/bin/sh
echo "systemctl $*" >>"$LOG"
[ "$(grep -c systemctl "$LOG")" -lt 3 ] || { echo 'No jobs running.'; exit; }
echo '  7 multi-user.target start waiting'
echo ' 12 cloud-config.service start waiting'
`;
    const made = { ...apt, curl: tool, systemctl, sleep: tool };
    const { status, log } = run(shell, { made, programs: 'socat package\n' });
    t.is(status, 0);
    t.deepEqual(log.slice(0, 3), Array(3).fill('systemctl list-jobs'));
    t.true(log[3]?.startsWith('dpkg '));
    t.deepEqual(run(shell, { made, programs: 'socat image\n' }).log, ['']);
  });

  test(`${name}: what an interrupted run has left goes, an operator's own policy stays`, (t) => {
    const cut = '#!/bin/sh\n# quorumgate\nexit 101\n';
    const left = run(shell, { made: { curl: tool }, programs: '', policy: cut });
    t.deepEqual([left.status, left.policy], [0, undefined]);
    // All programs are there, and perhaps not all of their packages.
    const repaired = run(shell, { made: { ...apt, curl: tool }, programs: '', policy: cut });
    t.deepEqual([repaired.status, repaired.policy], [0, undefined]);
    t.regex(repaired.log.join('\n'), /^dpkg --configure -a [\s\S]*\napt-get .*install.* -f \[/);
    const own = '#!/bin/sh\nexit 104\n';
    t.is(run(shell, { made: apt, programs: '', policy: own }).policy, own);
  });

  test(`${name}: a package that is not to be had keeps no other away, and is named`, (t) => {
    const picky = telling().replace('exit 0', 'case "$*" in *socat*) exit 100 ;; esac');
    const { status, said, log, policy } = run(shell, {
      made: { ...apt, 'apt-get': picky, curl: tool },
      programs: 'socat package\nnode package\n',
    });
    t.is(status, 1);
    t.regex(said, /\nwaiting: apt has no package or cannot install it: socat; see the journal\n$/);
    t.true(log.some((line) => line.includes('nodejs')));
    t.is(policy, undefined);
  });

  test(`${name}: dnf, and no manager at all`, (t) => {
    const { log } = run(shell, { made: { dnf: telling(), curl: tool }, programs: 'node package\n' });
    t.deepEqual(log, ['dnf -q -y install nodejs [ours]']);
    const none = run(shell, { made: { curl: tool }, programs: 'socat package\n' });
    t.is(none.status, 1);
    t.is(none.said, 'waiting: no package manager here: the spec has to give url and sha256 for: socat\n');
  });

  test(`${name}: a list with what is no program does nothing but fail, in one line`, (t) => {
    const programs = '\u001b[2J package\n$(id) package\n-x package\na\\nb package\n*';
    const { said } = run(shell, { made: { ...apt, curl: tool, 'apt-get': telling(1) }, programs });
    t.regex(said, /^[ -~\n]*$/);
    t.true(run(shell, { made: { curl: tool }, programs }).said.split('\n').length === 2);
  });
}
