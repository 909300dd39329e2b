import { dirname } from 'node:path';
import type { Spec } from '../../spec/defaults.ts';
import { inImage, sourceOf } from '../../spec/delivered.ts';
import { withReleases } from '../../spec/locked.ts';
import { faultsOf } from '../../spec/rule/version.ts';
import type { ProgramName, ProgramSource, SidekickSource } from '../../spec/schema/program.ts';
import type { Artifact, Served } from '../image/program/artifacts.ts';
import { LabError } from '../machine/lab-error.ts';
import { consulAddresses, hostsOf, type Network, networkOf } from '../network/addresses.ts';

export interface OverlayOptions {
  /** The compiler's targets. */
  targets: readonly string[];
  /** The platform whose metadata service every host can ask. */
  metadata?: 'ec2' | undefined;
  size?: number | undefined;
  consul: Artifact;
  etcd: Artifact;
  /** Where the spec has it by URL, and the lab too; else hosts take their image's. */
  node?: Served | undefined;
  /** Digests of their images, for what runs as a static pod. */
  images?: Partial<Record<Artifact['program'], string>> | undefined;
  /** A real kubelet; else hosts have what stands in for it. */
  kubelet?: Served | undefined;
  /** The script, where the spec has it by URL, or the single executable, where it wants one or hosts have no Node. */
  sidekick?: Served | undefined;
  /** The public half of the lab's own key. */
  operatorKey?: string | undefined;
  /** Hosts find secrets in their image, by whatever the spec has them come. */
  secretsInImage?: true | undefined;
  /** For a cluster beside another: that one's network, and where its Consul servers are. */
  guestOf?: { network: Network; join: string[] } | undefined;
  /** Where Consul's servers are in a lab that runs already; else where a fresh one has them. */
  join?: ((spec: Spec) => string[]) | undefined;
}

export interface Overlaid {
  spec: Spec;
  /** The changes, one line each, for the user. */
  changes: string[];
}

function shown(value: ProgramSource | SidekickSource): string {
  return typeof value === 'string' ? value : value.url;
}

/** The spec as the lab can boot it: hosts have no route out, so what they need comes from the lab. */
export function overlay(original: Spec, options: OverlayOptions): Overlaid {
  // No release is left below.
  const isBrought = options.secretsInImage === true && sourceOf(original) !== undefined && original.secrets !== 'image';
  const spec = structuredClone(withReleases(isBrought ? inImage(original) : original));
  const changes: string[] = [];
  const change = (path: string, from: string, to: string) => {
    if (from !== to) changes.push(`${path}: ${from} -> ${to}`);
  };

  if (isBrought) changes.push(`secrets: ${JSON.stringify(original.secrets)} -> image`);
  if (!options.targets.every((target) => spec.targets.includes(target))) {
    change('targets', spec.targets.join(', '), options.targets.join(', '));
    spec.targets = [...options.targets];
  }
  if (options.size !== undefined) {
    assertSize(options.size);
    change('cluster.size', String(spec.cluster.size), String(options.size));
    spec.cluster.size = options.size;
  }
  if (options.operatorKey !== undefined) withKey(spec, options.operatorKey, change);
  const { guestOf } = options;
  const told = spec.address.metadata !== undefined && spec.address.metadata === options.metadata;
  // A cluster beside another says which network it is in: not every spec of that one does.
  if (guestOf !== undefined || (spec.address.cidr === undefined && !told)) {
    const { cidr } = guestOf?.network ?? networkOf(spec);
    change('address', JSON.stringify(spec.address), JSON.stringify({ cidr }));
    spec.address = { cidr };
  }
  if (guestOf !== undefined) {
    change('consul.servers', spec.consul.servers, 'existing');
    spec.consul = { ...spec.consul, servers: 'existing', count: 0 };
    withPair(spec);
  } else if (spec.consul.servers === 'existing') {
    changes.push('consul.servers: existing -> role, one host: the lab has no Consul of yours, so it boots one');
    spec.consul = { ...spec.consul, servers: 'role', count: 1 };
    withPair(spec);
  }

  const network = networkOf(spec);
  const join = guestOf?.join ?? options.join?.(spec) ?? consulAddresses(hostsOf(spec, network));
  change('consul.join', spec.consul.join.join(', '), join.join(', '));
  spec.consul.join = join;

  change('etcd.version', spec.etcd.version, options.etcd.version);
  spec.etcd.version = options.etcd.version;
  if (spec.consul.version !== undefined) {
    change('consul.version', spec.consul.version, options.consul.version);
    spec.consul.version = options.consul.version;
  }
  changes.push(...standIns([options.etcd, options.consul]));
  takePrograms(spec, original, options, network, change);
  withoutProxy(spec, network, change);
  if (spec.documents.baseUrl !== undefined) {
    const baseUrl = `http://${network.gateway}`;
    change('documents.baseUrl', spec.documents.baseUrl, baseUrl);
    spec.documents.baseUrl = baseUrl;
  }
  return { spec, changes };
}

