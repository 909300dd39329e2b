import { spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { HOSTILE, SHELLS, scriptText } from '../testing/script.ts';

// units/scripts/dns.sh and kubelet.sh, as they land on hosts, with a resolv.conf that says anything.
const work = mkdtempSync(join(tmpdir(), 'quorumgate-resolv-'));
test.after.always(() => rmSync(work, { recursive: true, force: true }));

/** A folder that is a host's / for the script. */
function host(resolv?: string | Buffer): string {
  const root = mkdtempSync(join(work, 'host-'));
  for (const folder of ['etc', 'run/quorumgate', 'run/systemd/resolve'])
    mkdirSync(join(root, folder), { recursive: true });
  if (resolv !== undefined) writeFileSync(join(root, 'etc/resolv.conf'), resolv);
  return root;
}

function run(name: 'dns' | 'kubelet', shell: readonly string[], root: string) {
  const text = scriptText(name)
    .replace('systemctl --no-block reload consul', `echo reload consul >>${root}/told`)
    .replace(/\/(etc\/resolv\.conf|run\/(quorumgate|systemd\/resolve))/g, `${root}$&`);
  const [program = '', ...flags] = shell;
  const { status, signal } = spawnSync(program, [...flags, '-c', text], {
    stdio: ['ignore', 'ignore', 'ignore'],
    timeout: 300_000,
  });
  const read = (path: string) => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'latin1') : undefined);
  return {
    status: signal ?? status,
    resolv: read('etc/resolv.conf') ?? '',
    recursors: JSON.parse(read('run/quorumgate/consul.d/recursors.json') ?? 'null')?.recursors,
    pods: read('run/quorumgate/resolv.conf'),
  };
}

const OPTIONS = 'options timeout:1 attempts:2\n';

