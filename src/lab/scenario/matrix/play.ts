import { setTimeout as sleep } from 'node:timers/promises';
import { loadAssets } from '../../../io/assets.ts';
import { clusterFlaws, hostFlaws } from '../../chaos/check.ts';
import { consulFlaws } from '../../chaos/consul-health.ts';
import { bootableFrom } from '../../compile/compile-for-lab.ts';
import { monotonic } from '../../host/host.ts';
import { boot, hostsEver, type Lab, networkOf, throwawayCertificates } from '../../lab.ts';
import { reason } from '../../machine/lab-error.ts';
import type { Cell } from './cells.ts';

/** Seconds that a cluster may take to be whole again after each step. */
const WITHIN = 180;

/** The steps of a cell, in their order. */
export const STEPS = ['birth', 'dns', 'restart', 'wipe', 'replace', 'grow'] as const;
type StepName = (typeof STEPS)[number];

export interface Told {
  /** Seconds. */
  took: number;
  /** A flaw by step; '' for a step that held. Steps that were not played are missing. */
  steps: Partial<Record<StepName, string>>;
  /** As the first host says it. */
  programs: { etcd: string; consul: string; systemd: string; cloudInit: string; node: string };
}

/** The spec of a cell, of so many members. Three have Consul on a host of its own, and can grow; five have it on themselves. */
function specOf({ etcd, consul, node, size: first, discovery, tls }: Cell, size: number = first): string {
  const member = Array.from({ length: size }, (_, index) => `10.77.0.${101 + index}`);
  const servers = first === 3 ? '{servers: role, count: 1, join: [10.77.0.11]' : `{servers: members, join: [${member}]`;
  const files = (one: string, ca: string) =>
    `{cert: /etc/etcd/${one}.crt, key: /etc/etcd/${one}.key, ca: /etc/etcd/${ca}.crt}`;
  return `version: 1
cluster: {name: matrix, size: ${size}}
targets: [aws]
address: {cidr: 10.77.0.0/24}
consul: ${servers}, version: ${consul}}
etcd: {version: ${etcd}, discovery: ${discovery}, replaceDeadAfter: 10}
tls: ${tls ? `{peer: ${files('peer', 'peer-ca')}, client: ${files('server', 'client-ca')}}` : 'off'}
programs: {node: release, sidekick: {url: "https://artifacts.example.com/etcd-sidekick.cjs"}}
releases: {index: index.json, versions: {node: ${node}}}
`;
}

async function output(lab: Lab, host: string, command: string): Promise<string> {
  return (await lab.exec(host, ['sh', '-c', `exec 2>&1; ${command}`])).stdout.trim();
}

const everywhere = (lab: Lab, command: string) =>
  Promise.all(lab.hosts.filter(({ role }) => role === 'etcd').map(({ name }) => output(lab, name, command)));

/** Looks until nothing is wrong, or the time is over; what is wrong then. */
async function until(look: () => Promise<string[]>): Promise<string> {
  const end = monotonic() + WITHIN;
  for (;;) {
    const flaws = await look().catch((error: unknown) => [reason(error)]);
    if (flaws.length === 0 || monotonic() > end) return flaws.join('; ');
    await sleep(500);
  }
}

async function cloudInitFlaws(lab: Lab): Promise<string[]> {
  return (await lab.facts()).flatMap(({ host, cloudInit }) => {
    const { status, errors = [], recoverable = {} } = cloudInit ?? {};
    const said = [...errors, ...Object.values(recoverable).flat()];
    return status === 'done' && said.length === 0 ? [] : [`${host}: cloud-init: ${status} ${said.join(', ')}`];
  });
}

/** As many members as there are to be, each with a vote, in the cluster that was predicted; every host up, no unit failed. */
const whole = (lab: Lab, predicted: string) =>
  until(async () => {
    const flaws = [...(await clusterFlaws(lab, predicted)), ...(await hostFlaws(lab)), ...(await consulFlaws(lab))];
    const first = lab.hosts.find(({ role }) => role === 'etcd')?.name ?? '';
    const { stdout } = await lab.etcdctl(first, ['member', 'list']);
    const rows = stdout.trim().split('\n');
    const voters = rows.filter((row) => /, started, .*, false$/.test(row)).length;
    if (rows.length !== voters || voters !== lab.state.cluster.size) flaws.push(`members: ${stdout.trim()}`);
    return flaws;
  });