/** Why the versions that a spec names are no matter in the lab. */
export const STAND_INS = 'the lab runs programs of its own';

/** Says of the lab's own versions, in one line, what keeps them out of a spec. */
function standIns(artifacts: readonly Artifact[]): string[] {
  const all = artifacts.map(({ program, version }) => {
    const name = program === 'etcd' ? 'etcd' : 'Consul';
    return { name: `${name} ${version}`, codes: [...faultsOf(name, version).keys()] };
  });
  const bad = all.filter(({ codes }) => codes.length > 0).map(({ name, codes }) => `${name} (${codes.join(', ')})`);
  return bad.length === 0 ? [] : [`STAND-INS, never for production: ${bad.join(' and ')}`];
}

/** Beside one of the spec's own: there may be two. */
function withKey({ cluster }: Spec, key: string, change: Change): void {
  const keys = cluster.operatorKeys.filter((one) => one !== key);
  change('cluster.operatorKeys', keys.join(', ') || 'none', [...keys.slice(0, 1), "the lab's own"].join(', '));
  cluster.operatorKeys = [...keys.slice(0, 1), key];
}

/** The lab's servers show a certificate, and want one of each agent. */
function withPair({ consul }: Spec): void {
  const { tls } = consul;
  if (tls === undefined || tls.cert !== undefined) return;
  consul.tls = { ...tls, cert: `${dirname(tls.ca)}/consul.crt`, key: `${dirname(tls.ca)}/consul.key` };
}

function assertSize(size: number): void {
  if (Number.isInteger(size) && size >= 1 && size <= 9 && size % 2 === 1) return;
  throw new LabError(`--size ${size} is not a cluster size`, 'Use 1, 3, 5, 7 or 9.');
}

type Change = (path: string, from: string, to: string) => void;

/** Programs from the lab's server, and for the rest from the hosts' image. */
function takePrograms(spec: Spec, original: Spec, options: OverlayOptions, network: Network, change: Change): void {
  const set = (name: ProgramName, value: ProgramSource) => {
    change(`programs.${name}`, shown(original.programs[name]), shown(value));
    spec.programs[name] = value;
  };
  const served = ({ file, sha256 }: Served) => ({ url: `http://${network.gateway}/${file}`, sha256 });
  for (const artifact of [options.consul, options.etcd]) {
    if (options.images?.[artifact.program] === undefined) set(artifact.program, served(artifact));
  }
  if (options.images !== undefined) {
    set('kubelet', options.kubelet === undefined ? 'image' : served(options.kubelet));
    runPods(spec, options.images, network, change);
  }
  set('socat', 'image');
  if (options.sidekick === undefined || options.sidekick.file.endsWith('.cjs')) {
    set('node', options.node === undefined ? 'image' : served(options.node));
  }
  if (options.sidekick !== undefined) {
    const sidekick = served(options.sidekick);
    change('programs.sidekick', shown(original.programs.sidekick), shown(sidekick));
    spec.programs.sidekick = sidekick;
  }
}

/** A proxy that is not in the lab's own network cannot be reached. */
function withoutProxy(spec: Spec, { gateway }: Network, change: Change): void {
  const { httpProxy, httpsProxy } = spec.environment ?? {};
  for (const [name, proxy] of Object.entries({ httpProxy, httpsProxy })) {
    if (proxy === undefined || new URL(proxy).hostname === gateway) continue;
    change(`environment.${name}`, proxy, 'none');
    delete spec.environment;
  }
}

/** Images from the lab's registry, containerd from the hosts' image, and no cluster to join. */
function runPods(spec: Spec, images: OverlayOptions['images'] & {}, { gateway }: Network, change: Change): void {
  for (const [name, digest] of Object.entries(images) as [Artifact['program'], string][]) {
    const image = `${gateway}/${name}@${digest}`;
    change(`${name}.image`, spec[name].image ?? '', image);
    spec[name].image = image;
  }
  change('programs.containerd', spec.programs.containerd, 'image');
  spec.programs.containerd = 'image';
  change('kubernetes.mode', spec.kubernetes.mode, 'stand-alone');
  spec.kubernetes = { ...spec.kubernetes, mode: 'stand-alone' };
}
