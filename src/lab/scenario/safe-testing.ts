import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { HostFile } from '../host/host.ts';
import type { Lab } from '../lab.ts';
import { run } from '../machine/command.ts';
import { eventually, operate, output, PROGRAM } from './lab-testing.ts';

/** Secrets of Consul that hosts have, by their names in the directory. */
export const ON_HOSTS: readonly string[] = ['gossip', 'agent', 'dns', 'sidekick'];

/** CAs and certificates, tokens and a gossip key, as a user makes them away from the hosts by the commands for it. */
export class Safe {
  readonly directory = mkdtempSync(join(tmpdir(), 'quorumgate-safe-'));
  readonly pki = join(this.directory, 'pki');
  readonly secrets = join(this.directory, 'secrets');
  readonly spec = join(this.directory, 'cluster.yaml');
  readonly text: string;

  private constructor(text: string) {
    this.text = text;
  }

  /** Makes all of it, uses it, and leaves nothing behind. @param issue options of `pki issue`: hosts, clients */
  static async with(text: string, issue: readonly string[], use: (safe: Safe) => Promise<void>): Promise<void> {
    const safe = new Safe(text);
    try {
      writeFileSync(safe.spec, text);
      await safe.certificates(safe.pki, issue);
      await safe.own('consul', 'secrets', '--dir', safe.secrets);
      await use(safe);
    } finally {
      rmSync(safe.directory, { recursive: true, force: true });
    }
  }

  /** CAs of their own in a directory, and certificates of them. */
  async certificates(dir: string, issue: readonly string[]): Promise<void> {
    await this.own('pki', 'init', '--dir', dir, '--name', 'mycluster');
    await this.own('pki', 'issue', this.spec, '--dir', dir, ...issue);
  }

  /** A command that touches no host; what it said. */
  own(...args: string[]): Promise<string> {
    return run(process.execPath, [PROGRAM, ...args]);
  }

  /** The archive of a host. */
  async archive(name: string): Promise<Buffer> {
    const out = join(this.directory, 'packed');
    await this.own('pki', 'pack', this.spec, '--dir', this.pki, '--secrets', this.secrets, '--out', out);
    return readFileSync(join(out, `${name}.tar`));
  }

  /**
   * All that a host has now; none for a host that there is not yet. User etcd does not exist before it boots: certificates that root does
   * not hand out are readable by all.
   *
   * @param at where a file comes to; undefined: nowhere
   */
  hostFiles(name: string, at = (file: string): string | undefined => `/etc/quorumgate-secrets/${file}`): HostFile[] {
    const own = join(this.pki, 'hosts', name);
    if (!existsSync(own)) return [];
    const from = [
      ...readdirSync(own).map((file) => join(own, file)),
      ...ON_HOSTS.map((file) => join(this.secrets, file)),
    ];
    return from.flatMap((source) => {
      const file = source.split('/').at(-1) ?? '';
      const path = at(file);
      if (path === undefined) return [];
      const isHanded = ON_HOSTS.includes(file) || path.startsWith('/etc/quorumgate-secrets/');
      return [{ path, mode: isHanded ? 0o600 : 0o644, content: readFileSync(source) }];
    });
  }

  /** As an operator who waits until Consul's servers are there. */
  async bootstrap(t: ExecutionContext, lab: Lab, through: string): Promise<void> {
    const ask = () => operate(lab, through, this.text, ['consul', 'bootstrap', 'SPEC', '--dir', this.secrets]);
    const told = await eventually(ask, ({ exitCode }) => exitCode === 0, 120);
    t.is(told.exitCode, 0, told.stderr);
  }

  /** Words that nothing may show: each secret of Consul, and a line of each key of a host. */
  words(name: string): string[] {
    const own = readdirSync(this.secrets).map((file) => readFileSync(join(this.secrets, file), 'utf8').trim());
    const keys = this.hostFiles(name).flatMap(({ path, content }) =>
      path.endsWith('.key') ? [String(content).split('\n')[2]?.slice(0, 20) ?? ''] : [],
    );
    return [...own, ...keys].filter((word) => word !== '');
  }
}

/** Nobody but its reader sees a secret: not in an environment, a command line, a journal or an open file, nor as another user. */
export async function assertHidden(
  t: ExecutionContext,
  lab: Lab,
  { words, handed }: { words: readonly string[]; handed: string },
): Promise<void> {
  for (const { name } of lab.hosts) {
    const seen =
      'cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null; journalctl -b --no-pager -o cat; cat /etc/quorumgate/* 2>/dev/null';
    const open = await output(lab, name, seen);
    for (const word of words) t.false(open.includes(word), name);
    const read = await output(lab, name, `runuser -u nobody -- sh -c 'cat ${handed} | wc -c' 2>/dev/null`);
    t.regex(read, /^0$/m, `${name}: ${read}`);
  }
}
