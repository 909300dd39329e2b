import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { script } from '../plan/file.ts';

/** The shells that hosts have as /bin/sh, as far as this machine has them: dash, bash, and busybox's. */
export const SHELLS = [['dash'], ['bash', '--posix'], ['busybox', 'sh']].filter(
  ([program = '', ...flags]) => spawnSync(program, [...flags, '-c', 'exit 0']).status === 0,
);

/** A script of units/scripts/, as it lands on hosts. */
export function scriptText(name: string, parts: readonly string[] = []): string {
  const scripts = Object.fromEntries(
    [name, ...parts].map((one) => [
      one,
      readFileSync(fileURLToPath(new URL(`../../units/scripts/${one}.sh`, import.meta.url)), 'utf8'),
    ]),
  );
  return script(name, { units: {}, scripts, templates: {}, sidekicks: {} }, parts).content;
}

/** Bytes that are no text: each has to come out as one line of visible characters. */
export const HOSTILE: readonly [what: string, bytes: Buffer][] = [
  ['a line more', Buffer.from('one\nWATCHDOG=trigger\nREADY=1')],
  ['a line of its own in a terminal', Buffer.from('one\rtwo\u001b[2J\u001b]0;title\u0007\u009b31m')],
  ['every control character', Buffer.from(Array.from({ length: 31 }, (_, code) => code + 1).concat(127))],
  ['bytes that are no UTF-8', Buffer.from([0x61, 0xff, 0xfe, 0xc3, 0x28, 0xf0, 0x9f, 0x62])],
  ['letters beyond ASCII, and signs that turn the direction', Buffer.from('é…\u202e\u2028名')],
  ['what echo and printf would take for more', Buffer.from('-n \\n \\033[31m \\c %s %n %.900d `id` $(id) $PATH')],
  ['an option', Buffer.from('-e')],
  ['nothing', Buffer.alloc(0)],
  ['more than a status line holds', Buffer.alloc(1_000_000, 'a\n')],
];

/** A namespace of its own for mounts and processes, where a test may be root and break what it likes. */
export const inRoot =
  process.getuid?.() === 0 && spawnSync('unshare', ['--mount', '--pid', '--fork', 'true']).status === 0;
