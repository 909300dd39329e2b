import { spawnSync } from 'node:child_process';
import test from 'ava';
import { KUBELET_STAND_IN } from './kubelet-stand-in.ts';

test('the stand-in for the kubelet is a program, and says its version as hosts ask it', (t) => {
  const { stdout, status } = spawnSync(process.execPath, ['-', '--version'], {
    input: KUBELET_STAND_IN,
    encoding: 'utf8',
  });
  t.deepEqual([stdout, status], ['Kubernetes v0.0.0-lab\n', 0]);
});
