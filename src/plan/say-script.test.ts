import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { HOSTILE, SHELLS, scriptText } from '../testing/script.ts';

// Words of scripts on things that come from elsewhere, to the journal and, by the real systemd-notify, to systemd.
const work = mkdtempSync(join(tmpdir(), 'quorumgate-say-'));
test.after.always(() => rmSync(work, { recursive: true, force: true }));

const speaking = ['host', 'program', 'packages', 'fetch', 'static-pod'];
const sayOf = (script: string) => /^say\(\) \{.*?^\}$/ms.exec(scriptText(script))?.[0] ?? '';

test('it is one function, the same in each script, and nothing is said without it', (t) => {
  for (const script of speaking) {
    t.is(sayOf(script), sayOf('host'), script);
    // `echo` of dash makes a new line of `\n`: it is for files, pipes and process numbers.
    const rest = scriptText(script).replace(sayOf(script), '');
    t.notRegex(rest, /--status="(?!etcd serves)|^echo (?!"\$\{file##)[^|>]*$/m, script);
  }
});

/** Receives what systemd would; prints it in hex, a message a line. The second is systemd-notify waiting to be heard. */
const LISTENER = `
import os, socket, subprocess, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(sys.argv[1]); s.settimeout(300)
child = subprocess.Popen(sys.argv[2:], stdout=sys.stderr)
for wanted in range(2):
    data, fds, _, _ = socket.recv_fds(s, 65536, 4)
    for fd in fds: os.close(fd)
    print(data.hex())
child.wait()
`;
const notifies =
  spawnSync('systemd-notify', ['--version']).status === 0 && spawnSync('python3', ['--version']).status === 0;

for (const shell of SHELLS) {
  for (const [index, [what, bytes]] of HOSTILE.entries()) {
    test(`${shell.join(' ')}: ${what}: one line of visible characters`, (t) => {
      const file = join(work, `${shell[0]}-${index}`);
      writeFileSync(file, bytes);
      const script = [...shell, '-c', `${sayOf('host')}\nsay "waiting: $(cat "$1"); next"`, 'sh', file];
      const socket = `${file}.socket`;
      const [program = '', ...args] = notifies ? ['python3', '-c', LISTENER, socket, ...script] : script;
      // No socket as input: bash takes that for a remote shell, and reads its user's .bashrc.
      const { stdout, stderr } = spawnSync(program, args, {
        encoding: 'latin1',
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { PATH: process.env['PATH'], ...(notifies && { NOTIFY_SOCKET: socket }) },
      });
      const line = notifies ? stderr : stdout;
      t.regex(line, /^waiting: [ -~]{0,891}\n$/);
      const visible = [...bytes.toString('latin1')].filter((one) => one >= '!' && one <= '~').join('');
      // All that is visible is said, in order, as far as there is room.
      t.true(
        line
          .replace(/[^!-~]/g, '')
          .replaceAll(/[?|]/g, '')
          .includes(visible.replaceAll(/[?|]/g, '').slice(0, 300)),
      );
      if (!notifies) return;
      const heard = `${stdout}`
        .trim()
        .split('\n')
        .map((hex) => Buffer.from(hex, 'hex').toString('latin1'));
      t.deepEqual(heard, [`STATUS=${line.replace(/\n$/, '')}`, 'BARRIER=1']);
    });
  }
}
