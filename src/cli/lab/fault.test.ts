import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** The command line in a place where no lab is: nothing is touched. */
function lab(...args: string[]): { status: number | null; stderr: string } {
  const env = { ...process.env, QUORUMGATE_LAB_DIR: '/nonexistent/quorumgate-lab' };
  return spawnSync(process.execPath, ['dist/cli/index.mjs', 'lab', ...args], {
    cwd: root,
    env,
    encoding: 'utf8',
  });
}

const exits = test.macro<[args: string[], status: number, stderr: RegExp]>({
  exec(t, args, status, stderr) {
    const result = lab(...args);
    t.is(result.status, status, result.stderr);
    t.regex(result.stderr, stderr);
  },
  title: (_, args, status) => `quorumgate lab ${args.join(' ')}: exit ${status}`,
});

test.serial(exits, ['fault', 'kil', 'etcd-1'], 2, /unknown command 'kil'\s+\(Did you mean kill\?\)/);
test.serial(exits, ['fault', 'kill'], 2, /missing required argument 'host'/);
test.serial(
  exits,
  ['fault', 'kill', 'etcd-1', '--program', 'ectd'],
  2,
  /Allowed choices are etcd, consul, socat, gate/,
);
test.serial(exits, ['fault', 'delay', 'etcd-1'], 2, /required option '--ms <n>' not specified/);
test.serial(exits, ['fault', 'loss', 'etcd-1', '--percent', 'many'], 2, /not a number of 0 or more/);
test.serial(exits, ['fault', 'kill', 'etcd-1'], 1, /no lab is running in \/nonexistent/);
test.serial(exits, ['chaos', '--minutes', 'x'], 2, /not a number of 0 or more/);
test.serial(exits, ['chaos'], 1, /no lab is running in \/nonexistent/);
test.serial(exits, ['up', 'examples/mycluster.yaml', '--etcd', 'newest'], 2, /Give a version, like 3\.7\.1, or a line/);
test.serial(exits, ['up', 'examples/mycluster.yaml', '--image', 'buster'], 2, /choices are bookworm, trixie, forky/);
test.serial(exits, ['report'], 1, /no lab is running in \/nonexistent/);
test.serial(exits, ['report', '-o', ''], 2, /-o is empty: give a file/);
test.serial(exits, ['grow'], 2, /missing required argument 'spec'/);
test.serial(exits, ['grow', 'examples/mycluster.yaml', '--size', '5'], 1, /no lab is running in \/nonexistent/);
test.serial(exits, ['remove', 'etcd-1', '--size', 'x'], 2, /not a number of 0 or more/);
test.serial(exits, ['remove', 'etcd-1'], 1, /no lab is running in \/nonexistent/);
test.serial(exits, ['net', 'etcd-1', '--', 'true'], 1, /no lab is running in \/nonexistent/);
