import test from 'ava';
import type { Role } from '../../plan/plan.ts';
import { type Look, bootStep as stepOf } from './boot-step.ts';
import { parseUnits } from './unit-state.ts';

const bootStep = (role: Role, look: Look) => stepOf(role, look, 'cloud-init');

const UP = [
  'quorumgate-host.service',
  'quorumgate-program@consul.service',
  'consul.service',
  'consul-dns-udp.service',
  'consul-dns-tcp.service',
  'quorumgate-program@etcd.service',
  'etcd-register-server.service',
  'etcd.service',
  'etcd-register-client.service',
  'etcd-cluster.target',
];

/** `systemctl show` of a host on which all units up to `reached` are active. */
function shown(reached: number, extra: Record<string, string> = {}): string {
  return UP.map((id, index) => {
    const state = index < reached ? 'ActiveState=active\nSubState=exited' : 'ActiveState=inactive\nSubState=dead';
    return `Id=${id}\nLoadState=loaded\n${extra[id] ?? state}\n`;
  }).join('\n');
}

const look = (text: string) => ({ alive: true, units: parseUnits(text), leader: '' });

test('the first unit that is not where it should be, with its own words', (t) => {
  const gate = 'ActiveState=activating\nSubState=start-pre\nStatusText=2 of 3 registered: missing etcd-3';
  t.deepEqual(bootStep('etcd', look(shown(7, { 'etcd.service': gate }))), {
    step: 'gate',
    unit: 'etcd.service',
    status: '2 of 3 registered: missing etcd-3',
    up: false,
  });
  const starting = 'ActiveState=activating\nSubState=start\nExecMainStartTimestampMonotonic=5000000';
  t.is(bootStep('etcd', look(shown(7, { 'etcd.service': starting }))).step, 'etcd');
  t.true(bootStep('etcd', look(shown(10))).up);
});

test('registration counts once its program has ended', (t) => {
  const running = { 'etcd-register-server.service': 'ActiveState=active\nSubState=running' };
  t.is(bootStep('etcd', look(shown(6, running))).step, 'register');
});

test('while the units themselves are fetched, with the words of what fetches them', (t) => {
  const fetching =
    'Id=quorumgate-fetch.service\nLoadState=loaded\nActiveState=activating\nSubState=start\nStatusText=waiting';
  t.deepEqual(
    bootStep('etcd', look(`Id=quorumgate-host.service\nLoadState=not-found\nActiveState=inactive\n\n${fetching}\n`)),
    {
      step: 'fetch',
      unit: 'quorumgate-fetch.service',
      status: 'waiting',
      up: false,
    },
  );
});

test('before cloud-init has written units, before systemd answers, after the end', (t) => {
  t.is(
    bootStep('etcd', look('Id=quorumgate-host.service\nLoadState=not-found\nActiveState=inactive\n')).step,
    'cloud-init',
  );
  t.is(bootStep('etcd', look('')).step, 'boot');
  t.is(bootStep('etcd', { ...look(shown(10)), alive: false }).step, 'dead');
});

test('a consul-server is up when there is a leader', (t) => {
  t.is(bootStep('consul-server', look(shown(3))).step, 'leader');
  t.true(bootStep('consul-server', { ...look(shown(3)), leader: '10.77.0.11:8300' }).up);
});

test('a failed unit says so', (t) => {
  const failed = { 'consul.service': 'ActiveState=failed\nSubState=failed\nResult=exit-code' };
  t.is(bootStep('etcd', look(shown(2, failed))).status, 'failed: exit-code');
});