/** Every member's SRV record, by each way that a resolver takes; cut answers say so. */
function dns(lab: Lab, { tls }: Cell): Promise<string> {
  const { name: cluster, size } = lab.state.cluster;
  const name = `_etcd-server${tls ? '-ssl' : ''}._tcp.${cluster}.etcd3.service.dc1.consul`;
  return until(async () => {
    const flaws: string[] = [];
    for (const flags of ['+noedns +ignore', '+edns=0 +ignore', '+tcp +noedns', '+tcp +edns=0', '+noedns', '+edns=0']) {
      const answers = await everywhere(lab, `dig @127.0.0.1 ${flags} +tries=1 +time=5 ${name} SRV`);
      for (const answer of answers) {
        const found = answer.split('\n').filter((line) => /^[^;].*\bIN\s+SRV\b/.test(line)).length;
        const isCut = flags.includes('+ignore') && /flags:[^;]*\btc\b/.test(answer);
        if (found !== size && !isCut) flaws.push(`${flags}: ${found} of ${size} records`);
      }
    }
    return flaws;
  });
}

/** All etcds are started again while no agent runs. */
async function restart(lab: Lab, predicted: string): Promise<string> {
  const members = lab.hosts.filter(({ role }) => role === 'etcd').map(({ name }) => name);
  const [first = ''] = members;
  await lab.etcdctl(first, ['put', 'before', 'kept']);
  await lab.fault.stopConsul('all');
  await everywhere(lab, 'systemctl restart --no-block etcd.service');
  await everywhere(lab, 'while systemctl show -P SubState etcd.service | grep -q stop; do sleep 0.1; done');
  const kept = await until(async () => {
    const { stdout } = await lab.etcdctl(first, ['get', 'before', '--print-value-only']);
    return stdout.trim() === 'kept' ? [] : ['what was written before cannot be read'];
  });
  await lab.fault.startConsul('all');
  return kept || whole(lab, predicted);
}

async function grow(lab: Lab, cell: Cell, predicted: string): Promise<string> {
  await lab.grow({ text: specOf(cell, 5), file: 'larger.yaml', assets: await loadAssets() });
  return whole(lab, predicted);
}

/** The steps one after the other; after one that does not hold none is played. */
async function playSteps(lab: Lab, cell: Cell, say: (line: string) => void): Promise<Told['steps']> {
  const steps: Told['steps'] = {};
  let predicted = '';
  const play: Record<StepName, (() => Promise<string>) | undefined> = {
    birth: async () => {
      await lab.wait({ timeoutSeconds: WITHIN });
      ({ predicted } = await lab.cluster());
      return (await whole(lab, predicted)) || (await cloudInitFlaws(lab)).join('; ');
    },
    dns: () => dns(lab, cell),
    restart: () => restart(lab, predicted),
    wipe: async () => {
      await lab.fault.wipe('etcd-2');
      return whole(lab, predicted);
    },
    replace: async () => {
      await lab.fault.replace('etcd-3');
      return whole(lab, predicted);
    },
    // Its hosts would be Consul's servers too, and no more than five are counted on.
    grow: cell.size === 3 ? () => grow(lab, cell, predicted) : undefined,
  };
  for (const step of STEPS) {
    const began = monotonic();
    const flaw = await play[step]?.().catch((error: unknown) => reason(error));
    if (flaw === undefined) continue;
    steps[step] = flaw;
    say(`  ${step}: ${flaw || 'holds'} (${(monotonic() - began).toFixed(0)} s)`);
    if (flaw !== '') break;
  }
  return steps;
}

async function programsOf(lab: Lab): Promise<Told['programs']> {
  const of = (command: string) =>
    output(lab, 'etcd-1', command).then((text) => /\d+(\.\d+)+|\d+/.exec(text)?.[0] ?? '');
  return {
    etcd: await of('/opt/quorumgate/bin/etcd --version'),
    consul: await of('/opt/quorumgate/bin/consul version'),
    systemd: await of('systemctl --version'),
    cloudInit: await of('cloud-init --version'),
    node: await of('/opt/quorumgate/bin/node --version'),
  };
}

/** Boots a cell, plays its steps and takes it down again. */
export async function playCell(cell: Cell, directory: string, say: (line: string) => void): Promise<Told> {
  const began = monotonic();
  const assets = await loadAssets();
  const { etcd, consul, image } = cell;
  const { files, spec } = await bootableFrom({
    ...{ text: specOf(cell), file: 'matrix.yaml', assets, directory },
    // Nothing else in their place.
    ...{ etcd, consul, offline: true },
  });
  const certificates = await throwawayCertificates(spec, hostsEver(spec, networkOf(spec), undefined));
  const hostFiles = ({ name }: { name: string }) => certificates.get(name) ?? [];
  const lab = await boot(files, spec, { directory, image, hostFiles });
  try {
    const steps = await playSteps(lab, cell, say);
    return { took: Math.round(monotonic() - began), steps, programs: await programsOf(lab) };
  } finally {
    await lab.down();
  }
}