for (const shell of SHELLS) {
  const name = shell.join(' ');

  test(`${name}: dns: 127.0.0.1 first, the others stay and are Consul's recursors; a second run changes nothing`, (t) => {
    const root = host(
      '# by DHCP\nsearch example.com\nnameserver 10.0.0.2\nnameserver 2001:db8::1\nnameserver 10.0.0.2\n',
    );
    const once = run('dns', shell, root);
    t.is(
      once.resolv,
      `nameserver 127.0.0.1\n# by DHCP\nsearch example.com\nnameserver 10.0.0.2\nnameserver 2001:db8::1\nnameserver 10.0.0.2\n${OPTIONS}`,
    );
    t.deepEqual(once.recursors, ['10.0.0.2', '2001:db8::1']);
    const inode = statSync(join(root, 'etc/resolv.conf')).ino;
    t.deepEqual(run('dns', shell, root), once);
    t.is(statSync(join(root, 'etc/resolv.conf')).ino, inode);
    t.deepEqual(readdirSync(join(root, 'etc')), ['resolv.conf']);
  });

  test(`${name}: dns: our server is asked first whatever the options are, and an agent that runs is told of other servers`, (t) => {
    const rotating = 'nameserver 10.0.0.2\noptions rotate timeout:2\noptions ndots:1 rotate\noptions norotate\n';
    const root = host(rotating);
    const kept = 'nameserver 10.0.0.2\noptions timeout:2\noptions ndots:1 \noptions norotate\n';
    t.is(run('dns', shell, root).resolv, `nameserver 127.0.0.1\n${kept}${OPTIONS}`);
    t.false(existsSync(join(root, 'told')), 'none runs at the first time');
    writeFileSync(join(root, 'etc/resolv.conf'), 'nameserver 127.0.0.1\nnameserver 10.0.0.2\noptions rotate\n');
    t.is(run('dns', shell, root).resolv, `nameserver 127.0.0.1\nnameserver 10.0.0.2\noptions \n${OPTIONS}`);
    t.false(existsSync(join(root, 'told')), 'nothing new');
    writeFileSync(join(root, 'etc/resolv.conf'), 'nameserver 10.0.0.3\n');
    t.deepEqual(run('dns', shell, root).recursors, ['10.0.0.3']);
    t.is(readFileSync(join(root, 'told'), 'utf8'), 'reload consul\n');
  });

  test(`${name}: dns: where there is no file, or the stub is in it`, (t) => {
    const none = run('dns', shell, host());
    t.is(none.resolv, `nameserver 127.0.0.1\n${OPTIONS}`);
    t.deepEqual(none.recursors, []);
    const stub = run('dns', shell, host('nameserver 127.0.0.53\n'));
    t.is(stub.resolv, 'nameserver 127.0.0.53\n');
    t.is(stub.recursors, undefined);
  });

  test(`${name}: dns: through a link the file that it leads to is written, and the link stays`, (t) => {
    const root = host();
    mkdirSync(join(root, 'run/manager'));
    writeFileSync(join(root, 'run/manager/resolv.conf'), 'nameserver 10.0.0.2\n');
    symlinkSync('../run/manager/resolv.conf', join(root, 'etc/resolv.conf'));
    t.is(run('dns', shell, root).resolv, `nameserver 127.0.0.1\nnameserver 10.0.0.2\n${OPTIONS}`);
    t.true(lstatSync(join(root, 'etc/resolv.conf')).isSymbolicLink());
  });

  test(`${name}: dns: what others have put beside it is not written through`, (t) => {
    const root = host('nameserver 10.0.0.2\n');
    const precious = join(root, 'precious');
    writeFileSync(precious, 'precious');
    symlinkSync(precious, join(root, 'etc/resolv.conf.quorumgate'));
    t.is(run('dns', shell, root).resolv, `nameserver 127.0.0.1\nnameserver 10.0.0.2\n${OPTIONS}`);
    t.is(readFileSync(precious, 'utf8'), 'precious');
    t.false(lstatSync(join(root, 'etc/resolv.conf')).isSymbolicLink());
  });

  for (const server of [
    '1.1.1.1","10.9.9.9',
    '1.1.1.1"],"data_dir":"/x',
    '$(id)',
    '`id`',
    '1.1.1.1\\',
    '1.1.1.1\u001b[2J',
    'é',
    '-n',
    'unix:///x',
    '1.1.1.1;x',
  ]) {
    test(`${name}: dns: no server of Consul's: ${JSON.stringify(server)}`, (t) => {
      const { recursors, resolv } = run('dns', shell, host(`nameserver ${server}\nnameserver 10.0.0.2\r\n`));
      t.deepEqual(recursors, ['10.0.0.2']);
      t.true(resolv.startsWith('nameserver 127.0.0.1\n'));
    });
  }

  for (const [what, bytes] of HOSTILE) {
    test(`${name}: dns, kubelet: a resolv.conf with ${what}`, (t) => {
      const root = host(Buffer.concat([bytes, Buffer.from('\nnameserver 10.0.0.2\nnameserver 127.0.0.1\n')]));
      const { status, recursors } = run('dns', shell, root);
      t.is(status, 0);
      t.deepEqual(recursors, ['10.0.0.2']);
      t.is(run('kubelet', shell, root).status, 0);
    });
  }

  test(`${name}: kubelet: this host's servers, less those of its loopback, and nothing else`, (t) => {
    const text = 'search a.b\nnameserver 127.0.0.1\nnameserver 10.0.0.2\noptions ndots:2\n# x\nroot:$6$secret:1:2\n';
    const { pods } = run('kubelet', shell, host(text));
    t.is(pods, 'search a.b\nnameserver 10.0.0.2\noptions ndots:2\n');
  });

  test(`${name}: kubelet: what the resolver's own user has made of its file is nobody's secret, and holds nothing up`, (t) => {
    const root = host('nameserver 127.0.0.53\n');
    const theirs = join(root, 'run/systemd/resolve/resolv.conf');
    writeFileSync(join(root, 'shadow'), 'root:$6$secret:1:2\nnameserver\n');
    symlinkSync('../../../shadow', theirs);
    t.is(run('kubelet', shell, root).pods, '');
    rmSync(theirs);
    t.is(spawnSync('mkfifo', [theirs]).status, 0);
    t.is(run('kubelet', shell, root).status, 0);
    rmSync(theirs);
    symlinkSync('/dev/zero', theirs);
    t.is(run('kubelet', shell, root).status, 0);
    rmSync(theirs);
    writeFileSync(theirs, 'nameserver 10.0.0.3\n');
    t.is(run('kubelet', shell, root).pods, 'nameserver 10.0.0.3\n');
  });
}
