import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { cgroupFiles, makeCgroup, removeCgroup } from './machine/cgroup.ts';
import { layoutOf } from './machine/layout.ts';

const program = path.join(import.meta.dirname, '../../dist/cli/index.mjs');

// The spec is a wrong one: whatever happens, nothing boots.
(process.getuid?.() === 0 ? test : test.skip)(
  'a second `lab up` says that a lab runs, before it says anything else',
  async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'quorumgate-second-'));
    const directory = path.join(folder, 'lab');
    const { prefix, state } = layoutOf(directory);
    writeFileSync(path.join(folder, 'a.yaml'), 'version: 2\n');
    const up = () => {
      const env = { ...process.env, QUORUMGATE_LAB_DIR: directory };
      return spawnSync(process.execPath, [program, 'lab', 'up', 'a.yaml'], {
        cwd: folder,
        env,
        encoding: 'utf8',
        timeout: 60_000,
      });
    };
    t.regex(up().stderr, /^a\.yaml:1:1/);
    // As a lab leaves it that runs: its state, and a process in its cgroup.
    mkdirSync(directory);
    writeFileSync(state, JSON.stringify({ phase: 'running' }));
    const sleeper = spawn('sleep', ['60']);
    try {
      await makeCgroup(prefix);
      for (const file of cgroupFiles(prefix).filter((name) => name.endsWith('cgroup.procs')))
        writeFileSync(file, `${sleeper.pid}`);
      const { status, stdout, stderr } = up();
      t.is(status, 1);
      t.is(stdout, '');
      t.regex(stderr, /^error: a lab is running already in [^\n]+\n {2}remedy: End it with [^\n]+\n$/);
    } finally {
      const ended = new Promise((resolve) => sleeper.on('close', resolve));
      sleeper.kill('SIGKILL');
      await ended;
      await removeCgroup(prefix);
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
