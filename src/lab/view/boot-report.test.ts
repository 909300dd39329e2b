import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { exampleJournals } from '../../report/journal-testing.ts';
import type { HostState, LabState } from '../host/state.ts';
import { LabError } from '../machine/lab-error.ts';
import { hostPaths, layoutOf } from '../machine/layout.ts';
import { bootsOf } from './boot-report.ts';

/** A lab of which there are files alone, and a `journalctl` that prints the one that lies in the directory it is given. */
const folder = mkdtempSync(path.join(tmpdir(), 'quorumgate-lab-report-'));
const layout = layoutOf(path.join(folder, 'lab'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));
test.before(() => {
  mkdirSync(layout.directory);
  const program = path.join(folder, 'journalctl');
  writeFileSync(program, '#!/bin/sh\n[ "$1" = --directory ] && cat "$2/json"\n');
  chmodSync(program, 0o755);
  process.env['PATH'] = `${folder}:${process.env['PATH']}`;
});

const host = (number: number): HostState => ({
  name: `etcd-${number}`,
  role: 'etcd',
  address: `10.77.0.10${number}`,
  target: 'aws',
  startedAt: 5000 - 0.1 * number,
});
const state: LabState = {
  version: 1,
  phase: 'running',
  cluster: { name: 'mycluster', size: 3 },
  targets: ['aws'],
  image: 'bookworm',
  images: {},
  network: { cidr: '10.77.0.0/24', prefix: 24, gateway: '10.77.0.1' },
  hosts: [1, 2, 3].map(host),
};
const scene = { layout, state };
const bytes = (text: string) => Buffer.from(text).toString('base64');

test.serial('of a lab whose hosts have said nothing there is no report', async (t) => {
  writeFileSync(
    layout.seeds,
    JSON.stringify({
      compiled: { 'aws/etcd/user-data': bytes('12345'), 'aws/ports.json': bytes('{}'), 'aws/upload/x.cjs': bytes('1') },
      own: {},
    }),
  );
  await t.throwsAsync(bootsOf([scene]), { instanceOf: LabError, message: /has said anything of its boot/ });
});

test.serial('hosts by the clock of this machine, documents by size, and who is silent', async (t) => {
  for (const [index, journal] of exampleJournals().slice(0, 2).entries()) {
    const place = path.join(hostPaths(layout, `etcd-${index + 1}`).root, 'var/log/journal');
    mkdirSync(place, { recursive: true });
    // In namespaces of this machine the clock is its own.
    const text = journal.text.replace(
      /"__MONOTONIC_TIMESTAMP":"(\d+)"/g,
      (_, at: string) => `"__MONOTONIC_TIMESTAMP":"${Number(at) + 5e9}"`,
    );
    writeFileSync(path.join(place, 'json'), text);
  }
  const [cluster] = await bootsOf([scene]);
  t.is(cluster?.name, 'mycluster');
  t.deepEqual(cluster?.silent, ['etcd-3']);
  t.deepEqual(
    cluster?.hosts.map(({ name, steps }) => [name, steps.up?.toFixed(1)]),
    [
      ['etcd-1', '20.7'],
      ['etcd-2', '20.7'],
    ],
  );
  t.deepEqual(cluster?.documents, [
    { path: 'aws/etcd/user-data', bytes: 5 },
    { path: 'aws/upload/x.cjs', bytes: 1 },
  ]);
});
