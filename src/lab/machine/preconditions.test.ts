import test from 'ava';
import { missingPackages } from './preconditions.ts';

test('packages by the programs that are missing, each once', (t) => {
  t.deepEqual(
    missingPackages(() => true),
    [],
  );
  t.deepEqual(
    missingPackages((program) => !['nsenter', 'flock', 'systemd-nspawn'].includes(program)),
    ['systemd-container', 'util-linux'],
  );
});
