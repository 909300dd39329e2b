import test from 'ava';
import { bootGraph, orderingCycles } from './graph.ts';

const service = (lines: string) => `[Unit]\n${lines}\n[Service]\nExecStart=/bin/true\n`;

function order(texts: Record<string, string>): string[] {
  return bootGraph(texts).order.map(({ before, after }) => `${before} -> ${after}`);
}

test('After and Before are one relation', (t) => {
  const edges = order({ 'a.service': service('Before=b.service'), 'b.service': service('After=c.service') });
  t.true(edges.includes('a.service -> b.service'));
  t.true(edges.includes('c.service -> b.service'));
});

test('every kind of dependency is kept apart, and WantedBy is read from its other end', (t) => {
  const unit = service('Wants=w.service\nRequires=r.service\nBindsTo=b.service\nPartOf=p.service');
  const { pulls } = bootGraph({ 'a.service': `${unit}[Install]\nWantedBy=x.target` });
  const own = pulls.filter(({ from, to }) => [from, to].includes('a.service'));
  t.deepEqual(
    own.map(({ kind, from, to }) => `${from} ${kind} ${to}`),
    [
      'a.service wants w.service',
      'a.service requires r.service',
      'a.service binds-to b.service',
      'a.service part-of p.service',
      'x.target wants a.service',
    ],
  );
});

test('a service waits for basic.target unless it has no default dependencies', (t) => {
  t.true(order({ 'a.service': service('') }).includes('basic.target -> a.service'));
  t.false(order({ 'a.service': service('DefaultDependencies=no') }).includes('basic.target -> a.service'));
});

test('a target comes after what it wants, unless that comes after the target or wants no such thing', (t) => {
  const target = (install: string) => ({
    'a.service': `${service('')}${install}`,
    'b.target': '[Unit]\nDescription=b',
  });
  t.true(order(target('[Install]\nWantedBy=b.target')).includes('a.service -> b.target'));
  const later = { 'a.service': `${service('After=b.target')}[Install]\nWantedBy=b.target` };
  t.false(order(later).includes('a.service -> b.target'));
  const plain = { 'a.service': `${service('DefaultDependencies=no')}[Install]\nWantedBy=b.target` };
  t.false(order(plain).includes('a.service -> b.target'));
});

test('a path unit comes before basic.target and before what it starts', (t) => {
  const edges = order({ 'a.path': '[Path]\nPathChanged=/x', 'b.path': '[Path]\nPathChanged=/x\nUnit=c.service' });
  t.true(edges.includes('a.path -> paths.target'));
  t.true(edges.includes('a.path -> a.service'));
  t.true(edges.includes('b.path -> c.service'));
});

test('a loop through written order is found, once', (t) => {
  const graph = bootGraph({
    'a.service': service('After=b.service'),
    'b.service': service('After=c.service'),
    'c.service': service('After=a.service'),
  });
  t.deepEqual(orderingCycles(graph), [['a.service', 'c.service', 'b.service']]);
});

test('two loops are found, each once', (t) => {
  const graph = bootGraph({
    'a.service': service('After=b.service\nBefore=b.service'),
    'x.service': service('After=y.service\nBefore=y.service'),
  });
  t.deepEqual(orderingCycles(graph), [
    ['a.service', 'b.service'],
    ['x.service', 'y.service'],
  ]);
});

test('the loop of a unit that multi-user.target waits for and that waits for cloud-init is found', (t) => {
  const graph = bootGraph({
    'a.service': `${service('After=cloud-final.service')}[Install]\nWantedBy=multi-user.target`,
  });
  t.deepEqual(orderingCycles(graph), [['a.service', 'multi-user.target', 'cloud-final.service']]);
});

test('the same through a target of our own is found, and ordering that target later breaks it', (t) => {
  const units = (after: string) => ({
    'a.service': `${service('After=cloud-final.service')}[Install]\nWantedBy=our.target`,
    'our.target': `[Unit]\n${after}\n[Install]\nWantedBy=multi-user.target`,
  });
  t.is(orderingCycles(bootGraph(units(''))).length, 1);
  t.deepEqual(orderingCycles(bootGraph(units('After=multi-user.target'))), []);
});

test('a path unit that waits for a service is a loop', (t) => {
  const graph = bootGraph({ 'a.path': '[Unit]\nAfter=z.service\n[Path]\nPathChanged=/x', 'z.service': service('') });
  t.is(orderingCycles(graph).length, 1);
});

test('nodes say which units are ours', (t) => {
  const { nodes } = bootGraph({ 'a.service': service('After=network-online.target') });
  t.like(
    nodes.find(({ name }) => name === 'a.service'),
    { external: false },
  );
  t.like(
    nodes.find(({ name }) => name === 'network-online.target'),
    { external: true },
  );
});
