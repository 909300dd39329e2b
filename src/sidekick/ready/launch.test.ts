import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';

const folder = mkdtempSync(join(tmpdir(), 'quorumgate-launch-'));
process.env.RUNTIME_DIRECTORY = folder;
test.after.always(() => rmSync(folder, { recursive: true }));

test('a decision is a line a variable, whatever members say their peer URLs are', async (t) => {
  const { writeDecision } = await import('./launch.ts');
  const file = join(folder, 'decision.env');
  for (const bad of [
    'http://10.0.0.9:2380/\nLD_PRELOAD=/tmp/x',
    'http://$(id):2380',
    'http://a:1 b',
    'a"b',
    "a'b",
    'a\\',
  ]) {
    t.throws(() => writeDecision({ ETCD_INITIAL_CLUSTER: `etcd-1=${bad}` }), { message: /^refusing / }, bad);
  }
  t.false(existsSync(file), 'nothing is written');
  const list =
    'etcd-1=https://10.0.0.1:2380,member-8e9e=https://[fd00::1]:2380,b=https://0a4d0065.addr.dc1.consul:2380';
  writeDecision({
    ETCD_INITIAL_CLUSTER: list,
    ETCD_INITIAL_CLUSTER_TOKEN: 'mycluster-1_a',
    ETCD_INITIAL_CLUSTER_STATE: 'new',
  });
  t.is(
    readFileSync(file, 'utf8'),
    `ETCD_INITIAL_CLUSTER=${list}\nETCD_INITIAL_CLUSTER_TOKEN=mycluster-1_a\nETCD_INITIAL_CLUSTER_STATE=new\n`,
  );
});
