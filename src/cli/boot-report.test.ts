import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { exampleJournals } from '../report/journal-testing.ts';
import { openFile } from './boot-report.ts';
import { inFolder } from './folder-testing.ts';

interface Told {
  files: { path: string; size: number }[];
  hosts: { name: string; steps: Record<string, number>; waits: { cause: string }[] }[];
  error?: { message: string; remedy: string };
}

const texts = exampleJournals().map(({ text }) => text);
const [first = '', second = '', third = ''] = texts;
const files = { 'a.json': first, 'b.json': second, 'c.json': third };
const all = Object.keys(files);

test('one page from the journals of all hosts, again over itself, and nothing else', (t) => {
  const { folder, run, told } = inFolder<Told>(t, files);
  const done = run('report', ...all);
  t.deepEqual([done.status, done.stdout, done.stderr], [0, 'boot-report.html\n', '']);
  const page = readFileSync(path.join(folder, 'boot-report.html'), 'utf8');
  t.regex(page, /Up<\/b> 20\.9 s after the first host/);
  t.is(run('report', ...all, '-o', 'boot-report.html').status, 0);
  const { hosts, files: written } = told('report', ...all, '-o', 'other.html');
  t.deepEqual(
    hosts.map(({ name }) => name),
    ['etcd-1', 'etcd-2', 'etcd-3'],
  );
  t.is(Math.round((hosts[0]?.steps['gate opened'] ?? 0) * 10), 192);
  t.deepEqual(
    written.map(({ path: name, size }) => [name, size]),
    [['other.html', Buffer.byteLength(page)]],
  );
});

for (const [title, given, args, message] of [
  ['empty', { 'x.json': '' }, ['a.json', 'x.json'], /^error: x\.json is empty\./],
  [
    'truncated',
    { 'x.json': second.slice(0, -100) },
    ['a.json', 'x.json'],
    /^error: x\.json ends in the middle of line 28: it is truncated\./,
  ],
  [
    'as text',
    { 'x.json': 'Dec 01 etcd-1 systemd[1]: Started etcd\n' },
    ['x.json'],
    /^error: x\.json is no journal in JSON/,
  ],
  [
    'of another host',
    { 'x.json': first.replace(/quorumgate-|etcd-register-/g, 'other-') },
    ['x.json'],
    /^error: x\.json has no line of a unit of quorumgate's/,
  ],
  ['not there', {}, ['x.json'], /^error: Cannot read x\.json: it does not exist/],
  ['twice', { 'x.json': first }, ['a.json', 'x.json'], /^error: a\.json and x\.json are the same boot of etcd-1\./],
] as const)
  test(`a journal that is ${title}: an error with a remedy, and nothing is written`, (t) => {
    const { folder, run } = inFolder(t, { ...files, ...given });
    const { status, stdout, stderr } = run('report', ...args);
    t.deepEqual([status, stdout], [1, '']);
    t.regex(stderr, message);
    t.regex(stderr, /\n {2}remedy: \S/);
    t.false(existsSync(path.join(folder, 'boot-report.html')));
  });

test('a line that is cut within a file, and text that is none, are left out and told', (t) => {
  const { folder, run } = inFolder(t, { 'a.json': first.replace('\n', '\n{"MESSAGE":"<script>\n\u0000\n') });
  t.is(run('report', 'a.json').status, 0);
  t.regex(readFileSync(path.join(folder, 'boot-report.html'), 'utf8'), /2 of \d+ lines could not be read/);
});

test('a file that is no report is not written over; a command line that is wrong says so', (t) => {
  const { folder, run } = inFolder(t, files);
  const kept = run('report', 'a.json', '-o', 'b.json');
  t.is(kept.status, 1);
  t.regex(kept.stderr, /b\.json is there already, and is no boot report/);
  t.is(readFileSync(path.join(folder, 'b.json'), 'utf8'), second);
  t.is(run('report').status, 2);
  t.is(run('report', 'a.json', '-o', '').status, 2);
  t.regex(run('report', '--help').stdout, /ssh HOST "sudo journalctl -b -o json/);
  t.is(run('report', 'a.json', '-o', 'absent/x.html').status, 1);
});

test.serial('a page is opened by the desktop, where there is one', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'quorumgate-open-'));
  const before = process.env['PATH'];
  t.teardown(() => {
    process.env['PATH'] = before;
    rmSync(folder, { recursive: true, force: true });
  });
  process.env['PATH'] = folder;
  await t.notThrowsAsync(openFile('x.html'), 'none here');
  const program = path.join(folder, 'xdg-open');
  writeFileSync(program, `#!/bin/sh\necho "$1" >${folder}/opened\n`);
  chmodSync(program, 0o755);
  await openFile('x.html');
  const opened = path.join(folder, 'opened');
  for (let look = 0; look < 100 && !(existsSync(opened) && readFileSync(opened, 'utf8') !== ''); look++)
    await sleep(50);
  t.is(readFileSync(opened, 'utf8'), `${path.resolve('x.html')}\n`);
});
