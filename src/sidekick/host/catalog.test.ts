import test from 'ava';
import { entries, instance } from './answers-testing.ts';
import { entriesOf, fromBase64, instancesOf, isAddress } from './catalog.ts';

const { Node, Service, Checks } = instance;
const [tag = ''] = Service.Tags;

test('an instance as Consul writes it', (t) => {
  const all = [
    instance,
    {
      Node: { ...Node, Address: '10.0.0.9' },
      Service: { ...Service, Address: '', Meta: null },
      Checks: null,
    },
    { Node, Service, Checks: [...Checks, { Status: 'warning' }] },
    { Node, Service: { ...Service, Tags: null }, Checks },
    { Node, Service: { ...Service, Tags: ['_etcd-server._tcp.other'] }, Checks },
  ];
  const { instances, unfit } = instancesOf(all, tag);
  t.deepEqual(unfit, []);
  t.deepEqual(instances[0], {
    node: 'etcd-1',
    id: 'etcd-1-server',
    address: '10.0.0.1',
    port: 2380,
    meta: Service.Meta,
    tags: Service.Tags,
    alive: true,
  });
  t.like(instances[1], { address: '10.0.0.9', meta: {}, tags: [tag], alive: true });
  t.false(instances[2]?.alive);
  // Whatever Consul makes of the request.
  t.is(instances.length, 3);
  t.deepEqual(instancesOf(all, tag, true).instances, instances.slice(0, 2));
  t.deepEqual(instancesOf([], tag), { instances: [], unfit: [] });
});

test('an entry of no use hides no other, and is named with the cause', (t) => {
  const service = (changes: object) => ({ Node, Service: { ...Service, ...changes }, Checks });
  for (const [entry, why] of [
    [
      service({ Address: '127.0.0.1:1:;x' }),
      /^"etcd-1-server" of node "etcd-1": its address is "127\.0\.0\.1:1:;x", no IPv4/,
    ],
    [service({ Address: '::1' }), /no IPv4/],
    [service({ Address: 7 }), /its address is number/],
    [service({ Address: '10.0.0.01' }), /no IPv4/],
    [service({ Port: 0 }), /its port is no port/],
    [service({ Port: '2380' }), /its port is no port/],
    [service({ Port: 65_536 }), /its port/],
    [service({ ID: 'a b' }), /^"a b" of node "etcd-1": its ID/],
    [service({ Meta: { incarnation: 'a;b' } }), /its incarnation is "a;b"/],
    [service({ Meta: { size: 3 } }), /what its Meta says is "number"/],
    [service({ Meta: { state: 'empty\nWATCHDOG=trigger' } }), /what its Meta says is "empty\\\\nWATCHDOG=trigger"/],
    [service({ Meta: [] }), /its Meta is no object/],
    [service({ Meta: { 'a b': '' } }), /a name in its Meta/],
    [service({ Tags: [1] }), /a tag/],
    [
      { Node: { ...Node, Node: 'x\x1b[2J' }, Service, Checks },
      /^"etcd-1-server" of node "x\\x1b\[2J": its node's name/,
    ],
    [{ Service, Checks }, /^"etcd-1-server" of node undefined: its Node is no object/],
    [{ Node, Service: 'x', Checks }, /^undefined of node "etcd-1"/],
    [{ Node, Service, Checks: [null] }, /a check is no object/],
    [null, /^undefined of node undefined: it is no object/],
    [[], /it is no object/],
  ] as [unknown, RegExp][]) {
    const { instances, unfit } = instancesOf([entry, instance], tag);
    t.is(instances.length, 1, String(why));
    t.regex(unfit.join(), why);
  }
  for (const value of [null, undefined, {}, 'x', 1, true, Array(2001).fill(instance)])
    t.throws(() => instancesOf(value, tag), { message: /no list/ });
});

test('addresses of machines', (t) => {
  for (const text of ['10.0.0.1', '127.0.0.1', '192.168.255.255', '223.0.0.1']) t.true(isAddress(text), text);
  for (const text of [
    '0.0.0.0',
    '224.0.0.1',
    '239.1.2.3',
    '255.255.255.255',
    '1.2.3',
    '1.2.3.4 ',
    '1.2.3.4\n',
    'a',
    '::ffff:1.2.3.4',
    1,
  ]) {
    t.false(isAddress(text), String(text));
  }
});

test('keys and their values', (t) => {
  t.deepEqual(entriesOf(entries), [
    { key: 'etcd3/mycluster/bootstrap', value: '{"generation":1}', modified: 48 },
    { key: 'etcd3/mycluster/lock', value: '', modified: 55 },
  ]);
  const [entry] = entries;
  for (const changes of [
    { Key: '' },
    { Key: 1 },
    { Value: 'a b' },
    { Value: {} },
    { ModifyIndex: 0 },
    { ModifyIndex: 1e300 },
    { ModifyIndex: '5' },
  ]) {
    t.throws(() => entriesOf([{ ...entry, ...changes }]), { message: /key/ }, JSON.stringify(changes));
  }
  for (const value of [null, {}, [null], ['x'], true]) t.throws(() => entriesOf(value));
  t.is(fromBase64('/w==', 'it'), '\ufffd');
});
