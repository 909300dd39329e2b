import test from 'ava';
import { fitted } from './columns.ts';

const HEAD = ['NAME', 'PEER URL', 'HEALTH'];
const ROWS = [HEAD, ['etcd-1', 'http://10.77.0.101:2380', 'healthy'], ['etcd-2', 'http://10.77.0.102:2380', '']];

test('a table that the terminal has room for is one, and elsewhere a row is a few lines', (t) => {
  const table = fitted(ROWS);
  t.is(table[0], 'NAME    PEER URL                 HEALTH');
  t.deepEqual(fitted(ROWS, 40), table);
  t.deepEqual(fitted(ROWS, 39), [
    'etcd-1',
    '  PEER URL:  http://10.77.0.101:2380',
    '  HEALTH:    healthy',
    'etcd-2',
    '  PEER URL:  http://10.77.0.102:2380',
  ]);
  t.deepEqual(fitted([HEAD], 10), []);
});
