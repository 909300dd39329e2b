import test from 'ava';
import { withDefaults } from '../../spec/defaults-testing.ts';
import type { LabState } from '../host/state.ts';
import { LabError } from '../machine/lab-error.ts';
import { consulAddresses, hostsEver, hostsOf, networkOf, placeBeside } from '../network/addresses.ts';
import { portOf } from '../network/network.ts';
import { inTurn } from '../target/targets.ts';
import { stateBeside } from './beside.ts';
import { assertLarger, hostsMore } from './grow.ts';

const network = networkOf({ address: {} });

function specOf(name: string, size: number, servers: 'members' | 'role' | 'existing' = 'members') {
  return withDefaults({
    version: 1,
    cluster: { name, size },
    targets: ['aws'],
    address: { cidr: network.cidr },
    consul: { servers, join: ['10.77.0.101'] },
    etcd: { version: '3.5.16' },
    tls: 'off',
  });
}

function stateOf(spec = specOf('a', 3)): LabState {
  return {
    ...{
      version: 1,
      phase: 'running',
      targets: ['aws'],
      image: 'bookworm',
      images: {},
      network,
    },
    cluster: spec.cluster,
    hosts: inTurn(hostsOf(spec, network), ['aws']),
  };
}

const shown = (hosts: { name: string; address: string }[]) => hosts.map(({ name, address }) => `${name} ${address}`);

test('a lab grows by the next numbers, past hosts that are gone and those of other clusters', (t) => {
  const state = stateOf();
  t.deepEqual(shown(hostsMore(state, 5)), ['etcd-4 10.77.0.104', 'etcd-5 10.77.0.105']);
  t.deepEqual(hostsMore(state, 3), []);
  const retired = [{ name: 'etcd-4', role: 'etcd', address: '10.77.0.104' } as const];
  t.deepEqual(shown(hostsMore({ ...state, retired }, 5)), ['etcd-5 10.77.0.105', 'etcd-6 10.77.0.106']);
  const elsewhere = [{ name: 'b-etcd-9', role: 'etcd', address: '10.77.0.104' } as const];
  t.deepEqual(shown(hostsMore(state, 5, elsewhere)), ['etcd-4 10.77.0.105', 'etcd-5 10.77.0.106']);
});

test('only a larger spec of the same cluster is grown to', (t) => {
  t.notThrows(() => assertLarger(stateOf(), specOf('a', 5)));
  const refused = (state: LabState, spec: ReturnType<typeof specOf>, message: RegExp) =>
    t.throws(() => assertLarger(state, spec), { instanceOf: LabError, message });
  refused(stateOf(), specOf('b', 5), /cluster is b, the lab's is a/);
  refused(stateOf(), specOf('a', 3), /size is 3, the lab's is 3/);
  refused(stateOf(), { ...specOf('a', 5), address: { cidr: '10.1.0.0/16' } }, /network is 10\.1\.0\.0\/16/);
  refused(stateOf(), specOf('a', 5, 'role'), /3 hosts for Consul, the lab has 0/);
  refused(stateOf(specOf('a', 3, 'role')), specOf('b', 1), /cluster is b.*; its size is 1.*; it has 0 hosts/);
});

test('a cluster beside another has names and addresses of its own, and grows among them', (t) => {
  const first = stateOf();
  const second = stateBeside(first, [], specOf('a-b', 3, 'existing'));
  t.deepEqual(shown(second.hosts), ['a-b-etcd-1 10.77.0.151', 'a-b-etcd-2 10.77.0.152', 'a-b-etcd-3 10.77.0.153']);
  t.deepEqual(shown(hostsMore(second, 4)), ['a-b-etcd-4 10.77.0.154']);
  t.deepEqual(second.beside?.join, ['10.77.0.101']);
  t.is(stateBeside(first, [second], specOf('c', 1, 'existing')).hosts[0]?.address, '10.77.0.201');
  t.throws(() => stateBeside(first, [second], specOf('a-b', 3)), { message: /has a cluster a-b already/ });
  t.throws(() => stateBeside(first, [], specOf('a', 3)), { message: /has a cluster a already/ });
  t.throws(() => placeBeside(network, 'd', 3), { instanceOf: LabError, message: /no room for cluster d/ });
});

test('clusters on one Consul are secured alike, or are refused', (t) => {
  const secured: LabState = { ...stateOf(), secured: ['encrypt', 'tls', 'tokens'] };
  t.throws(() => stateBeside(secured, [], specOf('b', 1, 'existing')), {
    instanceOf: LabError,
    message:
      "the agents of b have nothing, and those of the lab's Consul `consul.encrypt`, `consul.tls`, `consul.tokens`",
  });
  t.throws(() => stateBeside({ ...secured, secured: ['tokens'] }, [], specOf('b', 1, 'existing')), {
    message: /nothing, and those of the lab's Consul `consul\.tokens`/,
  });
});

test('what may come later has a name now; Consul is on its own hosts or on the members', (t) => {
  t.is(hostsEver(specOf('a', 3), network, undefined).at(-1)?.name, 'etcd-40');
  t.deepEqual(consulAddresses(stateOf().hosts), ['10.77.0.101', '10.77.0.102', '10.77.0.103']);
  t.deepEqual(consulAddresses(stateOf(specOf('a', 3, 'role')).hosts), ['10.77.0.11', '10.77.0.12', '10.77.0.13']);
});

test('ports have names that the kernel takes', (t) => {
  t.is(portOf({ address: '10.77.0.101' }), 'port0a4d0065');
  t.true(portOf({ address: '255.255.255.255' }).length < 16);
});
